// SPDX-License-Identifier: BSD-3-Clause
// Files by libhdf5 itself, and calls of ours that must succeed.
#include "hdf5_files.h"

#include <string.h>

hid_t new_file(const char *path)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

void put(hid_t file, const char *name, hid_t stored, hid_t native, int rank, const hsize_t *shape, hid_t creation,
         const void *values)
{
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, shape, NULL);
    hid_t dataset = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert_msg(dataset >= 0, "%s cannot be made", name);
    ck_assert(values == NULL || H5Dwrite(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

struct elbow_hdf5 *open_good(const char *path)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_open(path, &file, &error) == ELBOW_OK, "%s", error.message);
    return file;
}

bool has(struct elbow_hdf5 *file, const char *name)
{
    bool found = false;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_find(file, name, &found, &error) == ELBOW_OK, "%s", error.message);
    return found;
}

struct elbow_hdf5_info describe_good(struct elbow_hdf5 *file, const char *name)
{
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_describe_dataset(file, name, &info, &error) == ELBOW_OK, "%s", error.message);
    return info;
}

void read_good(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count, void *out)
{
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_read_rows(file, name, first, count, out, &error) == ELBOW_OK, "%s", error.message);
}

void close_good(struct elbow_hdf5 *file)
{
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_close(file, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

void check_message(const struct elbow_error *error, const char *a, const char *b)
{
    ck_assert_msg(strstr(error->message, a) != NULL, "no \"%s\" in: %s", a, error->message);
    ck_assert_msg(strstr(error->message, b) != NULL, "no \"%s\" in: %s", b, error->message);
    ck_assert(strchr(error->message, '\n') == NULL);
}

hid_t layout(hsize_t rows, hsize_t columns, bool shuffle, bool checksum, unsigned deflate)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, (const hsize_t[]){rows, columns});
    if (shuffle)
        H5Pset_shuffle(creation);
    if (deflate > 0)
        H5Pset_deflate(creation, deflate);
    if (checksum)
        H5Pset_fletcher32(creation);
    return creation;
}
