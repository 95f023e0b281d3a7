// SPDX-License-Identifier: BSD-3-Clause
// Products of gathered rows against plain sums in double, over widths that leave every kind of tile broken.
#include "elbow/math/panel.h"

#include "elbow/math/random.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t widths[] = {1, 3, 4, 15, 16, 17, 32, 33, 48, 49, 64, 65, 100, 128, 130};
enum { WIDTHS = sizeof widths / sizeof *widths, ROWS = 37, RUNS = 3, DEPTH = 23, VALUES = 400, COLUMNS_MAX = 130 };

static const struct elbow_run run[RUNS] = {{0, 11}, {50, 4}, {90, 8}};

static float a[VALUES], b[DEPTH * COLUMNS_MAX];
static uint32_t from[ROWS], at[DEPTH];

static void draw(void)
{
    struct elbow_stream stream = {5, ELBOW_PURPOSE_SYNTHETIC, 0, 0};
    elbow_random_normal(stream, VALUES, a);
    stream.id = 1;
    elbow_random_normal(stream, DEPTH * COLUMNS_MAX, b);
    for (size_t i = 0; i < ROWS; ++i)
        from[i] = (uint32_t)((i * 41) % (VALUES - 98)); // overlapping, in no order
    size_t k = 0;
    for (size_t r = 0; r < RUNS; ++r)
        for (uint32_t j = 0; j < run[r].length; ++j)
            at[k++] = run[r].offset + j;
    ck_assert_uint_eq(k, DEPTH);
}

static float *room(size_t count)
{
    float *values = NULL;
    ck_assert_int_eq(posix_memalign((void **)&values, 64, (count + 1) * sizeof *values), 0);
    memset(values, 0xff, (count + 1) * sizeof *values); // NaN wherever nothing is written
    return values;
}

// DEPTH terms of normal numbers: their roundings stay below DEPTH 2^-24 times the sizes met here, some 20.
static const double tolerance = 3e-5;

START_TEST(products_of_every_width)
{
    draw();
    for (size_t w = 0; w < WIDTHS; ++w) {
        size_t columns = widths[w];
        float *packed = room(elbow_panel_size(DEPTH, columns)), *c = room(ROWS * columns);
        elbow_panel_pack(DEPTH, columns, 0, 9, b, columns, 1, packed);
        elbow_panel_pack(DEPTH, columns, 9, DEPTH - 9, b + 9 * columns, columns, 1, packed);
        elbow_panel_multiply(ROWS, a, from, RUNS, run, DEPTH, columns, packed, c, NULL);
        for (size_t i = 0; i < ROWS; ++i)
            for (size_t j = 0; j < columns; ++j) {
                double sum = 0;
                for (size_t k = 0; k < DEPTH; ++k)
                    sum += (double)a[from[i] + at[k]] * (double)b[k * columns + j];
                ck_assert_double_eq_tol((double)c[i * columns + j], sum, tolerance);
            }
        ck_assert(isnan(c[ROWS * columns]));
        free(packed);
        free(c);
    }
}
END_TEST

// Any split of the rows, any place of the results and any width around a column: the same bits.
START_TEST(elements_are_independent)
{
    draw();
    for (size_t w = 0; w < WIDTHS; ++w) {
        size_t columns = widths[w], first = 0;
        float *packed = room(elbow_panel_size(DEPTH, columns)), *one = room(elbow_panel_size(DEPTH, 1));
        float *whole = room(ROWS * columns), *part = room(ROWS * columns), single;
        uint32_t to[ROWS];
        elbow_panel_pack(DEPTH, columns, 0, DEPTH, b, columns, 1, packed);
        elbow_panel_multiply(ROWS, a, from, RUNS, run, DEPTH, columns, packed, whole, NULL);
        for (size_t i = 0; i < ROWS; ++i)
            to[i] = (uint32_t)(i * 5 % ROWS * columns);
        for (size_t count = 1; first < ROWS; first += count, ++count) {
            count = count < ROWS - first ? count : ROWS - first;
            elbow_panel_multiply(count, a, from + first, RUNS, run, DEPTH, columns, packed, part, to + first);
        }
        for (size_t i = 0; i < ROWS; ++i)
            ck_assert(memcmp(part + to[i], whole + i * columns, columns * sizeof *part) == 0);
        elbow_panel_pack(DEPTH, 1, 0, DEPTH, b + columns - 1, columns, 1, one);
        elbow_panel_multiply(1, a, from + 7, RUNS, run, DEPTH, 1, one, &single, NULL);
        ck_assert(memcmp(&single, whole + 8 * columns - 1, sizeof single) == 0);
        free(packed);
        free(one);
        free(whole);
        free(part);
    }
}
END_TEST

START_TEST(dense_rows_without_offsets)
{
    draw();
    const struct elbow_run whole = {0, DEPTH};
    float *packed = room(elbow_panel_size(DEPTH, 17)), *c = room(9 * 17);
    elbow_panel_pack(DEPTH, 17, 0, DEPTH, b, 1, DEPTH, packed); // transposed
    elbow_panel_multiply(9, a, NULL, 1, &whole, DEPTH, 17, packed, c, NULL);
    for (size_t i = 0; i < 9; ++i)
        for (size_t j = 0; j < 17; ++j) {
            double sum = 0;
            for (size_t k = 0; k < DEPTH; ++k)
                sum += (double)a[i * DEPTH + k] * (double)b[j * DEPTH + k];
            ck_assert_double_eq_tol((double)c[i * 17 + j], sum, tolerance);
        }
    free(packed);
    free(c);
}
END_TEST

START_TEST(nothing_to_sum_is_zero)
{
    float c[6] = {1, 1, 1, 1, 1, 1};
    elbow_panel_multiply(2, a, from, 0, run, 0, 3, b, c, NULL);
    for (int i = 0; i < 6; ++i)
        ck_assert_float_eq(c[i], 0.0f);
}
END_TEST

// Enough rows for several groups; old contents stay.
START_TEST(sums_over_rows)
{
    enum { MANY = 700 };
    draw();
    static uint32_t rows[MANY];
    for (size_t i = 0; i < MANY; ++i)
        rows[i] = from[i % ROWS];
    for (size_t w = 0; w < WIDTHS; ++w) {
        size_t columns = widths[w], width = elbow_panel_width(columns);
        float *maps = room(MANY * width), *packed = room(elbow_panel_size(DEPTH, columns)),
              *sums = room(DEPTH * columns);
        for (size_t i = 0; i < MANY * width; ++i)
            maps[i] = i % width < columns ? b[(i * 7) % (DEPTH * COLUMNS_MAX)] : 0.0f;
        for (size_t i = 0; i < elbow_panel_size(DEPTH, columns); ++i)
            packed[i] = 1.0f;
        elbow_panel_accumulate(MANY, a, rows, DEPTH, at, columns, maps, width, packed);
        elbow_panel_unpack(DEPTH, columns, 0, 5, packed, sums, columns, 1);
        elbow_panel_unpack(DEPTH, columns, 5, DEPTH - 5, packed, sums + 5 * columns, columns, 1);
        for (size_t k = 0; k < DEPTH; ++k)
            for (size_t j = 0; j < columns; ++j) {
                double sum = 1;
                for (size_t i = 0; i < MANY; ++i)
                    sum += (double)a[rows[i] + at[k]] * (double)maps[i * width + j];
                // 700 terms: the roundings of partial sums of some hundred.
                ck_assert_double_eq_tol((double)sums[k * columns + j], sum, 1e-3);
            }
        free(maps);
        free(packed);
        free(sums);
    }
}
END_TEST

START_TEST(columns_are_put_where_pack_puts_them)
{
    draw();
    for (size_t w = 0; w < WIDTHS; ++w) {
        size_t columns = widths[w], size = elbow_panel_size(DEPTH, columns);
        float *packed = room(size), *put = room(size);
        elbow_panel_pack(DEPTH, columns, 0, DEPTH, b, columns, 1, packed);
        memset(put, 0, size * sizeof *put);
        for (size_t k = 0; k < DEPTH; ++k) {
            elbow_panel_put(DEPTH, columns, k, 0, columns / 3, b + k * columns, 1, put);
            elbow_panel_put(DEPTH, columns, k, columns / 3, columns - columns / 3, b + k * columns + columns / 3, 1,
                            put);
        }
        ck_assert(memcmp(packed, put, size * sizeof *put) == 0);
        free(packed);
        free(put);
    }
}
END_TEST

UNIT_MAIN("math/panel", products_of_every_width, elements_are_independent, dense_rows_without_offsets,
          nothing_to_sum_is_zero, sums_over_rows, columns_are_put_where_pack_puts_them)
