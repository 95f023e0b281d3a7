// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets that are read piece by piece: the same values as from libhdf5, for every possible mapping, and one
// source open at a time.
#include "hdf5_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 4, ROWS = 6, COLUMNS = 4, ALL = SOURCES * ROWS, CELLS = ALL * COLUMNS };

static const hsize_t SHAPE[] = {ROWS, COLUMNS};

// s0.h5 to s3.h5: /x (6, 4), /row (4), /double (6, 4) in chunks of 4 x 3.
static void write_sources(struct scratch *scratch)
{
    for (int n = 0; n < SOURCES; ++n) {
        float values[ROWS * COLUMNS];
        double doubles[ROWS * COLUMNS];
        char name[16];
        for (int i = 0; i < ROWS * COLUMNS; ++i) {
            values[i] = (float)(1000 * (n + 1) + i);
            doubles[i] = values[i] + 0.5;
        }
        snprintf(name, sizeof name, "s%d.h5", n);
        hid_t id = new_file(scratch_path(scratch, name)), chunked = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(chunked, 2, (const hsize_t[]){4, 3});
        H5Pset_deflate(chunked, 1);
        put(id, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, SHAPE, H5P_DEFAULT, values);
        put(id, "row", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){COLUMNS}, H5P_DEFAULT, values);
        put(id, "double", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, 2, SHAPE, chunked, doubles);
        H5Pclose(chunked);
        H5Fclose(id);
    }
}

struct blocks {
    hsize_t start[3], stride[3], count[3], block[3];
};

// The mapped part of a file's dataset; no blocks: everything.
struct mapping {
    const char *file, *dataset;
    int rank;
    hsize_t shape[2];
    struct blocks to, from;
};

static hid_t select_blocks(int rank, const hsize_t *shape, const hsize_t *most, const struct blocks *blocks)
{
    hid_t space = H5Screate_simple(rank, shape, most);
    if (blocks->count[0] > 0)
        ck_assert(H5Sselect_hyperslab(space, H5S_SELECT_SET, blocks->start, blocks->stride, blocks->count,
                                      blocks->block) >= 0);
    return space;
}

// A virtual dataset; `endless`: its first axis may grow.
static void write_view(hid_t id, const char *name, int rank, const hsize_t *shape, bool endless,
                       const struct mapping *mappings, int count)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t most[3] = {H5S_UNLIMITED};
    memcpy(most + 1, shape + 1, (size_t)(rank - 1) * sizeof *most);
    for (int i = 0; i < count; ++i) {
        const struct mapping *one = &mappings[i];
        hsize_t longest[2] = {H5S_UNLIMITED, one->shape[1]};
        hid_t to = select_blocks(rank, shape, endless ? most : NULL, &one->to);
        hid_t from = select_blocks(one->rank, one->shape, endless ? longest : NULL, &one->from);
        ck_assert(H5Pset_virtual(creation, to, one->file, one->dataset, from) >= 0);
        H5Sclose(to);
        H5Sclose(from);
    }
    hid_t space = H5Screate_simple(rank, shape, endless ? most : NULL);
    hid_t dataset = H5Dcreate2(id, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
}

static struct mapping from_source(int n, const char *dataset)
{
    static const char *const NAMES[] = {"s0.h5", "s1.h5", "s2.h5", "s3.h5"};
    return (struct mapping){.file = NAMES[n], .dataset = dataset, .rank = 2, .shape = {ROWS, COLUMNS}};
}

static void write_views(const char *path)
{
    struct mapping one[SOURCES], other[2 * SOURCES];
    const hsize_t rows[] = {ALL, COLUMNS}, wide[] = {ROWS, SOURCES * COLUMNS}, stack[] = {SOURCES, ROWS, COLUMNS};
    const hsize_t halves[] = {ALL / 2, COLUMNS}, few[] = {SOURCES, COLUMNS};
    float own[ROWS * COLUMNS];
    hid_t id = new_file(path);
    for (int i = 0; i < ROWS * COLUMNS; ++i)
        own[i] = -(float)i;
    put(id, "own", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, SHAPE, H5P_DEFAULT, own);
    for (hsize_t n = 0; n < SOURCES; ++n) { // one behind the other, of two types, in two files of one
        one[n] = from_source((int)n, n % 2 == 0 ? "x" : "/double");
        one[n].to = (struct blocks){{n * ROWS}, {1, 1}, {1, 1}, {ROWS, COLUMNS}};
    }
    one[3].file = ".", one[3].dataset = "own";
    write_view(id, "behind", 2, rows, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) { // each fourth row
        one[n] = from_source((int)n, "double");
        one[n].to = (struct blocks){{n}, {SOURCES, 1}, {ROWS, 1}, {1, COLUMNS}};
    }
    write_view(id, "between", 2, rows, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) // columns
        one[n].to = (struct blocks){{0, n * COLUMNS}, {1, 1}, {1, 1}, {ROWS, COLUMNS}};
    write_view(id, "beside", 2, wide, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) // an axis more
        one[n].to = (struct blocks){{n}, {1, 1, 1}, {1, 1, 1}, {1, ROWS, COLUMNS}};
    write_view(id, "stack", 3, stack, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) { // each second row of a source
        one[n] = from_source((int)n, "double");
        one[n].to = (struct blocks){{n * ROWS / 2}, {1, 1}, {ROWS / 2, COLUMNS}, {1, 1}};
        one[n].from = (struct blocks){{n % 2}, {2, 1}, {ROWS / 2, 1}, {1, COLUMNS}};
    }
    write_view(id, "halves", 2, halves, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) { // a row each
        one[n] = from_source((int)n, "row");
        one[n].rank = 1, one[n].shape[0] = COLUMNS;
        one[n].to = (struct blocks){{n}, {1, 1}, {1, 1}, {1, COLUMNS}};
    }
    write_view(id, "few", 2, few, false, one, SOURCES);
    one[0] = from_source(0, "x"); // a pattern
    one[0].file = "s%b.h5";
    one[0].to = (struct blocks){{0}, {ROWS, 1}, {H5S_UNLIMITED, 1}, {ROWS, COLUMNS}};
    write_view(id, "pattern", 2, rows, true, one, 1);
    one[0].file = "view.h5", one[0].dataset = "behind", one[0].shape[0] = ALL; // as long as another one
    one[0].to = one[0].from = (struct blocks){{0}, {1, 1}, {1, 1}, {H5S_UNLIMITED, COLUMNS}};
    write_view(id, "endless", 2, rows, true, one, 1);
    for (hsize_t n = 0; n < SOURCES; ++n) { // over each other: pieces that are more than all
        one[n] = from_source((int)n, "x");
        one[n].to = (struct blocks){{n * 4}, {1, 1}, {1, 1}, {ROWS, COLUMNS}};
    }
    write_view(id, "over", 2, (const hsize_t[]){18, COLUMNS}, false, one, SOURCES);
    for (hsize_t n = 0; n < SOURCES; ++n) { // pairs of rows: no lines
        one[n] = from_source((int)n, "x");
        one[n].to = (struct blocks){{2 * n}, {2 * SOURCES, 1}, {ROWS / 2, 1}, {2, COLUMNS}};
    }
    write_view(id, "pairs", 2, rows, false, one, SOURCES);
    for (hsize_t n = 0; n < 2 * SOURCES; ++n) { // left and right
        other[n] = from_source((int)n / 2, n % 2 == 0 ? "x" : "double");
        other[n].to = (struct blocks){{n / 2 * ROWS, n % 2 * 2}, {1, 1}, {1, 1}, {ROWS, 2}};
        other[n].from = (struct blocks){{0, n % 2 * 2}, {1, 1}, {1, 1}, {ROWS, 2}};
    }
    write_view(id, "sides", 2, rows, false, other, 2 * SOURCES);
    H5Fclose(id);
}

static void read_by_libhdf5(const char *path, const char *name, float *values)
{
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(id, name, H5P_DEFAULT);
    ck_assert(dataset >= 0 && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(id);
}

static void check_reversed(struct elbow_hdf5 *file, const char *name, const float *right, uint64_t rows)
{
    struct elbow_error error = {0};
    float values[ALL] = {0};
    hdf5_must(elbow_hdf5_read_reversed(file, name, 1, 1, values, &error), &error);
    for (uint64_t i = 0; i < rows; ++i)
        ck_assert(values[i] == right[i * COLUMNS + 1]);
}

// Many ranges of rows; `by_pieces`: after a read a source is still open.
static void check_view(const char *path, const char *name, bool by_pieces)
{
    float right[CELLS] = {0}, values[CELLS];
    read_by_libhdf5(path, name, right);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info = describe_good(file, name);
    size_t size = elbow_hdf5_row_values(&info);
    ck_assert_uint_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE), 1);
    for (uint64_t first = 0; first < info.shape[0]; ++first)
        for (uint64_t count = 1; first + count <= info.shape[0]; count += 5) {
            memset(values, 255, sizeof values);
            read_good(file, name, first, count, values);
            ck_assert_msg(memcmp(values, right + first * size, count * size * sizeof *values) == 0,
                          "%s: rows from %d, %d of them", name, (int)first, (int)count);
        }
    if (info.rank == 2 && info.shape[1] == COLUMNS)
        check_reversed(file, name, right, info.shape[0]);
    bool is_own = strcmp(name, "behind") == 0 || strcmp(name, "endless") == 0;
    if (!is_own) // the last source is the file itself
        ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE), by_pieces ? 2 : 1);
    close_good(file);
}

START_TEST(as_libhdf5_reads)
{
    struct scratch scratch = scratch_make();
    char path[256];
    ck_assert(elbow_hdf5_start());
    write_sources(&scratch);
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "view.h5"));
    write_views(path);
    static const char *const BY_PIECES[] = {"behind", "between", "beside",  "stack", "halves",
                                            "few",    "pattern", "endless", "sides"};
    for (size_t i = 0; i < sizeof BY_PIECES / sizeof *BY_PIECES; ++i)
        check_view(path, BY_PIECES[i], true);
    check_view(path, "over", false);
    check_view(path, "pairs", false);
    scratch_clear(&scratch);
}
END_TEST

// Sources that existed during the check and are gone later: a sentence, not fill values.
START_TEST(a_source_that_goes)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    float values[CELLS];
    char path[256];
    ck_assert(elbow_hdf5_start());
    write_sources(&scratch);
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "view.h5"));
    write_views(path);
    struct elbow_hdf5 *file = open_good(path);
    read_good(file, "between", 0, 1, values);
    ck_assert_int_eq(remove(scratch_path(&scratch, "s2.h5")), 0);
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "between", 0, ALL, values, &error), ELBOW_FILE);
    check_message(&error, "virtual dataset between", "s2.h5");
    error = (struct elbow_error){0};
    read_good(file, "between", 1, 1, values); // of another one
    hid_t id = new_file(scratch_path(&scratch, "s2.h5"));
    put(id, "double", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, SHAPE, H5P_DEFAULT, values);
    H5Fclose(id);
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "between", 0, ALL, values, &error), ELBOW_MISMATCH);
    check_message(&error, "dataset double of s2.h5", "has changed");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 pieces", as_libhdf5_reads, a_source_that_goes)
