// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/element.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

START_TEST(sizes_and_names)
{
    static const struct {
        enum elbow_element element;
        size_t size;
        const char *name;
        bool is_float;
    } EXPECTED[] = {{ELBOW_ELEMENT_UINT8, 1, "uint8", false},    {ELBOW_ELEMENT_INT8, 1, "int8", false},
                    {ELBOW_ELEMENT_UINT16, 2, "uint16", false},  {ELBOW_ELEMENT_INT16, 2, "int16", false},
                    {ELBOW_ELEMENT_UINT32, 4, "uint32", false},  {ELBOW_ELEMENT_INT32, 4, "int32", false},
                    {ELBOW_ELEMENT_UINT64, 8, "uint64", false},  {ELBOW_ELEMENT_INT64, 8, "int64", false},
                    {ELBOW_ELEMENT_FLOAT32, 4, "float32", true}, {ELBOW_ELEMENT_FLOAT64, 8, "float64", true}};
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; ++i) {
        ck_assert_uint_eq(elbow_element_size(EXPECTED[i].element), EXPECTED[i].size);
        ck_assert_str_eq(elbow_element_name(EXPECTED[i].element), EXPECTED[i].name);
        ck_assert(elbow_element_is_float(EXPECTED[i].element) == EXPECTED[i].is_float);
    }
}
END_TEST

// The extremes of a type come out as the nearest floats.
#define CHECK_EXTREMES(name, type, low, high)                                                                          \
    do {                                                                                                               \
        const type stored[3] = {low, 1, high};                                                                         \
        float values[3];                                                                                               \
        elbow_element_convert(ELBOW_ELEMENT_##name, stored, 3, 1.0, 0.0, values);                                      \
        ck_assert(values[0] == (float)(low) && values[1] == 1.0f && values[2] == (float)(high));                       \
        struct elbow_element_scan scan = elbow_element_scan(ELBOW_ELEMENT_##name, stored, 3);                          \
        ck_assert(scan.min == (double)(low) && scan.max == (double)(high) && scan.first_not_finite == SIZE_MAX);       \
    } while (0)

START_TEST(extremes_of_every_type)
{
    CHECK_EXTREMES(UINT8, uint8_t, 0, UINT8_MAX);
    CHECK_EXTREMES(INT8, int8_t, INT8_MIN, INT8_MAX);
    CHECK_EXTREMES(UINT16, uint16_t, 0, UINT16_MAX);
    CHECK_EXTREMES(INT16, int16_t, INT16_MIN, INT16_MAX);
    CHECK_EXTREMES(UINT32, uint32_t, 0, UINT32_MAX);
    CHECK_EXTREMES(INT32, int32_t, INT32_MIN, INT32_MAX);
    CHECK_EXTREMES(UINT64, uint64_t, 0, UINT64_MAX);
    CHECK_EXTREMES(INT64, int64_t, INT64_MIN, INT64_MAX);
    CHECK_EXTREMES(FLOAT32, float, -FLT_MAX, FLT_MAX);
    CHECK_EXTREMES(FLOAT64, double, -1e30, 1e30);
}
END_TEST

START_TEST(scaled_in_double_and_rounded_once)
{
    uint8_t stored[256];
    float values[256];
    for (int i = 0; i < 256; ++i)
        stored[i] = (uint8_t)i;
    elbow_element_convert(ELBOW_ELEMENT_UINT8, stored, 256, 1.0 / 255, 0.25, values);
    for (int i = 0; i < 256; ++i) {
        volatile double product = i * (1.0 / 255); // volatile: never fused with the addition
        ck_assert(values[i] == (float)(product + 0.25));
    }
    elbow_element_convert(ELBOW_ELEMENT_UINT8, stored, 256, 1.0 / 255, 0.0, values);
    ck_assert(values[0] == 0.0f && values[255] == 1.0f);
}
END_TEST

START_TEST(any_split_gives_the_same_bits)
{
    enum { N = 97 };
    double stored[N];
    float whole[N], parts[N];
    for (size_t i = 0; i < N; ++i)
        stored[i] = sin((double)i * 1.7) * 1e3;
    elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored, N, 0.1, -3.3, whole);
    struct elbow_element_scan scan = elbow_element_scan(ELBOW_ELEMENT_FLOAT64, stored, N);
    for (size_t cut = 0; cut <= N; ++cut) {
        elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored, cut, 0.1, -3.3, parts);
        elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored + cut, N - cut, 0.1, -3.3, parts + cut);
        ck_assert_mem_eq(whole, parts, sizeof whole);
        struct elbow_element_scan a = elbow_element_scan(ELBOW_ELEMENT_FLOAT64, stored, cut);
        struct elbow_element_scan b = elbow_element_scan(ELBOW_ELEMENT_FLOAT64, stored + cut, N - cut);
        ck_assert(fmin(a.min, b.min) == scan.min && fmax(a.max, b.max) == scan.max);
    }
}
END_TEST

START_TEST(scan_finds_what_is_not_finite)
{
    float values[5] = {2, -1, NAN, 7, INFINITY};
    struct elbow_element_scan scan = elbow_element_scan(ELBOW_ELEMENT_FLOAT32, values, 5);
    ck_assert(scan.min == -1 && scan.max == 7);
    ck_assert_uint_eq(scan.first_not_finite, 2);
    values[2] = 0;
    ck_assert_uint_eq(elbow_element_scan(ELBOW_ELEMENT_FLOAT32, values, 5).first_not_finite, 4);
    double leading[3] = {-INFINITY, NAN, -5};
    scan = elbow_element_scan(ELBOW_ELEMENT_FLOAT64, leading, 3);
    ck_assert(scan.min == -5 && scan.max == -5);
    ck_assert_uint_eq(scan.first_not_finite, 0);
    scan = elbow_element_scan(ELBOW_ELEMENT_FLOAT64, leading, 2);
    ck_assert(scan.min > scan.max);
    ck_assert_uint_eq(scan.first_not_finite, 0);
}
END_TEST

START_TEST(names_are_found)
{
    enum elbow_element element;
    ck_assert(elbow_element_find("int16", &element) && element == ELBOW_ELEMENT_INT16);
    ck_assert(!elbow_element_find("int", &element));
}
END_TEST

START_TEST(sums_of_all_values)
{
    const int16_t stored[] = {-3, 7, 1, 0, 12, -9, 4, 4, 100, 2, -1};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < 11; ++i) {
        double value = (stored[i] + 9) / 4.0;
        sum += value;
        squares += value * value;
        ck_assert(elbow_element_at(ELBOW_ELEMENT_INT16, stored, i) == stored[i]);
    }
    struct elbow_element_sums sums = elbow_element_sums(ELBOW_ELEMENT_INT16, stored, 11, -9, 4);
    ck_assert(sums.sum == sum && sums.squares == squares); // quarters: exact in any order
    sums = elbow_element_sums(ELBOW_ELEMENT_INT16, stored, 0, -9, 4);
    ck_assert(sums.sum == 0 && sums.squares == 0);
}
END_TEST

START_TEST(sums_in_pieces_have_the_same_bits)
{
    double stored[100];
    for (size_t i = 0; i < 100; ++i)
        stored[i] = sin(1.7 * (double)i) * 1e3;
    struct elbow_element_sums whole = elbow_element_sums(ELBOW_ELEMENT_FLOAT64, stored, 100, -0.3, 7);
    for (size_t piece = ELBOW_ELEMENT_LANES; piece < 120; piece += ELBOW_ELEMENT_LANES) {
        struct elbow_element_lanes lanes = {.sum = {0}};
        for (size_t first = 0; first < 100; first += piece)
            elbow_element_add(ELBOW_ELEMENT_FLOAT64, stored + first, 100 - first < piece ? 100 - first : piece, -0.3, 7,
                              &lanes);
        struct elbow_element_sums sums = elbow_element_total(&lanes);
        ck_assert(sums.sum == whole.sum && sums.squares == whole.squares);
    }
}
END_TEST

START_TEST(nothing_is_legal)
{
    struct elbow_element_scan scan = elbow_element_scan(ELBOW_ELEMENT_INT16, NULL, 0);
    ck_assert(scan.min > scan.max);
    ck_assert_uint_eq(scan.first_not_finite, SIZE_MAX);
    elbow_element_convert(ELBOW_ELEMENT_INT16, NULL, 0, 1, 0, NULL);
}
END_TEST

UNIT_MAIN("data/element", sizes_and_names, extremes_of_every_type, scaled_in_double_and_rounded_once,
          any_split_gives_the_same_bits, scan_finds_what_is_not_finite, names_are_found, sums_of_all_values,
          sums_in_pieces_have_the_same_bits, nothing_is_legal)
