// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files on disk: opening, creating, and flushing them. Files in memory are in memory.c.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The format that the first bytes of a file suggest, if it is not HDF5; NULL if unknown.
static const char *guess(const unsigned char *head, size_t size)
{
    if (size >= 2 && head[0] == 0x1f && head[1] == 0x8b)
        return "gzip";
    if (size >= 6 && memcmp(head, "\x93NUMPY", 6) == 0)
        return "NumPy .npy";
    if (size >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "PNG";
    if (size >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0)
        return "JPEG";
    if (size >= 4 && (memcmp(head, "II*\0", 4) == 0 || memcmp(head, "MM\0*", 4) == 0))
        return "TIFF";
    if (size >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 8 && head[2] <= 14 && head[3] >= 1 && head[3] <= 8)
        return "IDX";
    if (size >= 4 && memcmp(head, "PK\3\4", 4) == 0)
        return "zip or NumPy .npz";
    if (size >= 4 && memcmp(head, "\x0e\x03\x13\x01", 4) == 0)
        return "HDF4";
    if (size >= 3 && memcmp(head, "CDF", 3) == 0)
        return "classic netCDF";
    for (size_t i = 0; i < size; ++i)
        if (head[i] >= 127 || (head[i] < 32 && (head[i] < '\t' || head[i] > '\r')))
            return NULL;
    return "text";
}

// HDF5's signature is at 0 or after a user block of 512, 1024, ... bytes.
static bool has_signature(FILE *stream, off_t size)
{
    char bytes[8];
    for (off_t at = 0; at < size; at = at == 0 ? 512 : 2 * at)
        if (fseeko(stream, at, SEEK_SET) == 0 && fread(bytes, sizeof bytes, 1, stream) == 1 &&
            memcmp(bytes, "\x89HDF\r\n\x1a\n", sizeof bytes) == 0)
            return true;
    return false;
}

static enum elbow_status fail_system(const struct elbow_hdf5 *file, int reason, struct elbow_error *error)
{
    return elbow_error_set_reason(error, ELBOW_FILE, reason, "%s: %s", file->name, strerror(reason));
}

static enum elbow_status check_signature(const struct elbow_hdf5 *file, FILE *stream, off_t size,
                                         struct elbow_error *error)
{
    if (has_signature(stream, size))
        return ELBOW_OK;
    unsigned char head[256];
    bool is_read = ferror(stream) == 0;
    int reason = errno;
    rewind(stream);
    size_t length = fread(head, 1, sizeof head, stream);
    if (!is_read)
        return fail_system(file, reason, error);
    if (length == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the file is empty, not an HDF5 file", file->name);
    const char *looks = guess(head, length);
    if (looks == NULL)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: not an HDF5 file", file->name);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: not an HDF5 file (it looks like %s; elbow-import makes HDF5 files from IDX, NPY, NPZ, CSV and pictures)",
        file->name, looks);
}

static enum elbow_status check_file(const struct elbow_hdf5 *file, struct elbow_error *error)
{
    struct stat about;
    if (stat(file->name, &about) != 0)
        return fail_system(file, errno, error);
    if (S_ISDIR(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%s: is a directory, an HDF5 file was expected", file->name);
    if (!S_ISREG(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%s: is not a regular file", file->name);
    FILE *stream = fopen(file->name, "rb");
    if (stream == NULL)
        return fail_system(file, errno, error);
    enum elbow_status status = ELBOW_OK;
    if (fstat(fileno(stream), &about) == 0) { // what is known of an open file is no older than that
        const struct elbow_hdf5_stamp stamp = elbow_hdf5_stamp_of(&about);
        status = elbow_steady_compare(file->steady, file->name, &stamp, error);
    }
    if (status == ELBOW_OK)
        status = check_signature(file, stream, about.st_size, error);
    fclose(stream);
    return status;
}

// Flushes everything before the close, which could not report an error.
static void sync_file(struct elbow_hdf5 *file)
{
    void *handle = NULL;
    if (H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0)
        elbow_hdf5_fail_write(file, "could not be written completely");
    else if (H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || fsync(*(int *)handle) != 0)
        elbow_hdf5_fail_write(file, "could not be written completely: %s", strerror(errno));
}

// Of a file that is read, as it has just been opened.
static enum elbow_status take_stamp(struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_hdf5_stamp(file);
    enum elbow_status status = elbow_steady_compare(file->steady, file->name, &file->stamp, error);
    if (status == ELBOW_OK)
        status = elbow_steady_note(file->steady, file->name, &file->stamp, error);
    if (status != ELBOW_OK)
        H5Fclose(file->id);
    return status;
}

static enum elbow_status open_checked(struct elbow_hdf5 *file, bool writes, struct elbow_error *error)
{
    enum elbow_status status = check_file(file, error);
    if (status != ELBOW_OK)
        return status;
    if (writes && access(file->name, W_OK) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", file->name, strerror(errno));
    file->is_written = writes;
    file->finish = writes ? sync_file : NULL;
    hid_t plist = elbow_hdf5_access(writes);
    if (plist < 0)
        return elbow_hdf5_fail(file, ELBOW_FILE, error, "cannot be opened");
    file->id = H5Fopen(file->name, writes ? H5F_ACC_RDWR : H5F_ACC_RDONLY, plist);
    if (file->id < 0)
        status =
            elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the HDF5 file cannot be opened, it may be damaged or in use");
    else if (!writes)
        status = take_stamp(file, error);
    H5Pclose(plist);
    return status;
}

static enum elbow_status open_file(const char *path, bool writes, struct elbow_steady *steady, struct elbow_hdf5 **file,
                                   struct elbow_error *error)
{
    enum elbow_status status = elbow_hdf5_prepare(path, file, error);
    if (status != ELBOW_OK)
        return status;
    (*file)->steady = steady;
    status = open_checked(*file, writes, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}

enum elbow_status elbow_hdf5_open(const char *path, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return open_file(path, false, NULL, file, error);
}

enum elbow_status elbow_hdf5_open_steady(const char *path, struct elbow_steady *steady, struct elbow_hdf5 **file,
                                         struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return open_file(path, false, steady, file, error);
}

enum elbow_status elbow_hdf5_open_append(const char *path, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return open_file(path, true, NULL, file, error);
}

static enum elbow_status create_file(struct elbow_hdf5 *file, bool replace, struct elbow_error *error)
{
    if (!replace && access(file->name, F_OK) == 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: the file exists already", file->name);
    file->is_written = true;
    file->finish = sync_file;
    hid_t plist = elbow_hdf5_access(true), creation = elbow_hdf5_file_creation();
    if (plist >= 0 && creation >= 0)
        file->id = H5Fcreate(file->name, replace ? H5F_ACC_TRUNC : H5F_ACC_EXCL, creation, plist);
    enum elbow_status status = ELBOW_OK;
    if (file->id < 0)
        status = elbow_hdf5_fail(file, ELBOW_FILE, error, "the file cannot be created");
    if (plist >= 0)
        H5Pclose(plist);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

enum elbow_status elbow_hdf5_create(const char *path, bool replace, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    enum elbow_status status = elbow_hdf5_prepare(path, file, error);
    if (status != ELBOW_OK)
        return status;
    status = create_file(*file, replace, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}
