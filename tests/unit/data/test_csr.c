// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/csr.h"
#include "unit.h"

#include <string.h>

// Both functions for every type of integers, with numbers that all of them hold.
START_TEST(every_type_of_integers)
{
    uint64_t stored[4], starts[4];
    uint32_t columns[4];
    for (int element = ELBOW_ELEMENT_UINT8; element <= ELBOW_ELEMENT_INT64; ++element) {
        size_t size = elbow_element_size((enum elbow_element)element);
        for (uint64_t i = 0; i < 4; ++i) {
            uint64_t number = 40 * i; // little endian, as the machines that this runs on are
            memcpy((char *)stored + i * size, &number, size);
        }
        ck_assert_uint_eq(elbow_csr_starts((enum elbow_element)element, stored, 4, 0, 120, starts), SIZE_MAX);
        ck_assert_uint_eq(elbow_csr_columns((enum elbow_element)element, stored, 4, 121, columns), SIZE_MAX);
        for (uint64_t i = 0; i < 4; ++i) {
            ck_assert_uint_eq(starts[i], 40 * i);
            ck_assert_uint_eq(columns[i], 40 * i);
        }
        ck_assert_uint_eq(elbow_csr_starts((enum elbow_element)element, stored, 4, 0, 119, starts), 3);
        ck_assert_uint_eq(elbow_csr_starts((enum elbow_element)element, stored, 4, 1, 120, starts), 0);
        ck_assert_uint_eq(elbow_csr_columns((enum elbow_element)element, stored, 4, 80, columns), 2);
    }
}
END_TEST

START_TEST(numbers_out_of_bounds)
{
    const int64_t back[] = {0, 5, 4, 9}, negative[] = {0, 5, -1, 9};
    const int8_t small[] = {0, 5, -128, 9};
    const uint64_t huge[] = {0, 5, UINT64_MAX, 9};
    uint64_t starts[4];
    uint32_t columns[4];
    ck_assert_uint_eq(elbow_csr_starts(ELBOW_ELEMENT_INT64, back, 4, 0, 9, starts), 2);
    ck_assert_uint_eq(elbow_csr_starts(ELBOW_ELEMENT_INT64, negative, 4, 0, INT64_MAX, starts), 2);
    ck_assert_uint_eq(elbow_csr_starts(ELBOW_ELEMENT_INT8, small, 4, 0, INT64_MAX, starts), 2);
    ck_assert_uint_eq(elbow_csr_starts(ELBOW_ELEMENT_UINT64, huge, 4, 0, INT64_MAX, starts), 2);
    ck_assert_uint_eq(elbow_csr_columns(ELBOW_ELEMENT_INT64, negative, 4, UINT64_C(1) << 32, columns), 2);
    ck_assert_uint_eq(elbow_csr_columns(ELBOW_ELEMENT_INT8, small, 4, UINT64_C(1) << 32, columns), 2);
    ck_assert_uint_eq(elbow_csr_columns(ELBOW_ELEMENT_UINT64, huge, 4, UINT64_C(1) << 32, columns), 2);
    ck_assert_uint_eq(elbow_csr_columns(ELBOW_ELEMENT_INT64, back, 4, 0, columns), 0);
    ck_assert_uint_eq(elbow_csr_starts(ELBOW_ELEMENT_INT64, NULL, 0, 0, 0, starts), SIZE_MAX);
}
END_TEST

enum { ENTRIES = 101 }; // a prime: its multiples below it are a permutation

// Each value is its column, in as many bytes as a value has.
static void check_sorted(size_t size, uint64_t step)
{
    uint32_t columns[ENTRIES], twice = 77;
    uint64_t values[ENTRIES];
    for (uint64_t i = 0; i < ENTRIES; ++i) {
        uint64_t column = step * i % ENTRIES;
        columns[i] = (uint32_t)column;
        memcpy((char *)values + i * size, &column, size);
    }
    ck_assert(elbow_csr_sort(ENTRIES, size, columns, values, &twice));
    ck_assert_uint_eq(twice, 77);
    for (uint64_t i = 0; i < ENTRIES; ++i) {
        ck_assert_uint_eq(columns[i], i);
        ck_assert_mem_eq((char *)values + i * size, &i, size);
    }
}

START_TEST(rows_are_sorted)
{
    for (size_t size = 1; size <= 8; size *= 2)
        for (uint64_t step = 1; step < ENTRIES; ++step)
            check_sorted(size, step);
    uint32_t twice;
    ck_assert(elbow_csr_sort(0, 4, NULL, NULL, &twice));
}
END_TEST

START_TEST(columns_that_are_there_twice)
{
    uint32_t next[] = {1, 4, 4, 9}, apart[] = {9, 4, 1, 9}, twice = 0;
    uint8_t values[4] = {0};
    ck_assert(!elbow_csr_sort(4, 1, next, values, &twice));
    ck_assert_uint_eq(twice, 4);
    ck_assert(!elbow_csr_sort(4, 1, apart, values, &twice));
    ck_assert_uint_eq(twice, 9);
}
END_TEST

UNIT_MAIN("data/csr", every_type_of_integers, numbers_out_of_bounds, rows_are_sorted, columns_that_are_there_twice)
