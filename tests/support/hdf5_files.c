// SPDX-License-Identifier: BSD-3-Clause
// Files by libhdf5 itself, and calls of this project's functions that must succeed.
#include "hdf5_files.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

static const struct elbow_hdf5_layout CONTIGUOUS;

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

struct elbow_hdf5 *create_good(const char *path)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_create(path, true, &file, &error) == ELBOW_OK, "%s", error.message);
    return file;
}

void hdf5_must(enum elbow_status status, const struct elbow_error *error)
{
    ck_assert_msg(status == ELBOW_OK, "%s", error->message);
}

void fill_good(struct elbow_hdf5 *file)
{
    struct elbow_error e = {0};
    static float rows[50][6];
    int64_t labels[50];
    for (int i = 0; i < 300; ++i)
        rows[i / 6][i % 6] = (float)i / 7;
    for (int i = 0; i < 50; ++i)
        labels[i] = i * i;
    struct elbow_hdf5_layout packed = {.chunk_rows = 16, .compression = 5};
    const uint64_t shape[3] = {50, 2, 3};
    hdf5_must(elbow_hdf5_create_dataset(file, "/train/deep/rows", ELBOW_ELEMENT_FLOAT32, 3, shape, packed, &e), &e);
    hdf5_must(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_INT64, 1, shape, CONTIGUOUS, &e), &e);
    for (uint64_t first = 0; first < 50; first += 16) {
        uint64_t count = first + 16 < 50 ? 16 : 50 - first;
        hdf5_must(elbow_hdf5_write_rows(file, "/train/deep/rows", ELBOW_ELEMENT_FLOAT32, first, count, rows[first], &e),
                  &e);
    }
    hdf5_must(elbow_hdf5_write_rows(file, "/train/labels", ELBOW_ELEMENT_INT64, 0, 50, labels, &e), &e);
    hdf5_must(elbow_hdf5_write_rows(file, "/train/labels", ELBOW_ELEMENT_INT64, 50, 0, NULL, &e), &e);
    hdf5_must(elbow_hdf5_write_doubles(file, "/train/labels", "factor", (double[]){3}, 1, &e), &e);
    hdf5_must(elbow_hdf5_write_doubles(file, "/train/labels", "factor", (double[]){0.1, INFINITY}, 2, &e), &e);
    hdf5_must(elbow_hdf5_write_integers(file, "/", "step", (int64_t[]){INT64_MIN}, 1, &e), &e);
    hdf5_must(elbow_hdf5_write_text(file, "/train", "names", "größe, x", &e), &e);
    hdf5_must(elbow_hdf5_write_text(file, "/", "empty", "", &e), &e);
}

void check_filled_good(struct elbow_hdf5 *file)
{
    struct elbow_error e = {0};
    struct elbow_hdf5_info info = describe_good(file, "/train/deep/rows");
    ck_assert(info.rank == 3 && info.shape[0] == 50 && info.shape[2] == 3 && info.chunk_rows == 16 &&
              info.is_compressed);
    ck_assert(info.element == ELBOW_ELEMENT_FLOAT32 && !info.is_converted);
    float rows[300];
    int64_t labels[50], step;
    read_good(file, "/train/deep/rows", 0, 50, rows);
    read_good(file, "/train/labels", 0, 50, labels);
    for (int i = 0; i < 300; ++i)
        ck_assert(rows[i] == (float)i / 7);
    for (int i = 0; i < 50; ++i)
        ck_assert_int_eq(labels[i], i * i);
    double factor[2];
    hdf5_must(elbow_hdf5_read_doubles(file, "/train/labels", "factor", factor, 2, &e), &e);
    ck_assert(factor[0] == 0.1 && factor[1] == INFINITY);
    hdf5_must(elbow_hdf5_read_integers(file, "/", "step", &step, 1, &e), &e);
    ck_assert(step == INT64_MIN);
    hdf5_must(elbow_hdf5_read_doubles(file, "/", "step", factor, 1, &e), &e);
    ck_assert(factor[0] == -0x1p63);
    char *text;
    hdf5_must(elbow_hdf5_read_text(file, "/train", "names", 100, &text, &e), &e);
    ck_assert_str_eq(text, "größe, x");
    elbow_release(&text);
    hdf5_must(elbow_hdf5_read_text(file, "/", "empty", 100, &text, &e), &e);
    ck_assert_str_eq(text, "");
    elbow_release(&text);
    bool found = false;
    ck_assert(elbow_hdf5_find_attribute(file, "/train", "names", &found, &e) == ELBOW_OK && found);
    ck_assert(elbow_hdf5_find_attribute(file, "/train", "x", &found, &e) == ELBOW_OK && !found);
    found = true;
    ck_assert(elbow_hdf5_find_attribute(file, "/x", "names", &found, &e) == ELBOW_FORMAT && !found);
    e = (struct elbow_error){0};
}
