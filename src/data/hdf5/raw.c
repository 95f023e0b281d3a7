// SPDX-License-Identifier: BSD-3-Clause
// Datasets whose values are in raw files. libhdf5 searches those only in the working directory, and returns zeros after
// the end of a truncated file.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A piece of a raw dataset.
struct piece {
    elbow_path name;
    off_t offset;
    hsize_t size; // H5F_UNLIMITED: to the end
};

static bool read_piece(hid_t creation, unsigned i, struct piece *piece)
{
    piece->name[sizeof piece->name - 1] = '\0';
    return H5Pget_external(creation, i, sizeof piece->name - 1, piece->name, &piece->offset, &piece->size) >= 0;
}

// Where libhdf5 searches a raw file: in a directory from the environment, or in the working directory.
static bool find_by_rule(const char *home, const char *name, elbow_path path)
{
    const char *prefix = getenv("HDF5_EXTFILE_PREFIX");
    if (name[0] == '/' || prefix == NULL || prefix[0] == '\0' || strcmp(prefix, ".") == 0)
        return elbow_hdf5_join("", name, path) && elbow_hdf5_is_file(path);
    return elbow_hdf5_join_prefix(prefix, home, name, path) && elbow_hdf5_is_file(path);
}

static bool find_beside(const char *home, const char *name, elbow_path path)
{
    elbow_path directory;
    elbow_hdf5_directory(home, directory);
    return name[0] != '/' && elbow_hdf5_join(directory, name, path) && elbow_hdf5_is_file(path);
}

// Whether the raw files are next to the file that refers to them, and not where libhdf5 searches.
static bool are_beside(hid_t creation, const char *home)
{
    struct piece piece;
    elbow_path path;
    int count = H5Pget_external_count(creation);
    for (int i = 0; i < count; ++i)
        if (!read_piece(creation, (unsigned)i, &piece) || find_by_rule(home, piece.name, path) ||
            !find_beside(home, piece.name, path))
            return false;
    return count > 0;
}

hid_t elbow_hdf5_open_beside(struct elbow_hdf5 *file, hid_t dataset, const char *name)
{
    elbow_path home;
    hid_t creation = H5Dget_create_plist(dataset);
    bool moves = creation >= 0 && H5Pget_layout(creation) == H5D_CONTIGUOUS && H5Pget_external_count(creation) > 0 &&
                 elbow_hdf5_home(dataset, home) && are_beside(creation, home);
    if (creation >= 0)
        H5Pclose(creation);
    if (!moves)
        return dataset;
    H5Dclose(dataset);
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access < 0)
        return access;
    dataset = H5Pset_efile_prefix(access, "${ORIGIN}") < 0 ? H5I_INVALID_HID : H5Dopen2(file->id, name, access);
    H5Pclose(access);
    return dataset;
}

// The bytes of a raw file that belong to a piece; sets the error if there are too few.
static enum elbow_status check_piece(const struct elbow_hdf5 *file, const char *name, const char *home,
                                     const struct piece *piece, uint64_t left, struct elbow_error *error)
{
    elbow_path path;
    struct stat about;
    if (!find_by_rule(home, piece->name, path) && !find_beside(home, piece->name, path))
        return elbow_error_set(error, ELBOW_FILE,
                               "%s: the values of dataset %s are in the raw file %s, and there is no such file "
                               "(searched next to it, in the working directory, and in HDF5_EXTFILE_PREFIX)",
                               file->name, name, piece->name);
    if (access(path, R_OK) != 0 || stat(path, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: the raw file %s of dataset %s cannot be read: %s", file->name,
                               path, name, strerror(errno));
    if (elbow_inputs_note(path, error) != ELBOW_OK)
        return ELBOW_MEMORY;
    uint64_t wanted = piece->size < left ? piece->size : left;
    if ((uint64_t)about.st_size >= wanted && (uint64_t)about.st_size - wanted >= (uint64_t)piece->offset)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: the raw file %s of dataset %s is truncated: it has %llu bytes, but %llu are needed from byte %llu on",
        file->name, path, name, (unsigned long long)about.st_size, (unsigned long long)wanted,
        (unsigned long long)piece->offset);
}

static enum elbow_status check_pieces(struct elbow_hdf5 *file, hid_t creation, const char *name, const char *home,
                                      uint64_t left, struct elbow_error *error)
{
    int count = H5Pget_external_count(creation);
    enum elbow_status status = ELBOW_OK;
    for (int i = 0; i < count && left > 0 && status == ELBOW_OK; ++i) {
        struct piece piece;
        if (!read_piece(creation, (unsigned)i, &piece))
            return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the raw files of dataset %s cannot be read", name);
        status = check_piece(file, name, home, &piece, left, error);
        left -= piece.size < left ? piece.size : left;
    }
    if (status == ELBOW_OK && left > 0)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: the raw files of dataset %s are %llu bytes too short",
                                 file->name, name, (unsigned long long)left);
    return status;
}

enum elbow_status elbow_hdf5_check_raw(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                       const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    elbow_path home;
    hid_t creation = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    uint64_t bytes = type < 0 ? 0 : H5Tget_size(type);
    bool is_known = creation >= 0 && bytes > 0 && elbow_hdf5_home(dataset, home);
    for (int i = 0; i < info->rank && is_known; ++i)
        is_known = !__builtin_mul_overflow(bytes, info->shape[i], &bytes);
    enum elbow_status status =
        is_known ? check_pieces(file, creation, name, home, bytes, error)
                 : elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the raw files of dataset %s cannot be read", name);
    if (creation >= 0)
        H5Pclose(creation);
    if (type >= 0)
        H5Tclose(type);
    return status;
}
