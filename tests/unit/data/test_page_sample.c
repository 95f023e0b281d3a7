// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/page_sample.h"

#include "elbow/base/memory.h"
#include "unit.h"

#include <string.h>

static struct elbow_error error;

// A table of pages of 3 rows, the last one short.
static void make_table(uint64_t rows, struct elbow_page_table *table)
{
    struct elbow_selection all = elbow_selection_all(rows);
    const struct elbow_page_table_request request = {.selection = &all, .page_rows = 3};
    ck_assert_int_eq(elbow_page_table_create(&request, table, &error), ELBOW_OK);
}

// Whole pages, each once, in the order of the file, and all numbers of samples through them.
static void check_sample(uint64_t rows, uint64_t count)
{
    struct elbow_page_table table;
    struct elbow_page_sample sample;
    make_table(rows, &table);
    ck_assert_int_eq(elbow_page_sample_create(&table, &sample, &error), ELBOW_OK);
    ck_assert_uint_eq(sample.count, count);
    uint64_t i = 0;
    for (uint64_t page = 0; page < count; ++page) {
        struct elbow_range range = sample.rows[page];
        ck_assert_uint_eq(range.first % 3, 0);
        ck_assert_uint_eq(range.last, range.first + 3 < rows ? range.first + 3 : rows);
        ck_assert(page == 0 || range.first >= sample.rows[page - 1].last);
        ck_assert_uint_eq(sample.before[page], i);
        for (uint64_t row = range.first; row < range.last; ++row)
            ck_assert_uint_eq(elbow_page_sample_at(&sample, i++), row);
    }
    ck_assert_uint_eq(sample.before[count], i);
    elbow_page_sample_clear(&sample);
    elbow_page_sample_clear(&sample);
    elbow_page_table_clear(&table);
}

START_TEST(all_pages_where_they_are_few)
{
    check_sample(1, 1);
    check_sample(100, 34);
    check_sample(768, 256);
}
END_TEST

START_TEST(a_part_of_many_pages)
{
    check_sample(769, 256);
    check_sample(100000, 256);
}
END_TEST

// Pages of larger sizes are the same ones: their number alone decides.
START_TEST(the_number_of_pages_decides)
{
    struct elbow_page_table table[2];
    struct elbow_page_sample sample[2];
    struct elbow_selection all = elbow_selection_all(1000);
    const struct elbow_page_table_request request = {.selection = &all, .page_rows = 1};
    make_table(3000, &table[0]);
    ck_assert_int_eq(elbow_page_table_create(&request, &table[1], &error), ELBOW_OK);
    for (int k = 0; k < 2; ++k)
        ck_assert_int_eq(elbow_page_sample_create(&table[k], &sample[k], &error), ELBOW_OK);
    for (uint64_t page = 0; page < ELBOW_PAGE_SAMPLE; ++page)
        ck_assert_uint_eq(sample[0].rows[page].first, 3 * sample[1].rows[page].first);
    for (int k = 0; k < 2; ++k) {
        elbow_page_sample_clear(&sample[k]);
        elbow_page_table_clear(&table[k]);
    }
}
END_TEST

START_TEST(a_sample_without_memory)
{
    struct elbow_page_table table;
    struct elbow_page_sample sample;
    make_table(30, &table);
    for (int at = 1; at <= 2; ++at) {
        elbow_memory_fail_at(at);
        ck_assert_int_eq(elbow_page_sample_create(&table, &sample, &error), ELBOW_MEMORY);
        elbow_memory_fail_at(0);
        elbow_page_sample_clear(&sample);
    }
    elbow_page_table_clear(&table);
}
END_TEST

UNIT_MAIN("data/page_sample", all_pages_where_they_are_few, a_part_of_many_pages, the_number_of_pages_decides,
          a_sample_without_memory)
