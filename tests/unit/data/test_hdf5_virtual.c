// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets of parts of their sources: only the mapped parts must exist.
#include "hdf5_files.h"

#include <stdio.h>

enum { ROWS = 100, VALUES = 6 };

// Chunks of 10 rows and 3 values: rows 20 to 39 are there, and the first three values of rows 60 to 69.
static void write_source(const char *path)
{
    static float values[ROWS][VALUES];
    const hsize_t shape[2] = {ROWS, VALUES}, whole[2] = {20, VALUES}, half[2] = {10, 3};
    for (int i = 0; i < ROWS; ++i)
        for (int k = 0; k < VALUES; ++k)
            values[i][k] = (float)(i * VALUES + k);
    hid_t id = new_file(path), creation = layout(10, 3, false, false, 0), space = H5Screate_simple(2, shape, NULL);
    hid_t dataset = H5Dcreate2(id, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, (const hsize_t[]){20, 0}, NULL, whole, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_OR, (const hsize_t[]){60, 0}, NULL, half, NULL);
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_FLOAT, space, space, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(id);
}

// A box of a space of two dimensions.
static hid_t box(hsize_t rows, hsize_t values, const hsize_t *start, const hsize_t *count)
{
    hid_t space = H5Screate_simple(2, (const hsize_t[]){rows, values}, NULL);
    ck_assert(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
    return space;
}

static void map(hid_t creation, hid_t to, const char *file, hid_t from)
{
    ck_assert(H5Pset_virtual(creation, to, file, "x", from) >= 0);
    H5Sclose(to);
    H5Sclose(from);
}

// Completes a virtual dataset of these sizes and examines it.
static enum elbow_status look(const char *path, hid_t creation, hsize_t rows, hsize_t values, struct elbow_error *error)
{
    hid_t id = new_file(path);
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){rows, values}, creation, NULL);
    H5Pclose(creation);
    H5Fclose(id);
    *error = (struct elbow_error){0};
    struct elbow_hdf5 *file = open_good(path);
    enum elbow_status status = elbow_hdf5_check_storage(file, "/x", error);
    close_good(file);
    return status;
}

START_TEST(parts_of_a_source)
{
    static const struct {
        hsize_t first, rows, from, values;
        const char *refused; // NULL: it is all there
    } cases[] = {
        {20, 20, 0, 6, NULL},
        {25, 10, 2, 2, NULL},
        {60, 10, 0, 3, NULL},
        {30, 10, 5, 1, NULL},
        {0, 100, 0, 6, "rows 0 to 9 of dataset x"},
        {25, 20, 0, 1, "rows 40 to 49 of dataset x"},
        {60, 10, 1, 3, "rows 60 to 69 of dataset x"},
        {99, 1, 5, 1, "rows 90 to 99 of dataset x"},
    };
    static const hsize_t zero[2] = {0, 0};
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    write_source(scratch_path(&scratch, "s.h5"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const hsize_t start[2] = {cases[i].first, cases[i].from}, count[2] = {cases[i].rows, cases[i].values};
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        map(creation, box(count[0], count[1], zero, count), "s.h5", box(ROWS, VALUES, start, count));
        enum elbow_status status = look(path, creation, count[0], count[1], &error);
        ck_assert_msg((status == ELBOW_OK) == (cases[i].refused == NULL), "case %zu: %s", i, error.message);
        if (status != ELBOW_OK)
            check_message(&error, cases[i].refused, "were never written");
    }
    scratch_clear(&scratch);
}
END_TEST

// Selections of no regular order; of the last mapping of a source as of its first.
START_TEST(parts_in_pieces)
{
    static const hsize_t zero[2] = {0, 0}, whole[2] = {20, 2};
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    write_source(scratch_path(&scratch, "s.h5"));
    for (int k = 0; k < 2; ++k) {
        const hsize_t first[2] = {20, 0}, ten[2] = {10, 2}, seven[2] = {7, 2}, three[2] = {3, 2};
        const hsize_t next[2] = {31, 0}, last[2] = {k == 0 ? 60 : 70, 0}, at[2] = {10, 0};
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE), from = box(ROWS, VALUES, next, seven);
        H5Sselect_hyperslab(from, H5S_SELECT_OR, last, NULL, three, NULL);
        map(creation, box(20, 2, zero, ten), "s.h5", box(ROWS, VALUES, first, ten));
        map(creation, box(20, 2, at, ten), "s.h5", from);
        enum elbow_status status = look(path, creation, whole[0], whole[1], &error);
        ck_assert_msg(status == (k == 0 ? ELBOW_OK : ELBOW_DATA), "%s", error.message);
        if (k == 1)
            check_message(&error, "rows 10 to 19", "rows 70 to 79 of dataset x");
    }
    scratch_clear(&scratch);
}
END_TEST

// A virtual dataset of another one: rows that only the other one lacks do not count.
START_TEST(parts_of_a_view)
{
    static const hsize_t zero[2] = {0, 0}, twenty[2] = {20, VALUES}, thirty[2] = {30, VALUES};
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256], other[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    snprintf(other, sizeof other, "%s", scratch_path(&scratch, "w.h5"));
    write_source(scratch_path(&scratch, "s.h5"));
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    map(creation, box(50, VALUES, zero, twenty), "s.h5", box(ROWS, VALUES, (const hsize_t[]){20, 0}, twenty));
    map(creation, box(50, VALUES, (const hsize_t[]){20, 0}, (const hsize_t[]){10, VALUES}), "gone.h5",
        box(ROWS, VALUES, zero, (const hsize_t[]){10, VALUES}));
    ck_assert_int_eq(look(path, creation, 50, VALUES, &error), ELBOW_FILE);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    map(creation, box(20, VALUES, zero, twenty), "v.h5", box(50, VALUES, zero, twenty));
    ck_assert_msg(look(other, creation, 20, VALUES, &error) == ELBOW_OK, "%s", error.message);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    map(creation, box(30, VALUES, zero, thirty), "v.h5", box(50, VALUES, zero, thirty));
    ck_assert_int_eq(look(other, creation, 30, VALUES, &error), ELBOW_FILE);
    check_message(&error, "virtual dataset /x (rows 0 to 29)", "gone.h5, and there is no such file");
    scratch_clear(&scratch);
}
END_TEST

// Rows in any order, one mapping each; one of them forgotten.
START_TEST(many_mappings)
{
    enum { MANY = 600, FORGOTTEN = 411 };
    static const hsize_t one[2] = {1, VALUES};
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    hid_t id = new_file(scratch_path(&scratch, "s.h5"));
    static const float values[MANY][VALUES];
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){MANY, VALUES}, H5P_DEFAULT, values);
    H5Fclose(id);
    for (int k = 0; k < 2; ++k) {
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        for (hsize_t i = 0; i < MANY; ++i) {
            hsize_t row = i * 7 % MANY;
            if (k == 1 && row == FORGOTTEN)
                continue;
            map(creation, box(MANY, VALUES, (const hsize_t[]){row, 0}, one), "s.h5",
                box(MANY, VALUES, (const hsize_t[]){i, 0}, one));
        }
        enum elbow_status status = look(path, creation, MANY, VALUES, &error);
        ck_assert_msg(status == (k == 0 ? ELBOW_OK : ELBOW_DATA), "%s", error.message);
        if (k == 1)
            check_message(&error, "6 values of virtual dataset /x, in rows 411 to 411 of 600",
                          "not mapped to any source");
    }
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 virtual", parts_of_a_source, parts_in_pieces, parts_of_a_view, many_mappings)
