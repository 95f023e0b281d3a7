// SPDX-License-Identifier: BSD-3-Clause
// Pages against a walk over all samples: a page ends where the file or the piece of page_rows rows does.
#include "elbow/data/page_table.h"

#include "elbow/base/memory.h"
#include "unit.h"

#include <string.h>

enum { ROWS = 240 };

static struct elbow_error error;

// The table of these files, compared with one page after another as its samples are met.
static void check_table(const struct elbow_selection *selection, size_t files, const uint64_t *file_rows,
                        uint64_t page_rows)
{
    struct elbow_page_table table;
    const struct elbow_page_table_request request = {selection, files, file_rows, page_rows};
    ck_assert_int_eq(elbow_page_table_create(&request, &table, &error), ELBOW_OK);
    ck_assert_uint_eq(table.samples, selection->samples);
    ck_assert_uint_eq(table.row_samples, selection->windows);
    ck_assert_uint_eq(table.first[0], 0);
    uint64_t page = 0, last_file = 0, last_piece = 0;
    for (uint64_t sample = 0; sample < selection->samples; ++sample) {
        uint64_t row = elbow_selection_row(selection, sample), file = 0;
        while (files > 0 && row >= file_rows[file])
            row -= file_rows[file++];
        bool is_new = sample > 0 && (file != last_file || row / page_rows != last_piece);
        page += is_new;
        if (is_new)
            ck_assert_uint_eq(table.first[page], sample);
        ck_assert_uint_eq(elbow_page_table_find(&table, sample), page);
        last_file = file;
        last_piece = row / page_rows;
    }
    ck_assert_uint_eq(table.count, page + 1);
    ck_assert_uint_eq(table.first[table.count], selection->samples);
    elbow_page_table_clear(&table);
    elbow_page_table_clear(&table);
}

static void check_tables(const struct elbow_selection *selection)
{
    static const uint64_t sizes[] = {1, 7, 8, 64, 100, ROWS, 1000};
    static const uint64_t even[] = {120, 120}, uneven[] = {3, 0, 100, 1, 136, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        check_table(selection, 0, NULL, sizes[i]);
        check_table(selection, 2, even, sizes[i]);
        check_table(selection, 6, uneven, sizes[i]);
    }
}

START_TEST(pages_of_files)
{
    struct elbow_selection all = elbow_selection_all(ROWS);
    check_tables(&all);
}
END_TEST

START_TEST(pages_of_chosen_rows_and_windows)
{
    struct elbow_selection range = elbow_selection_all(ROWS), chosen = elbow_selection_all(ROWS);
    ck_assert_int_eq(elbow_selection_take_range(&range, 50, 200, "x", &error), ELBOW_OK);
    check_tables(&range);
    ck_assert_int_eq(elbow_selection_cut(&range, 20, 8, 4, "x", &error), ELBOW_OK);
    ck_assert_uint_eq(range.windows, 4);
    check_tables(&range);
    int64_t numbers[60];
    for (int i = 0; i < 60; ++i) // none among rows 100 to 219
        numbers[i] = i < 40 ? i * 5 / 2 : 160 + i;
    numbers[59] = 239;
    ck_assert_int_eq(elbow_selection_begin(&chosen, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_numbers(&chosen, 0, 60, numbers, "x", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_end(&chosen, "x", &error), ELBOW_OK);
    check_tables(&chosen);
    elbow_selection_clear(&chosen);
}
END_TEST

START_TEST(automatic_sizes)
{
    // MNIST: 1 MiB has 1337 rows, 60000 / 64 are 937: 14 chunks of 64.
    ck_assert_uint_eq(elbow_page_rows(64, 784, 60000, 2), 896);
    ck_assert_uint_eq(elbow_page_rows(1, 784, 60000, 2), 937);
    ck_assert_uint_eq(elbow_page_rows(0, 784, 60000, 2), 937); // in one piece
    ck_assert_uint_eq(elbow_page_rows(64, 784, 60000000, 2), 1280);
    ck_assert_uint_eq(elbow_page_rows(5000, 784, 60000, 2), 5000); // a chunk at least
    ck_assert_uint_eq(elbow_page_rows(1, 100 << 20, 60000, 2), 1); // rows larger than a page
    ck_assert_uint_eq(elbow_page_rows(3, 0, 10, 16), 3);
}
END_TEST

START_TEST(a_table_without_memory)
{
    struct elbow_selection all = elbow_selection_all(ROWS);
    struct elbow_page_table table;
    const struct elbow_page_table_request request = {.selection = &all, .page_rows = 7};
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_page_table_create(&request, &table, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    elbow_page_table_clear(&table);
}
END_TEST

UNIT_MAIN("data/page_table", pages_of_files, pages_of_chosen_rows_and_windows, automatic_sizes, a_table_without_memory)
