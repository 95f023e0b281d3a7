// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets that map sources whole, of any shape: the file itself contains none of the values.
#include "elbow/data/detail/texts.h"
#include "hdf5_files.h"

#include <stdio.h>
#include <unistd.h>

// The source, /x of s.h5.
static void put_source(struct scratch *scratch, int rank, const hsize_t *shape)
{
    float values[80];
    for (int i = 0; i < 80; ++i)
        values[i] = (float)i;
    hid_t id = new_file(scratch_path(scratch, "s.h5"));
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, rank, shape, H5P_DEFAULT, values);
    H5Fclose(id);
}

// v.h5:/x, `rows` x 4 values: `count` rows from `first` on, and the remainder of ten from `second` on, are s.h5:/x.
static void put_view(struct scratch *scratch, hsize_t rows, hsize_t first, hsize_t count, hsize_t second)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t to = H5Screate_simple(2, (const hsize_t[]){rows, 4}, NULL);
    hid_t from = H5Screate_simple(2, (const hsize_t[]){10, 4}, NULL);
    H5Sselect_hyperslab(to, H5S_SELECT_SET, (const hsize_t[]){first, 0}, NULL, (const hsize_t[]){count, 4}, NULL);
    if (count < 10)
        H5Sselect_hyperslab(to, H5S_SELECT_OR, (const hsize_t[]){second, 0}, NULL, (const hsize_t[]){10 - count, 4},
                            NULL);
    ck_assert(H5Pset_virtual(creation, to, "s.h5", "x", from) >= 0);
    hid_t id = new_file(scratch_path(scratch, "v.h5"));
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){rows, 4}, creation, NULL);
    H5Fclose(id);
    H5Pclose(creation);
    H5Sclose(to);
    H5Sclose(from);
}

static enum elbow_status check(struct scratch *scratch, struct elbow_error *error)
{
    struct elbow_hdf5 *file = open_good(scratch_path(scratch, "v.h5"));
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_hdf5_check_storage(file, "/x", error);
    ck_assert_int_eq(elbow_hdf5_check_storage(file, "/x", NULL), status); // the sentence is not used
    close_good(file);
    return status;
}

static const struct {
    int rank;
    hsize_t shape[3];
    bool is_same;
    const char *told;
} SOURCES[] = {{2, {10, 4}, true, ""},          {3, {10, 1, 4}, true, ""},         {2, {4, 10}, false, "4 x 10 now"},
               {2, {5, 8}, false, "5 x 8 now"}, {2, {20, 4}, false, "20 x 4 now"}, {2, {7, 4}, false, "7 x 4 now"},
               {1, {40}, false, "40 now"}};

START_TEST(sources_of_another_shape)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    put_view(&scratch, 10, 0, 10, 0);
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; ++i) {
        put_source(&scratch, SOURCES[i].rank, SOURCES[i].shape);
        ck_assert_int_eq(check(&scratch, &error), SOURCES[i].is_same ? ELBOW_OK : ELBOW_MISMATCH);
        if (!SOURCES[i].is_same)
            check_message(&error, "v.h5: virtual dataset /x maps the whole of x in s.h5 to 10 x 4 values",
                          SOURCES[i].told);
    }
    scratch_clear(&scratch);
}
END_TEST

// Rows 0 to 6, and 8 to 10; row 7 has no source.
START_TEST(rows_of_no_regular_order)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    put_view(&scratch, 11, 0, 7, 8);
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; ++i) {
        put_source(&scratch, SOURCES[i].rank, SOURCES[i].shape);
        ck_assert_int_eq(check(&scratch, &error), SOURCES[i].is_same ? ELBOW_DATA : ELBOW_MISMATCH);
        check_message(&error, SOURCES[i].is_same ? "in rows 7 to 7 of 11" : "maps the whole of x in s.h5",
                      SOURCES[i].told);
    }
    scratch_clear(&scratch);
}
END_TEST

// Faults in the source: its file is no HDF5 file, or it has no such dataset.
START_TEST(faults_of_a_source)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    put_view(&scratch, 10, 0, 10, 0);
    scratch_write(scratch_path(&scratch, "s.h5"), "text", 4);
    ck_assert_int_eq(check(&scratch, &error), ELBOW_FORMAT);
    check_message(&error, "virtual dataset /x (rows 0 to 9): ", "s.h5: not an HDF5 file");
    H5Fclose(new_file(scratch_path(&scratch, "s.h5")));
    ck_assert_int_eq(check(&scratch, &error), ELBOW_FORMAT);
    check_message(&error, "virtual dataset /x (rows 0 to 9): ", "s.h5: dataset x not found");
    scratch_clear(&scratch);
}
END_TEST

static enum elbow_status take(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    (void)error;
    ck_assert_str_eq(text, ((const char *const *)user)[place]);
    return ELBOW_OK;
}

// Of texts of varying length, as labels are.
START_TEST(texts_of_a_source)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    const char *texts[] = {"one", "", "three"};
    const hsize_t shape[] = {3};
    hid_t type = H5Tcopy(H5T_C_S1), creation = H5Pcreate(H5P_DATASET_CREATE), all = H5Screate_simple(1, shape, NULL);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t id = new_file(scratch_path(&scratch, "s.h5"));
    put(id, "x", type, type, 1, shape, H5P_DEFAULT, texts);
    H5Fclose(id);
    ck_assert(H5Pset_virtual(creation, all, "s.h5", "x", all) >= 0);
    id = new_file(scratch_path(&scratch, "v.h5"));
    put(id, "x", type, type, 1, shape, creation, NULL);
    H5Fclose(id);
    H5Sclose(all);
    H5Pclose(creation);
    H5Tclose(type);
    ck_assert_int_eq(check(&scratch, &error), ELBOW_OK);
    struct elbow_hdf5 *file = open_good(scratch_path(&scratch, "v.h5"));
    ck_assert_int_eq(elbow_hdf5_read_texts(file, "/x", 0, 3, take, texts, &error), ELBOW_OK);
    close_good(file);
    remove(scratch_path(&scratch, "s.h5"));
    ck_assert_int_eq(check(&scratch, &error), ELBOW_FILE);
    check_message(&error, "rows 0 to 2 of virtual dataset /x are stored as x in s.h5", "no such file");
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5_whole", sources_of_another_shape, rows_of_no_regular_order, faults_of_a_source, texts_of_a_source)
