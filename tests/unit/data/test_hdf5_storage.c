// SPDX-License-Identifier: BSD-3-Clause
// Storage of datasets, and messages about missing rows: virtual datasets, raw files, links, chunks that were never
// written.
#include "hdf5_files.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// A file with a dataset /x of 4 columns, whose rows count from `first` on.
static void write_part(const char *path, int first, hsize_t rows)
{
    float values[64][4];
    for (hsize_t i = 0; i < rows; ++i)
        for (int k = 0; k < 4; ++k)
            values[i][k] = (float)(first + (int)i) + (float)k / 4;
    hid_t id = new_file(path);
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){rows, 4}, H5P_DEFAULT, values);
    H5Fclose(id);
}

// Maps `rows` rows of a source, from its start, to rows from `first` on.
static void map_rows(hid_t creation, hsize_t all, hsize_t first, hsize_t rows, const char *source, hsize_t source_rows)
{
    hid_t to = H5Screate_simple(2, (const hsize_t[]){all, 4}, NULL);
    hid_t from = H5Screate_simple(2, (const hsize_t[]){source_rows, 4}, NULL);
    H5Sselect_hyperslab(to, H5S_SELECT_SET, (const hsize_t[]){first, 0}, NULL, (const hsize_t[]){rows, 4}, NULL);
    H5Sselect_hyperslab(from, H5S_SELECT_SET, (const hsize_t[]){0, 0}, NULL, (const hsize_t[]){rows, 4}, NULL);
    ck_assert(H5Pset_virtual(creation, to, source, "x", from) >= 0);
    H5Sclose(to);
    H5Sclose(from);
}

static enum elbow_status check(const char *path, const char *name, struct elbow_error *error)
{
    struct elbow_hdf5 *file = open_good(path);
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_hdf5_check_storage(file, name, error);
    ck_assert_int_eq(status, error->status);
    if (status != ELBOW_OK)
        printf("%s\n", error->message); // for the reader of a failure
    close_good(file);
    return status;
}

static void put_view(const char *path, hid_t creation, hsize_t rows)
{
    hid_t id = new_file(path);
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){rows, 4}, creation, NULL);
    H5Pclose(creation);
    H5Fclose(id);
}

static void check_counts(const char *path, int rows)
{
    float values[64][4];
    struct elbow_hdf5 *file = open_good(path);
    read_good(file, "/x", 0, (uint64_t)rows, values);
    close_good(file);
    for (int i = 0; i < rows; ++i)
        ck_assert(values[i][0] == (float)i && values[i][3] == (float)i + 0.75f);
}

START_TEST(sources_of_virtual_datasets)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    write_part(scratch_path(&scratch, "a.h5"), 0, 10);
    write_part(scratch_path(&scratch, "b.h5"), 10, 10);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    map_rows(creation, 20, 0, 10, "a.h5", 10);
    map_rows(creation, 20, 10, 10, "b.h5", 10);
    put_view(path, creation, 20);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_OK);
    check_counts(path, 20);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_storage storage;
    bool refers = false;
    ck_assert_int_eq(elbow_hdf5_describe_storage(file, "/x", &storage, &error), ELBOW_OK);
    ck_assert(storage.kind == ELBOW_HDF5_VIRTUAL && storage.sources == 2);
    ck_assert(elbow_hdf5_refers(file, "/x", &refers, &error) == ELBOW_OK && refers);
    close_good(file);

    write_part(scratch_path(&scratch, "b.h5"), 10, 7); // fewer rows than are taken from it
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_MISMATCH);
    check_message(&error, "maps 10 indices of dimension 0 of x in b.h5", "has 7");
    remove(scratch_path(&scratch, "b.h5"));
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FILE);
    check_message(&error, "rows 10 to 19 of virtual dataset /x are stored as x in b.h5", "no such file");
    scratch_write(scratch_path(&scratch, "b.h5"), "text", 4);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FORMAT);
    check_message(&error, "virtual dataset /x (rows 10 to 19): ", "b.h5: not an HDF5 file");
    scratch_clear(&scratch);
}
END_TEST

// Rows that no source maps: behind the last mapping, and between two.
START_TEST(rows_without_a_source)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    write_part(scratch_path(&scratch, "a.h5"), 0, 10);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    map_rows(creation, 25, 0, 10, "a.h5", 10);
    map_rows(creation, 25, 15, 10, "a.h5", 10);
    put_view(path, creation, 25);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_DATA);
    check_message(&error, "20 values of virtual dataset /x, in rows 10 to 14 of 25", "not mapped to any source");
    scratch_clear(&scratch);
}
END_TEST

// One mapping for all sources, %b being the number of the block; and one without an end.
START_TEST(mappings_without_an_end)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256], name[32];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    for (int i = 0; i < 3; ++i) {
        snprintf(name, sizeof name, "part-%d.h5", i);
        write_part(scratch_path(&scratch, name), 10 * i, 10);
    }
    hsize_t now[2] = {30, 4}, most[2] = {H5S_UNLIMITED, 4};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), to = H5Screate_simple(2, now, most);
    hid_t from = H5Screate_simple(2, (const hsize_t[]){10, 4}, NULL);
    H5Sselect_hyperslab(to, H5S_SELECT_SET, (const hsize_t[]){0, 0}, (const hsize_t[]){10, 1},
                        (const hsize_t[]){H5S_UNLIMITED, 1}, (const hsize_t[]){10, 4});
    ck_assert(H5Pset_virtual(creation, to, "part-%b.h5", "x", from) >= 0);
    hid_t id = new_file(path), dataset = H5Dcreate2(id, "x", H5T_IEEE_F32LE, to, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t endless = H5Screate_simple(2, (const hsize_t[]){10, 4}, most);
    hid_t source = H5Screate_simple(2, (const hsize_t[]){10, 4}, most);
    const hsize_t zero[2] = {0, 0}, ones[2] = {1, 1}, block[2] = {H5S_UNLIMITED, 4};
    H5Sselect_hyperslab(endless, H5S_SELECT_SET, zero, NULL, ones, block);
    H5Sselect_hyperslab(source, H5S_SELECT_SET, zero, NULL, ones, block);
    ck_assert(H5Pset_virtual(creation, endless, "part-0.h5", "x", source) >= 0);
    dataset = H5Dcreate2(id, "endless", H5T_IEEE_F32LE, endless, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(to);
    H5Sclose(from);
    H5Sclose(endless);
    H5Sclose(source);
    H5Fclose(id);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_OK);
    ck_assert_int_eq(check(path, "/endless", &error), ELBOW_OK);
    check_counts(path, 30);
    remove(scratch_path(&scratch, "part-1.h5"));
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FILE);
    check_message(&error, "rows from 10 on of virtual dataset /x", "part-1.h5, and there is no such file");
    remove(scratch_path(&scratch, "part-2.h5")); // all that is left is there
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_OK);
    scratch_clear(&scratch);
}
END_TEST

// A virtual dataset of itself ends, too.
START_TEST(a_view_of_itself)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    const char *path = scratch_path(&scratch, "v.h5");
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    map_rows(creation, 10, 0, 10, ".", 10);
    put_view(path, creation, 10);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FORMAT);
    check_message(&error, "virtual dataset /x", "the source of itself");
    scratch_clear(&scratch);
}
END_TEST

static hid_t raw_layout(const char *name, hsize_t bytes)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Pset_external(creation, name, 0, bytes) >= 0);
    return creation;
}

// Raw files are found beside the file that refers to them, from any working directory.
START_TEST(raw_files)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256], raw[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "t.h5"));
    snprintf(raw, sizeof raw, "%s", scratch_path(&scratch, "raw.bin"));
    float values[10][4];
    for (int i = 0; i < 10; ++i)
        for (int k = 0; k < 4; ++k)
            values[i][k] = (float)i + (float)k / 4;
    put_view(path, raw_layout("raw.bin", sizeof values), 10);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FILE);
    check_message(&error, "dataset /x are in the raw file raw.bin", "no such file");
    scratch_write(raw, values, sizeof values);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_OK);
    check_counts(path, 10);
    scratch_write(raw, values, sizeof values - 1); // HDF5 would give zeros
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_FORMAT);
    check_message(&error, "raw.bin of dataset /x is truncated: it has 159 bytes", "160 are needed");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(links_to_other_files)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "t.h5"));
    write_part(scratch_path(&scratch, "part.h5"), 0, 10);
    hid_t id = new_file(path);
    H5Lcreate_external("part.h5", "/x", id, "x", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("part.h5", "/y", id, "y", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("gone.h5", "/y", id, "z", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", id, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_OK);
    check_counts(path, 10);
    struct elbow_hdf5 *file = open_good(path);
    bool refers = false;
    ck_assert(elbow_hdf5_refers(file, "/x", &refers, &error) == ELBOW_OK && refers);
    close_good(file);
    ck_assert_int_eq(check(path, "/y", &error), ELBOW_FORMAT);
    check_message(&error, "dataset /y is a link to /y in ", "part.h5, where it cannot be found");
    ck_assert_int_eq(check(path, "/z", &error), ELBOW_FORMAT);
    check_message(&error, "dataset /z is a link to /y in gone.h5", "no such file");
    ck_assert_int_eq(check(path, "/z/deep", &error), ELBOW_FORMAT);
    check_message(&error, "/z is a link to /y in gone.h5", "no such file");
    ck_assert_int_eq(check(path, "/soft", &error), ELBOW_FORMAT);
    check_message(&error, "dataset /soft is a link to /nowhere", "does not exist");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(chunks_that_nobody_wrote)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    struct elbow_hdf5 *file;
    const char *path = scratch_path(&scratch, "t.h5");
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    const uint64_t shape[2] = {95, 3};
    struct elbow_hdf5_layout chunks = {.chunk_rows = 10, .compression = 1};
    static const uint8_t rows[95][3];
    elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_UINT8, 2, shape, chunks, NULL);
    elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_UINT8, 0, 20, rows, NULL);
    elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_UINT8, 40, 30, rows, NULL);
    elbow_hdf5_create_dataset(file, "/never", ELBOW_ELEMENT_UINT8, 2, shape, chunks, NULL);
    elbow_hdf5_create_dataset(file, "/nor", ELBOW_ELEMENT_UINT8, 2, shape, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_create_dataset(file, "/all", ELBOW_ELEMENT_UINT8, 2, shape, chunks, NULL);
    elbow_hdf5_write_rows(file, "/all", ELBOW_ELEMENT_UINT8, 0, 95, rows, NULL);
    close_good(file);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_DATA);
    check_message(&error, "rows 20 to 94 of dataset /x were never written", "5 of its 10 chunks");
    ck_assert_int_eq(check(path, "/never", &error), ELBOW_DATA);
    check_message(&error, "rows 0 to 94 of dataset /never were never written", "10 of its 10 chunks");
    ck_assert_int_eq(check(path, "/nor", &error), ELBOW_DATA);
    check_message(&error, "dataset /nor", "never written");
    ck_assert_int_eq(check(path, "/all", &error), ELBOW_OK);
    scratch_clear(&scratch);
}
END_TEST

// Only existing chunks are examined, of any number of possible ones. The filter is not installed, and left out.
START_TEST(few_of_very_many_chunks)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error;
    const char *path = scratch_path(&scratch, "t.h5");
    const hsize_t shape[2] = {1000000000000, 4}, chunk[2] = {1, 4}, start[2] = {999999999998, 0};
    const uint8_t row[4] = {1, 2, 3, 4};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), all = H5Screate_simple(2, shape, NULL);
    hid_t one = H5Screate_simple(2, chunk, NULL), id = new_file(path);
    H5Pset_chunk(creation, 2, chunk);
    ck_assert(H5Pset_filter(creation, 32000, H5Z_FLAG_OPTIONAL, 0, NULL) >= 0);
    hid_t dataset = H5Dcreate2(id, "x", H5T_STD_U8LE, all, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Sselect_hyperslab(all, H5S_SELECT_SET, start, NULL, chunk, NULL);
    ck_assert(H5Dwrite(dataset, H5T_NATIVE_UINT8, one, all, H5P_DEFAULT, row) >= 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(all);
    H5Sclose(one);
    H5Fclose(id);
    ck_assert_int_eq(check(path, "/x", &error), ELBOW_DATA);
    check_message(&error, "rows 0 to 999999999999 of dataset /x were never written", "999999999999 of its");
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 storage", sources_of_virtual_datasets, rows_without_a_source, mappings_without_an_end,
          a_view_of_itself, raw_files, links_to_other_files, chunks_that_nobody_wrote, few_of_very_many_chunks)
