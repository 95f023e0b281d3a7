// SPDX-License-Identifier: BSD-3-Clause
// The interpretation of a dataset named by data.rows: a mask or numbers.
#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"

#include "hdf5_files.h"

#include <string.h>

enum { ROWS = 5 };

static struct scratch scratch;

static void make(const char *path)
{
    const hsize_t shape[] = {ROWS, 2}, two[] = {2};
    const int8_t flags[ROWS] = {0, 1, 0, 1, 1};
    const float rows[ROWS * 2] = {0};
    hid_t type = H5Tenum_create(H5T_STD_I8LE), id = new_file(path);
    H5Tenum_insert(type, "FALSE", &(int8_t){0});
    H5Tenum_insert(type, "TRUE", &(int8_t){1});
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, shape, H5P_DEFAULT, rows);
    put(id, "pair", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){2, 2}, H5P_DEFAULT, rows);
    put(id, "booleans", type, type, 1, shape, H5P_DEFAULT, flags);
    put(id, "two_booleans", type, type, 1, two, H5P_DEFAULT, flags);
    put(id, "integers", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, shape, H5P_DEFAULT, flags);
    put(id, "two_integers", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, two, H5P_DEFAULT, flags);
    H5Tclose(type);
    H5Fclose(id);
}

// Number of chosen rows, or the sentence.
static void chosen(const char *dataset, const char *rows, uint64_t samples, const char *sentence)
{
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_dataset_request request = {
        .file = path,
        .dataset = dataset,
        .select.rows = {.file = path, .dataset = rows, .key = "data.rows"},
    };
    struct elbow_dataset found = {0};
    struct elbow_hdf5_storage storage;
    struct elbow_error error = {0};
    elbow_dataset_describe(&request, &found, &storage, &error);
    if (sentence == NULL)
        ck_assert_msg(error.status == ELBOW_OK && found.samples == samples, "%s of %s: %s", rows, dataset,
                      error.message);
    else
        ck_assert_msg(error.status == ELBOW_MISMATCH && strstr(error.message, sentence) != NULL, "%s of %s: %s", rows,
                      dataset, error.message);
}

START_TEST(masks_and_numbers)
{
    scratch = scratch_make();
    make(scratch_path(&scratch, "t.h5"));
    chosen("/x", "/booleans", 3, NULL);
    chosen("/x", "/integers", 3, NULL);
    chosen("/x", "/two_integers", 2, NULL);
    chosen("/x", "/two_booleans", 0, "two_booleans: is a mask of 2 numbers, but ");
    chosen("/pair", "/two_booleans", 1, NULL);
    chosen("/pair", "/two_integers", 1, NULL);
    chosen("/pair", "/booleans", 0, "is a mask of 5 numbers, but ");
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/select", masks_and_numbers)
