// SPDX-License-Identifier: BSD-3-Clause
// Chunks that unpack to another size than they should. They are packed by libhdf5 as those of a dataset of other
// chunks.
#include "elbow/base/memory.h"
#include "elbow/data/detail/hdf5.h"
#include "hdf5_files.h"

#include <stdint.h>

enum { ROWS = 25, COLUMNS = 16, CHUNK_ROWS = 10 };

static int32_t values[2 * ROWS][COLUMNS];

static void fill_values(void)
{
    for (int i = 0; i < ROWS * COLUMNS; ++i)
        values[i / COLUMNS][i % COLUMNS] = i * 2654435 % 1000;
}

static void put_chunked(hid_t id, const char *name, hsize_t rows, hsize_t chunk_rows, hid_t creation)
{
    H5Pset_chunk(creation, 2, (const hsize_t[]){chunk_rows, COLUMNS});
    put(id, name, H5T_STD_I32LE, H5T_NATIVE_INT32, 2, (const hsize_t[]){rows, COLUMNS}, creation, values);
}

// Puts the first chunk of one dataset in the place of the chunk of another that begins in this row.
static void move_chunk(hid_t id, const char *from, const char *to, hsize_t row)
{
    static unsigned char bytes[1 << 16];
    hid_t source = H5Dopen2(id, from, H5P_DEFAULT), target = H5Dopen2(id, to, H5P_DEFAULT);
    hsize_t size, begin[2] = {0, 0}, place[2] = {row, 0};
    uint32_t mask = 0;
    ck_assert_int_ge(H5Dget_chunk_storage_size(source, begin, &size), 0);
    ck_assert_uint_le(size, sizeof bytes);
    ck_assert_int_ge(H5Dread_chunk(source, H5P_DEFAULT, begin, &mask, bytes), 0);
    ck_assert_int_ge(H5Dwrite_chunk(target, H5P_DEFAULT, mask, place, size, bytes), 0);
    H5Dclose(source);
    H5Dclose(target);
}

// Filters by number: 1 shuffle, 2 deflate, 4 checksum.
static hid_t filters_of(int filters)
{
    return layout(CHUNK_ROWS, COLUMNS, (filters & 1) != 0, (filters & 4) != 0, (filters & 2) != 0 ? 5 : 0);
}

static void make_file(const char *path, int filters, hsize_t other_rows)
{
    hid_t id = new_file(path), creation = filters_of(filters);
    put_chunked(id, "/x", ROWS, CHUNK_ROWS, creation);
    put_chunked(id, "/other", other_rows, other_rows, creation);
    move_chunk(id, "/other", "/x", CHUNK_ROWS);
    H5Pclose(creation);
    H5Fclose(id);
}

static void check_good(struct elbow_hdf5 *file, uint64_t first, uint64_t count)
{
    int32_t rows[ROWS][COLUMNS];
    read_good(file, "/x", first, count, rows);
    ck_assert_int_eq(memcmp(rows, values[first], count * sizeof *rows), 0);
}

static void check_refused(struct elbow_hdf5 *file, uint64_t first, uint64_t count, const char *found)
{
    int32_t rows[ROWS][COLUMNS];
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "/x", first, count, rows, &error), ELBOW_FORMAT);
    check_message(&error, "rows 10 to 19 of dataset /x are damaged: their chunk unpacks to ", "640 were expected");
    check_message(&error, found, "t.h5: ");
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(chunks_of_another_size_are_refused)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    fill_values();
    for (int filters = 1; filters < 8; ++filters)
        for (int longer = 0; longer < 2; ++longer) {
            make_file(path, filters, longer ? 2 * CHUNK_ROWS : 3);
            struct elbow_hdf5 *file = open_good(path);
            check_good(file, 0, CHUNK_ROWS);
            check_good(file, 20, 5);
            check_refused(file, 0, ROWS, longer ? "1280 bytes" : "192 bytes");
            check_refused(file, 19, 2, longer ? "1280 bytes" : "192 bytes");
            check_refused(file, 10, 1, longer ? "1280 bytes" : "192 bytes");
            close_good(file);
        }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(chunks_that_are_cut_are_refused)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    fill_values();
    hid_t id = new_file(path), creation = filters_of(2);
    put_chunked(id, "/x", ROWS, CHUNK_ROWS, creation);
    hid_t dataset = H5Dopen2(id, "/x", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, (const hsize_t[]){CHUNK_ROWS, 0}, 3, "\x78\x9c\x01"), 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    int32_t rows[ROWS][COLUMNS];
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "/x", 12, 1, rows, &error), ELBOW_FORMAT);
    check_message(&error, "t.h5: rows ", "of dataset /x");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(chunks_packed_in_more_bytes_are_refused)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    static const unsigned char zeros[4096];
    fill_values();
    hid_t id = new_file(path), creation = filters_of(2);
    put_chunked(id, "/x", ROWS, CHUNK_ROWS, creation);
    hid_t dataset = H5Dopen2(id, "/x", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, (const hsize_t[]){20, 0}, sizeof zeros, zeros), 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    int32_t rows[ROWS][COLUMNS];
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "/x", 24, 1, rows, &error), ELBOW_FORMAT);
    check_message(&error, "t.h5: rows 20 to 24 of dataset /x", "chunk of 640 bytes is packed in 4096");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(sound_chunks_of_all_kinds_are_read)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    fill_values();
    for (int filters = 0; filters < 8; ++filters)
        for (int plain_edges = 0; plain_edges < 2; ++plain_edges) {
            hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = filters_of(filters);
            H5Pset_libver_bounds(access, plain_edges ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
            H5Pset_chunk_opts(creation, plain_edges ? H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS : 0);
            hid_t id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
            put_chunked(id, "/x", ROWS, CHUNK_ROWS, creation);
            H5Fclose(id);
            H5Pclose(creation);
            H5Pclose(access);
            struct elbow_hdf5 *file = open_good(path);
            for (uint64_t first = 0; first < ROWS; ++first)
                check_good(file, first, ROWS - first);
            close_good(file);
        }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(chunks_without_their_filters_are_read)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    fill_values();
    hid_t id = new_file(path), creation = filters_of(2 | 4);
    put_chunked(id, "/x", ROWS, CHUNK_ROWS, creation);
    hid_t dataset = H5Dopen2(id, "/x", H5P_DEFAULT);
    uint32_t left_out = 3; // both filters
    ck_assert_int_ge(H5Dwrite_chunk(dataset, H5P_DEFAULT, left_out, (const hsize_t[]){0, 0}, 640, values), 0);
    ck_assert_int_ge(H5Dwrite_chunk(dataset, H5P_DEFAULT, left_out, (const hsize_t[]){10, 0}, 600, values), 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    check_good(file, 0, CHUNK_ROWS);
    check_refused(file, 12, 2, "600 bytes");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

// Tiles of several columns, some of them never written.
START_TEST(all_tiles_of_the_rows_are_counted)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    int16_t tile[4][8] = {{1}}, rows[8][20];
    hid_t id = new_file(path), creation = layout(4, 8, true, false, 4);
    put(id, "/x", H5T_STD_I16LE, H5T_NATIVE_INT16, 2, (const hsize_t[]){8, 20}, creation, NULL);
    put(id, "/other", H5T_STD_I16LE, H5T_NATIVE_INT16, 2, (const hsize_t[]){4, 8}, creation, tile);
    H5Pset_chunk(creation, 2, (const hsize_t[]){4, 7});
    put(id, "/short", H5T_STD_I16LE, H5T_NATIVE_INT16, 2, (const hsize_t[]){4, 7}, creation, tile);
    const char *names[] = {"/other", "/short"};
    hsize_t places[2][2] = {{4, 0}, {4, 16}};
    for (int i = 0; i < 2; ++i) {
        unsigned char bytes[512];
        uint32_t mask;
        hsize_t size;
        hid_t source = H5Dopen2(id, names[i], H5P_DEFAULT), target = H5Dopen2(id, "/x", H5P_DEFAULT);
        H5Dget_chunk_storage_size(source, (const hsize_t[]){0, 0}, &size);
        H5Dread_chunk(source, H5P_DEFAULT, (const hsize_t[]){0, 0}, &mask, bytes);
        H5Dwrite_chunk(target, H5P_DEFAULT, 0, places[i], size, bytes);
        H5Dclose(source);
        H5Dclose(target);
    }
    H5Pclose(creation);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_error error = {0};
    read_good(file, "/x", 0, 4, rows);
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "/x", 5, 1, rows, &error), ELBOW_FORMAT);
    check_message(&error, "rows 4 to 7 of dataset /x", "unpacks to 56 bytes, 64 were expected");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

// More chunks than one read takes, in a row as well as in a column: every range of rows has the written values.
START_TEST(reads_of_many_chunks)
{
    enum { HEIGHT = 1300, WIDTH = 700 };
    static const struct {
        hsize_t rows, columns;
    } CHUNKS[] = {{1, WIDTH}, {7, 1}, {3, 11}, {HEIGHT, 1}, {1, 500}};
    static const struct {
        uint64_t first, count;
    } RANGES[] = {{0, HEIGHT}, {1, 1}, {5, 1203}, {511, 514}, {HEIGHT - 1, 1}};
    static uint16_t written[HEIGHT][WIDTH], out[HEIGHT][WIDTH];
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    for (int i = 0; i < HEIGHT * WIDTH; ++i)
        written[i / WIDTH][i % WIDTH] = (uint16_t)(i * 2654435761u >> 13);
    for (size_t c = 0; c < sizeof CHUNKS / sizeof *CHUNKS; ++c) {
        hid_t id = new_file(path), creation = layout(CHUNKS[c].rows, CHUNKS[c].columns, false, false, 0);
        put(id, "x", H5T_STD_U16BE, H5T_NATIVE_UINT16, 2, (const hsize_t[]){HEIGHT, WIDTH}, creation, written);
        H5Pclose(creation);
        H5Fclose(id);
        struct elbow_hdf5 *file = open_good(path);
        for (size_t r = 0; r < sizeof RANGES / sizeof *RANGES; ++r) {
            memset(out, 0xAA, sizeof out);
            read_good(file, "/x", RANGES[r].first, RANGES[r].count, out);
            ck_assert_mem_eq(out, written[RANGES[r].first], RANGES[r].count * sizeof *written);
        }
        close_good(file);
    }
    scratch_clear(&scratch);
}
END_TEST

// Common filters are undone without libhdf5, and compared with its own reading. Others are left to it.
START_TEST(usual_chunks_are_unpacked_once)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    fill_values();
    hid_t id = new_file(path), narrow = layout(CHUNK_ROWS, COLUMNS / 2, true, false, 5);
    for (int filters = 0; filters < 8; ++filters) {
        const char name[] = {(char)('0' + filters), 0};
        hid_t creation = filters_of(filters);
        put_chunked(id, name, ROWS, CHUNK_ROWS, creation);
        H5Pclose(creation);
    }
    put(id, "narrow", H5T_STD_I32LE, H5T_NATIVE_INT32, 2, (const hsize_t[]){ROWS, COLUMNS}, narrow, values);
    H5Pset_chunk(narrow, 2, (const hsize_t[]){CHUNK_ROWS, COLUMNS});
    put(id, "turned", H5T_STD_I32BE, H5T_NATIVE_INT32, 2, (const hsize_t[]){ROWS, COLUMNS}, narrow, values);
    H5Pclose(narrow);
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "narrow", "turned"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        for (uint64_t first = 0; first < ROWS; first += 7) {
            int32_t out[ROWS][COLUMNS] = {{0}};
            struct elbow_hdf5_info info = {
                .rank = 2, .shape = {ROWS, COLUMNS}, .element = ELBOW_ELEMENT_INT32, .chunk_rows = CHUNK_ROWS};
            hid_t dataset = H5Dopen2(id, names[i], H5P_DEFAULT);
            bool is_done = elbow_hdf5_unpack_rows(dataset, &info, first, ROWS - first, out);
            ck_assert_int_eq(is_done, i >= 1 && i <= 3);
            if (is_done)
                ck_assert_mem_eq(out, values[first], (ROWS - first) * sizeof *values);
            H5Dclose(dataset);
        }
    H5Fclose(id);
    scratch_clear(&scratch);
}
END_TEST

// Boxes, turned round and not, of chunks that are narrower than the rows.
START_TEST(boxes_of_usual_chunks_are_unpacked_once)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    const hsize_t chunk[2] = {CHUNK_ROWS, COLUMNS / 2 + 1}; // over both edges
    fill_values();
    hid_t id = new_file(path);
    for (int filters = 0; filters < 8; ++filters) {
        const char name[] = {(char)('0' + filters), 0};
        hid_t creation = filters_of(filters);
        H5Pset_chunk(creation, 2, chunk);
        put(id, name, H5T_STD_I32LE, H5T_NATIVE_INT32, 2, (const hsize_t[]){ROWS, COLUMNS}, creation, values);
        H5Pclose(creation);
    }
    const struct elbow_hdf5_info info = {
        .rank = 2, .shape = {ROWS, COLUMNS}, .element = ELBOW_ELEMENT_INT32, .chunk_rows = CHUNK_ROWS};
    for (int i = 0; i < 8 * 2 * ROWS; ++i) {
        const hsize_t first[2] = {(hsize_t)(i / 16), (hsize_t)(i % COLUMNS)};
        const hsize_t end[2] = {ROWS - (hsize_t)(i / 16) / 3, COLUMNS};
        size_t rows = end[0] - first[0], columns = end[1] - first[1];
        bool is_turned = i / 8 % 2 == 1;
        const size_t stride[2] = {is_turned ? 1 : columns, is_turned ? rows : 1};
        const char name[] = {(char)('0' + i % 8), 0};
        int32_t out[ROWS * COLUMNS] = {0};
        if (first[0] >= end[0])
            continue;
        hid_t dataset = H5Dopen2(id, name, H5P_DEFAULT);
        bool is_done = elbow_hdf5_unpack_box(dataset, &info, first, end, out, stride);
        ck_assert_int_eq(is_done, i % 8 >= 1 && i % 8 <= 3);
        for (size_t k = 0; k < rows * columns && is_done; ++k)
            ck_assert_int_eq(out[k / columns * stride[0] + k % columns * stride[1]],
                             values[first[0] + k / columns][first[1] + k % columns]);
        H5Dclose(dataset);
    }
    H5Fclose(id);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5_chunks", chunks_of_another_size_are_refused, chunks_that_are_cut_are_refused,
          chunks_packed_in_more_bytes_are_refused, sound_chunks_of_all_kinds_are_read,
          chunks_without_their_filters_are_read, all_tiles_of_the_rows_are_counted, reads_of_many_chunks,
          usual_chunks_are_unpacked_once, boxes_of_usual_chunks_are_unpacked_once)
