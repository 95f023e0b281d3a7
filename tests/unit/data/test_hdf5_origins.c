// SPDX-License-Identifier: BSD-3-Clause
// Reading of virtual datasets whose sources have packed chunks: each chunk is unpacked once for any number of rows, and
// the memory for this is reported.
#include "hdf5_files.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3000, COLUMNS = 4, SOURCES = 3, FILTER = 300 };

static int unpacked;

// A filter that changes nothing, and counts the chunks that are unpacked.
static size_t count_chunk(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *size,
                          void **buffer)
{
    (void)count, (void)values, (void)size, (void)buffer;
    unpacked += (flags & H5Z_FLAG_REVERSE) != 0;
    return bytes;
}

static void register_filter(void)
{
    const H5Z_class2_t filter = {.version = H5Z_CLASS_T_VERS,
                                 .id = FILTER,
                                 .encoder_present = 1,
                                 .decoder_present = 1,
                                 .name = "count",
                                 .filter = count_chunk};
    ck_assert(elbow_hdf5_start() && H5Zregister(&filter) >= 0);
}

static float value_of(hsize_t row, int column)
{
    return (float)row + (float)column / COLUMNS;
}

static void write_source(const char *path, hsize_t first, hsize_t chunk_rows)
{
    static float values[ROWS][COLUMNS];
    for (hsize_t i = 0; i < ROWS; ++i)
        for (int k = 0; k < COLUMNS; ++k)
            values[i][k] = value_of(first + i, k);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), id = new_file(path);
    H5Pset_chunk(creation, 2, (const hsize_t[]){chunk_rows, COLUMNS});
    ck_assert(H5Pset_filter(creation, FILTER, H5Z_FLAG_MANDATORY, 0, NULL) >= 0);
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){ROWS, COLUMNS}, creation, values);
    H5Pclose(creation);
    H5Fclose(id);
}

// All rows of the sources one after the other, in a file beside them.
static void write_view(const char *path)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), id = new_file(path);
    hid_t from = H5Screate_simple(2, (const hsize_t[]){ROWS, COLUMNS}, NULL);
    for (hsize_t i = 0; i < SOURCES; ++i) {
        char source[32];
        hid_t to = H5Screate_simple(2, (const hsize_t[]){SOURCES * ROWS, COLUMNS}, NULL);
        snprintf(source, sizeof source, "part-%d.h5", (int)i);
        H5Sselect_hyperslab(to, H5S_SELECT_SET, (const hsize_t[]){i * ROWS, 0}, NULL, (const hsize_t[]){ROWS, COLUMNS},
                            NULL);
        ck_assert(H5Pset_virtual(creation, to, source, "x", from) >= 0);
        H5Sclose(to);
    }
    put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){SOURCES * ROWS, COLUMNS}, creation, NULL);
    H5Sclose(from);
    H5Pclose(creation);
    H5Fclose(id);
}

// The view of sources with chunks of this number of rows, read in one piece.
static void check_view(struct scratch *scratch, const hsize_t *chunk_rows, int chunks)
{
    static float values[SOURCES * ROWS][COLUMNS];
    struct elbow_hdf5_storage storage;
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    hsize_t longest = 0;
    char name[32], path[256];
    for (int i = 0; i < SOURCES; ++i) {
        snprintf(name, sizeof name, "part-%d.h5", i);
        write_source(scratch_path(scratch, name), (hsize_t)i * ROWS, chunk_rows[i]);
        longest = chunk_rows[i] > longest ? chunk_rows[i] : longest;
    }
    snprintf(path, sizeof path, "%s", scratch_path(scratch, "view.h5"));
    write_view(path);
    struct elbow_hdf5 *file = open_good(path);
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/x", &info, &error), ELBOW_OK);
    ck_assert(info.is_virtual && info.chunk_rows == 0);
    ck_assert_int_eq(elbow_hdf5_find_chunks(file, "/x", &info, &error), ELBOW_OK);
    ck_assert_uint_eq(info.chunk_rows, longest);
    ck_assert_int_eq(elbow_hdf5_describe_storage(file, "/x", &storage, &error), ELBOW_OK);
    ck_assert_uint_eq(storage.chunk[0], longest);
    ck_assert_uint_eq(storage.reading, 2 * longest * COLUMNS * sizeof(float)); // the filter packs to as many bytes
    unpacked = 0;
    read_good(file, "/x", 0, SOURCES * ROWS, values);
    ck_assert_int_eq(unpacked, chunks);
    close_good(file);
    for (hsize_t i = 0; i < SOURCES * ROWS; ++i)
        for (int k = 0; k < COLUMNS; ++k)
            ck_assert(values[i][k] == value_of(i, k));
}

START_TEST(each_chunk_is_unpacked_once)
{
    struct scratch scratch = scratch_make();
    register_filter();
    check_view(&scratch, (const hsize_t[]){ROWS, ROWS, ROWS}, SOURCES);
    check_view(&scratch, (const hsize_t[]){1000, 1000, 1000}, 3 * SOURCES);
    check_view(&scratch, (const hsize_t[]){10, 10, 10}, 300 * SOURCES);
    check_view(&scratch, (const hsize_t[]){ROWS, 1000, 500}, 1 + 3 + 6);
    scratch_clear(&scratch);
}
END_TEST

// A read of rows other than whole chunks, and the cache of one dataset when another one is read.
START_TEST(rows_of_several_views)
{
    struct scratch scratch = scratch_make();
    float values[70][COLUMNS];
    char path[256];
    register_filter();
    check_view(&scratch, (const hsize_t[]){ROWS, ROWS, ROWS}, SOURCES);
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "view.h5"));
    hid_t id = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert(id >= 0);
    const float other[2][COLUMNS] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    put(id, "other", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){2, COLUMNS}, H5P_DEFAULT, other);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    for (int i = 0; i < 2; ++i) {
        read_good(file, "/x", 2 * ROWS - 35, 70, values);
        for (hsize_t row = 0; row < 70; ++row)
            ck_assert(values[row][1] == value_of(2 * ROWS - 35 + row, 1));
        read_good(file, "/other", 0, 2, values);
        ck_assert(values[0][0] == 1 && values[1][3] == 8);
    }
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 origins", each_chunk_is_unpacked_once, rows_of_several_views)
