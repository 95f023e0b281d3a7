// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/selection.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 2000 };

static struct elbow_error error;

// Checks that the parts of a selection are consistent; marks its rows.
static void check_consistent(const struct elbow_selection *selection, bool *marked)
{
    uint64_t rows = 0, last = 0;
    for (uint64_t row = 0; row < selection->stored; ++row) {
        ck_assert_uint_eq(elbow_selection_before(selection, row), rows);
        marked[row] = elbow_selection_has(selection, row);
        rows += marked[row];
    }
    ck_assert_uint_eq(elbow_selection_before(selection, selection->stored), rows);
    ck_assert_uint_eq(selection->rows, rows);
    ck_assert_uint_eq(selection->samples, rows * selection->windows);
    for (uint64_t i = 0; i < selection->samples; ++i) {
        uint64_t row = elbow_selection_row(selection, i), start = elbow_selection_start(selection, i);
        ck_assert(marked[row]);
        ck_assert(i == 0 || row > last || selection->windows > 1);
        ck_assert_uint_eq(elbow_selection_before(selection, row), i / selection->windows);
        ck_assert_uint_eq(start, i % selection->windows * selection->step);
        ck_assert_uint_eq(elbow_selection_id(selection, i), row * selection->windows + i % selection->windows);
        last = row;
    }
}

START_TEST(all_rows_are_the_identity)
{
    bool marked[ROWS];
    struct elbow_selection selection = elbow_selection_all(700);
    check_consistent(&selection, marked);
    ck_assert(elbow_selection_is_identity(&selection));
    ck_assert_uint_eq(elbow_selection_hash(&selection), 0);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
    elbow_selection_clear(&selection);
}
END_TEST

START_TEST(a_range_includes_both_ends)
{
    bool marked[ROWS];
    struct elbow_selection selection = elbow_selection_all(700);
    ck_assert_int_eq(elbow_selection_take_range(&selection, 100, 199, "x.h5:/x", &error), ELBOW_OK);
    check_consistent(&selection, marked);
    ck_assert_uint_eq(selection.samples, 100);
    ck_assert_uint_eq(elbow_selection_row(&selection, 0), 100);
    ck_assert_uint_eq(elbow_selection_row(&selection, 99), 199);
    ck_assert(!elbow_selection_is_identity(&selection));
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

START_TEST(ranges_that_are_none_are_refused)
{
    static const struct {
        int64_t low, high;
        const char *says;
    } cases[] = {{-1, 5, "is not a range"},
                 {5, 4, "is not a range"},
                 {INT64_MIN, INT64_MAX, "is not a range"},
                 {0, 700, "has 700 rows, but data.rows: [0, 700] ends at row 700"},
                 {INT64_MAX, INT64_MAX, "has 700 rows"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_selection selection = elbow_selection_all(700);
        ck_assert_int_eq(elbow_selection_take_range(&selection, cases[i].low, cases[i].high, "x.h5:/x", &error),
                         ELBOW_DATA);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "%s", error.message);
    }
}
END_TEST

START_TEST(numbers_in_any_order_keep_that_of_the_file)
{
    static const int64_t numbers[] = {1999, 3, 64, 63, 512, 511, 0};
    static const uint64_t rows[] = {0, 3, 63, 64, 511, 512, 1999};
    bool marked[ROWS];
    struct elbow_selection selection = elbow_selection_all(ROWS);
    ck_assert_int_eq(elbow_selection_begin(&selection, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_numbers(&selection, 0, 4, numbers, "x.h5:/i", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_numbers(&selection, 4, 3, numbers + 4, "x.h5:/i", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_end(&selection, "x.h5:/i", &error), ELBOW_OK);
    check_consistent(&selection, marked);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        ck_assert_uint_eq(elbow_selection_row(&selection, i), rows[i]);
    elbow_selection_clear(&selection);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

START_TEST(numbers_out_of_range_and_twice_are_refused)
{
    static const struct {
        int64_t numbers[2];
        const char *says;
    } cases[] = {{{0, 10}, "entry 8 is 10, but rows are numbered from 0 to 9"},
                 {{-1, 0}, "entry 7 is -1"},
                 {{4, 4}, "entry 8 names row 4 a second time"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_selection selection = elbow_selection_all(10);
        ck_assert_int_eq(elbow_selection_begin(&selection, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_selection_add_numbers(&selection, 7, 2, cases[i].numbers, "x.h5:/i", &error),
                         ELBOW_DATA);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "%s", error.message);
        elbow_selection_clear(&selection);
    }
}
END_TEST

START_TEST(a_mask_is_of_zeros_and_ones)
{
    static const int64_t mask[] = {0, 1, 1, 0, 1}, bad[] = {0, 2}, none[] = {0, 0};
    bool marked[ROWS];
    struct elbow_selection selection = elbow_selection_all(5);
    ck_assert_int_eq(elbow_selection_begin(&selection, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_mask(&selection, 0, 5, mask, "x.h5:/m", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_end(&selection, "x.h5:/m", &error), ELBOW_OK);
    check_consistent(&selection, marked);
    for (size_t i = 0; i < 5; ++i)
        ck_assert_int_eq(marked[i], mask[i]);
    elbow_selection_clear(&selection);
    selection = elbow_selection_all(2);
    ck_assert_int_eq(elbow_selection_begin(&selection, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_mask(&selection, 0, 2, bad, "x.h5:/m", &error), ELBOW_DATA);
    ck_assert_int_eq(elbow_selection_add_mask(&selection, 0, 2, none, "x.h5:/m", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_end(&selection, "x.h5:/m", &error), ELBOW_DATA);
    ck_assert_msg(strstr(error.message, "selects none of 2 rows") != NULL, "%s", error.message);
    elbow_selection_clear(&selection);
}
END_TEST

// The sides of a split of rows that are already chosen: disjoint, complete, of the right size, whole groups.
static void check_split(uint64_t stored, bool is_chosen, double share, uint64_t seed, const int64_t *groups)
{
    bool chosen[ROWS], side[2][ROWS];
    struct elbow_selection sides[2];
    for (int valid = 0; valid < 2; ++valid) {
        sides[valid] = elbow_selection_all(stored);
        if (is_chosen)
            ck_assert_int_eq(elbow_selection_take_range(&sides[valid], 7, (int64_t)stored - 3, "x", &error), ELBOW_OK);
        check_consistent(&sides[valid], chosen);
        struct elbow_holdout split = {.share = share, .seed = seed, .is_valid = valid, .groups = groups};
        ck_assert_int_eq(elbow_selection_split(&sides[valid], &split, "x", &error), ELBOW_OK);
        check_consistent(&sides[valid], side[valid]);
    }
    uint64_t units[2] = {0, 0};
    for (uint64_t row = 0; row < stored; ++row) {
        ck_assert_int_eq(side[0][row] + side[1][row], chosen[row]);
        bool is_new = chosen[row];
        for (uint64_t before = 0; groups != NULL && chosen[row] && before < row; ++before)
            if (chosen[before] && groups[before] == groups[row]) {
                ck_assert_int_eq(side[1][before], side[1][row]);
                is_new = false;
            }
        if (is_new)
            ++units[side[1][row]];
    }
    ck_assert_uint_eq(units[1], (uint64_t)floor(share * (double)(units[0] + units[1]) + 0.5));
    elbow_selection_clear(&sides[0]);
    elbow_selection_clear(&sides[1]);
}

START_TEST(splits_are_disjoint_and_complete)
{
    static const uint64_t stored[] = {20, 63, 64, 65, 511, 513, 1200};
    static int64_t groups[ROWS];
    uint32_t words[ROWS];
    elbow_random_words((struct elbow_stream){.seed = 3, .purpose = ELBOW_PURPOSE_ORDER}, 0, ROWS, words);
    for (size_t i = 0; i < ROWS; ++i)
        groups[i] = (int64_t)(words[i] % 17) - 5;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; ++i)
        for (uint64_t seed = 0; seed < 3; ++seed) {
            check_split(stored[i], false, 0.1, seed, NULL);
            check_split(stored[i], true, 0.25, seed, NULL);
            check_split(stored[i], false, 0.3, seed, groups);
            check_split(stored[i], true, 0.5, seed, groups);
        }
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

// Held-back rows are the beginning of the permutation: a larger share holds back all rows of a smaller one.
START_TEST(the_first_of_a_permutation_is_held_back)
{
    struct elbow_permutation permutation =
        elbow_permutation_keyed(40, (struct elbow_stream){.seed = 5, .purpose = ELBOW_PURPOSE_SPLIT});
    struct elbow_selection selection = elbow_selection_all(40);
    struct elbow_holdout split = {.share = 0.2, .seed = 5, .is_valid = true};
    ck_assert_int_eq(elbow_selection_split(&selection, &split, "x", &error), ELBOW_OK);
    ck_assert_uint_eq(selection.rows, 8);
    for (uint64_t i = 0; i < 40; ++i)
        ck_assert_int_eq(elbow_selection_has(&selection, elbow_permutation_at(&permutation, i)), i < 8);
    elbow_selection_clear(&selection);
}
END_TEST

// Pinned: later versions hold back the same rows.
START_TEST(pinned_split)
{
    static const uint64_t rows[] = {28, 33, 43, 60, 81};
    struct elbow_selection selection = elbow_selection_all(100);
    struct elbow_holdout split = {.share = 0.05, .is_valid = true};
    ck_assert_int_eq(elbow_selection_split(&selection, &split, "x", &error), ELBOW_OK);
    ck_assert_uint_eq(selection.rows, 5);
    for (uint64_t i = 0; i < 5; ++i)
        ck_assert_uint_eq(elbow_selection_row(&selection, i), rows[i]);
    elbow_selection_clear(&selection);
}
END_TEST

START_TEST(splits_with_an_empty_side_are_refused)
{
    static const int64_t one[10] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    static const struct {
        double share;
        const int64_t *groups;
        const char *says;
    } cases[] = {{0.04, NULL, "data.valid: 0.04 of 10 rows leaves nothing to validate on"},
                 {0.96, NULL, "data.valid: 0.96 of 10 rows leaves nothing to train on"},
                 {0.4, one, "data.valid: 0.4 of 1 group leaves nothing to validate on"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_selection selection = elbow_selection_all(10);
        struct elbow_holdout split = {.share = cases[i].share, .groups = cases[i].groups};
        ck_assert_int_eq(elbow_selection_split(&selection, &split, "x", &error), ELBOW_DATA);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "%s", error.message);
        elbow_selection_clear(&selection);
    }
}
END_TEST

START_TEST(windows_stay_within_their_rows)
{
    bool marked[ROWS];
    for (uint64_t steps = 5; steps < 12; ++steps)
        for (uint64_t length = 1; length <= 5; ++length)
            for (uint64_t step = 1; step < 14; ++step) {
                struct elbow_selection selection = elbow_selection_all(30);
                struct elbow_holdout split = {.share = 0.2, .seed = step};
                ck_assert_int_eq(elbow_selection_split(&selection, &split, "x", &error), ELBOW_OK);
                ck_assert_int_eq(elbow_selection_cut(&selection, steps, length, step, "x", &error), ELBOW_OK);
                check_consistent(&selection, marked);
                uint64_t last = (selection.windows - 1) * step;
                ck_assert(last + length <= steps && last + step + length > steps);
                elbow_selection_clear(&selection);
            }
}
END_TEST

START_TEST(series_that_cannot_be_cut_are_refused)
{
    struct elbow_selection selection = elbow_selection_all(30);
    ck_assert_int_eq(elbow_selection_cut(&selection, 99, 100, 1, "x.h5:/x", &error), ELBOW_DATA);
    ck_assert_msg(strstr(error.message, "series have 99 points, which is shorter than data.series.length: 100") != NULL,
                  "%s", error.message);
    ck_assert_int_eq(elbow_selection_cut(&selection, UINT64_MAX, 1, 1, "x", &error), ELBOW_DATA);
    ck_assert_int_eq(elbow_selection_cut(&selection, UINT64_C(1) << 45, 1, 1, "x", &error), ELBOW_DATA);
    ck_assert_msg(strstr(error.message, "more than 2^48 samples") != NULL, "%s", error.message);
}
END_TEST

START_TEST(the_hash_tells_selections_apart)
{
    static const int64_t numbers[] = {12, 10, 11};
    struct elbow_selection range = elbow_selection_all(100), list = range, other = range, cut = range;
    ck_assert_int_eq(elbow_selection_take_range(&range, 10, 12, "x", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_take_range(&other, 10, 13, "x", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_cut(&cut, 10, 10, 1, "x", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_begin(&list, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_add_numbers(&list, 0, 3, numbers, "x", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_selection_end(&list, "x", &error), ELBOW_OK);
    ck_assert_uint_eq(elbow_selection_hash(&range), elbow_selection_hash(&list));
    ck_assert_uint_ne(elbow_selection_hash(&range), elbow_selection_hash(&other));
    ck_assert_uint_ne(elbow_selection_hash(&cut), 0);
    elbow_selection_clear(&list);
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
    static int64_t groups[100];
    for (int i = 0; i < 100; ++i)
        groups[i] = i % 7;
    for (uint64_t n = 1; n < 8; ++n) {
        struct elbow_selection selection = elbow_selection_all(100);
        struct elbow_holdout split = {.share = 0.5, .groups = groups};
        elbow_memory_fail_at(n);
        enum elbow_status status = elbow_selection_split(&selection, &split, "x", &error);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_MEMORY || n > 4);
        ck_assert(status == ELBOW_OK || selection.rows == 100);
        elbow_selection_clear(&selection);
        ck_assert_uint_eq(elbow_memory_count().blocks, 0);
    }
}
END_TEST

// A range takes no memory, single rows a bit each and a count for each 512.
START_TEST(memory_is_told)
{
    const int64_t numbers[] = {3, 1023};
    struct elbow_selection selection = elbow_selection_all(1024);
    ck_assert_int_eq(ELBOW_OK, elbow_selection_take_range(&selection, 3, 900, "x", &error));
    ck_assert_uint_eq(elbow_selection_bytes(&selection), 0);
    selection = elbow_selection_all(1024);
    ck_assert_int_eq(ELBOW_OK, elbow_selection_begin(&selection, &error));
    ck_assert_int_eq(ELBOW_OK, elbow_selection_add_numbers(&selection, 0, 2, numbers, "x", &error));
    ck_assert_int_eq(ELBOW_OK, elbow_selection_end(&selection, "x", &error));
    ck_assert_uint_eq(elbow_selection_bytes(&selection), 1024 / 8 + 3 * 8);
    elbow_selection_clear(&selection);
}
END_TEST

UNIT_MAIN("data/selection", all_rows_are_the_identity, a_range_includes_both_ends, ranges_that_are_none_are_refused,
          numbers_in_any_order_keep_that_of_the_file, numbers_out_of_range_and_twice_are_refused,
          a_mask_is_of_zeros_and_ones, splits_are_disjoint_and_complete, the_first_of_a_permutation_is_held_back,
          pinned_split, splits_with_an_empty_side_are_refused, windows_stay_within_their_rows,
          series_that_cannot_be_cut_are_refused, the_hash_tells_selections_apart, memory_is_told,
          without_memory_nothing_is_kept)
