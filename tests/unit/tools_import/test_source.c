// SPDX-License-Identifier: BSD-3-Clause
// Formats are recognised by the beginning of files; sources of each give their rows, in blocks of any size.
#include "import/source.h"

#include "elbow/base/memory.h"

#include "scratch.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const char *format_of(const char *head, size_t size)
{
    const struct import_format *format = import_format_find((const unsigned char *)head, size);
    return format == NULL ? "none" : format->name;
}

START_TEST(formats_are_told_by_their_beginning)
{
    ck_assert_str_eq(format_of("\x93NUMPY\1\0", 8), "NPY");
    ck_assert_str_eq(format_of("\0\0\10\1", 4), "IDX");
    ck_assert_str_eq(format_of("\x89PNG\r\n\x1a\n", 8), "PNG");
    ck_assert_str_eq(format_of("1,2\n", 4), "text");
    ck_assert_str_eq(format_of("\xef\xbb\xbfK\xc3\xbcste", 9), "text");
    ck_assert_str_eq(format_of("\0\0\10", 3), "none");
    ck_assert_str_eq(format_of("\x89PNG", 4), "text"); // without a control character: refused by its fields
    ck_assert_str_eq(format_of("PK\3\4", 4), "NPZ");
    ck_assert_str_eq(format_of("PK\5\6", 4), "NPZ"); // without a member
    ck_assert_str_eq(format_of("\xff\xd8\xff\xe0", 4), "JPEG");
    ck_assert_str_eq(format_of("II*\0", 4), "TIFF");
    ck_assert_str_eq(format_of("MM\0+", 4), "TIFF");
    ck_assert_str_eq(format_of("", 0), "none");
}
END_TEST

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static struct import_source open_good(const char *path, const struct import_reading *reading)
{
    struct import_source source;
    struct elbow_error error = {0};
    ck_assert_msg(import_source_open(path, reading, &source, &error) == ELBOW_OK, "%s", error.message);
    return source;
}

// Reads six values of uint8, in blocks of this number of rows.
static void check_bytes(const char *path, const struct import_reading *reading, uint64_t block, const uint8_t *expected)
{
    struct import_source source = open_good(path, reading);
    struct elbow_error error = {0};
    uint8_t values[6];
    uint64_t row_values = import_shape_values(source.rank, source.shape), rows = source.rows;
    ck_assert_int_eq(source.element, ELBOW_ELEMENT_UINT8);
    ck_assert_uint_eq(rows * row_values, 6);
    for (uint64_t row = 0; row < rows; row += block) {
        uint64_t count = rows - row < block ? rows - row : block;
        ck_assert_msg(source.read(&source, count, values + row * row_values, &error) == ELBOW_OK, "%s", error.message);
    }
    ck_assert_mem_eq(values, expected, 6);
    import_source_close(&source);
}

START_TEST(rows_come_in_blocks_of_any_size)
{
    static const char IDX[] = "\0\0\10\2\0\0\0\3\0\0\0\2\1\2\3\4\5\6";
    static const char NPY[] = "\x93NUMPY\1\0\74\0{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }\n"
                              "\1\2\3\4\5\6";
    static const char TEXT[] = "id,a,\"b\"\nx,1,2\n\"y,z\",\"3\",4\nw,5, 6\n";
    struct import_reading reading = {0}, skipping = {.skipped = {.count = 1, .ranges = {{1, 1}}}};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "x");
    for (uint64_t block = 1; block <= 3; ++block) {
        write_file(path, IDX, sizeof IDX - 1);
        check_bytes(path, &reading, block, (const uint8_t[]){1, 2, 3, 4, 5, 6});
        write_file(path, NPY, sizeof NPY - 1);
        check_bytes(path, &reading, block, (const uint8_t[]){1, 2, 3, 4, 5, 6});
        write_file(path, TEXT, sizeof TEXT - 1);
        check_bytes(path, &skipping, block, (const uint8_t[]){1, 2, 3, 4, 5, 6});
    }
    scratch_clear(&scratch);
}
END_TEST

static struct import_counting counting_of(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
    struct import_source source = open_good(path, &(struct import_reading){0});
    struct import_counting counting = source.counting;
    import_source_close(&source);
    return counting;
}

START_TEST(a_column_that_counts_is_seen)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "x");
    ck_assert_uint_eq(counting_of(path, "0,5\n1,5\n2,5\n").column, 1);
    ck_assert_int_eq(counting_of(path, "1,5\n2,5\n3,5\n").first, 1);
    ck_assert_uint_eq(counting_of(path, ",a\n0,5\n1,5\n").column, 1);
    ck_assert_uint_eq(counting_of(path, "0,5\n1,5\n").column, 0);
    ck_assert_uint_eq(counting_of(path, "0\n1\n2\n").column, 0);
    ck_assert_uint_eq(counting_of(path, "2,5\n3,5\n4,5\n").column, 0);
    ck_assert_uint_eq(counting_of(path, "0,5\n1,5\n1,5\n").column, 0);
    ck_assert_uint_eq(counting_of(path, "0,5\n1.0,5\n2,5\n").column, 0);
    ck_assert_uint_eq(counting_of(path, "5,0\n5,1\n5,2\n").column, 0);
    scratch_clear(&scratch);
}
END_TEST

// Reads a text of two rows of two bytes that becomes another one behind the first pass: it is refused, and nothing is
// written behind the rows.
static void check_changed(const char *path, const char *text, const char *sentence)
{
    write_file(path, "1,2\n3,4\n", 8);
    struct import_source source = open_good(path, &(struct import_reading){0});
    struct elbow_error error = {0};
    uint8_t values[12], canary[8];
    memset(values, 0xaa, sizeof values);
    memset(canary, 0xaa, sizeof canary);
    write_file(path, text, strlen(text));
    ck_assert_int_eq(source.read(&source, 2, values, &error), ELBOW_FORMAT);
    ck_assert_msg(strstr(error.message, sentence) != NULL, "%s", error.message);
    ck_assert_mem_eq(values + 4, canary, sizeof canary);
    import_source_close(&source);
}

START_TEST(text_that_changes_while_it_is_read_is_refused)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "x");
    check_changed(path, "1,2\n3,4,5,6,7\n", "x:2: 5 columns, 2 were expected");
    check_changed(path, "1,2\n3\n", "x:2: 1 columns, 2 were expected");
    check_changed(path, "1,2\n3,400\n", "x:2: the file was changed while it was read");
    check_changed(path, "1,2.5\n3,4\n", "x:1: the file was changed while it was read");
    check_changed(path, "1,2\n", "the file became shorter");
    check_changed(path, "1,2\n3,4\n2,2\n", "the file became longer while it was read, at first it had 2 rows");
    check_changed(path, "1,2\n3,04\n", "the file was changed while it was read");
    check_changed(path, "1,2\n3,4", "the file was changed while it was read");
    scratch_clear(&scratch);
}
END_TEST

// Opens and reads all rows, with the n-th allocation failing.
static enum elbow_status read_without(const char *path, const struct import_reading *reading, uint64_t n,
                                      struct elbow_error *error)
{
    static uint64_t rows[4096]; // of any row of these tests
    struct import_source source;
    elbow_memory_fail_at(n);
    enum elbow_status status = import_source_open(path, reading, &source, error);
    for (uint64_t left = status == ELBOW_OK ? source.rows : 0; left > 0 && status == ELBOW_OK; --left) {
        ck_assert_uint_le(import_shape_values(source.rank, source.shape) * elbow_element_size(source.element),
                          sizeof rows);
        status = source.read(&source, 1, rows, error);
    }
    elbow_memory_fail_at(0);
    import_source_close(&source);
    return status;
}

static void check_without_memory(const char *path, const struct import_reading *reading)
{
    struct elbow_error error = {0};
    // Its name stays noted as an input.
    ck_assert_msg(read_without(path, reading, 0, &error) == ELBOW_OK, "%s", error.message);
    struct elbow_memory_counts before = elbow_memory_count();
    uint64_t n = 1;
    for (enum elbow_status status = ELBOW_MEMORY; status != ELBOW_OK; ++n) {
        status = read_without(path, reading, n, &error);
        ck_assert_msg(status == ELBOW_OK || status == ELBOW_MEMORY, "%s: %s", path, error.message);
        ck_assert_msg(elbow_memory_count().blocks == before.blocks, "%s: allocation %llu", path, (unsigned long long)n);
    }
    ck_assert_uint_gt(n, 3);
}

START_TEST(without_memory_nothing_is_kept)
{
    static const char TEXT[] = "a,b\n1,2\n3,4\n";
    static const char *const FILES[] = {"classes",   "turned/6.jpg",     "stack.tif",
                                        "alpha.tif", "tiled-planes.tif", "several.npz"};
    struct import_reading reading = {0}, choosing = {.array = "images"};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "x");
    write_file(path, TEXT, sizeof TEXT - 1);
    check_without_memory(path, &reading);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; ++i) {
        elbow_path file;
        ck_assert(elbow_text_format(file, sizeof file, "%s/tests/data/pictures/%s", ELBOW_SOURCE_DIR, FILES[i]));
        check_without_memory(file, strstr(file, ".npz") == NULL ? &reading : &choosing);
    }
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("tools/import/source", formats_are_told_by_their_beginning, rows_come_in_blocks_of_any_size,
          a_column_that_counts_is_seen, text_that_changes_while_it_is_read_is_refused, without_memory_nothing_is_kept)
