// SPDX-License-Identifier: BSD-3-Clause
// The products of dense layers against plain sums in double, and own kernels against the chain of fused multiply-adds
// that they promise, to the bit. Sizes leave every kind of tile and block incomplete; arrays end where the matrices do,
// so that the address sanitizer finds reads beyond them.
#include "elbow/math/dense_product.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas.h"
#include "elbow/math/random.h"
#include "elbow/math/threads.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum kind { FORWARD, WEIGHT, INPUT, KINDS };

// C (m, n) = A B of depth k, for each kind in terms of the layer.
struct trial {
    enum kind kind;
    size_t rows, inputs, units;
    size_t m, n, k;
    float *a, *b, *c;
};

static float *room(size_t count)
{
    float *values = NULL;
    ck_assert_int_eq(elbow_allocate(&values, count, sizeof *values, "a test", NULL), ELBOW_OK);
    memset(values, 0xff, count * sizeof *values); // NaN wherever nothing is written
    return values;
}

static struct trial begin(enum kind kind, size_t rows, size_t inputs, size_t units)
{
    const size_t sizes[KINDS][3] = {
        [FORWARD] = {rows, units, inputs}, [WEIGHT] = {inputs, units, rows}, [INPUT] = {rows, inputs, units}};
    const size_t *size = sizes[kind];
    struct trial trial = {.kind = kind, .rows = rows, .inputs = inputs, .units = units};
    trial.m = size[0];
    trial.n = size[1];
    trial.k = size[2];
    trial.a = room(trial.m * trial.k);
    trial.b = room(trial.k * trial.n);
    trial.c = room(trial.m * trial.n);
    elbow_random_normal((struct elbow_stream){5, ELBOW_PURPOSE_SYNTHETIC, 0, 0}, trial.m * trial.k, trial.a);
    elbow_random_normal((struct elbow_stream){5, ELBOW_PURPOSE_SYNTHETIC, 1, 0}, trial.k * trial.n, trial.b);
    return trial;
}

static void end(struct trial *trial)
{
    elbow_release(&trial->a);
    elbow_release(&trial->b);
    elbow_release(&trial->c);
}

static void multiply(enum kind kind, size_t rows, size_t inputs, size_t units, const float *a, const float *b, float *c)
{
    if (kind == FORWARD)
        elbow_dense_product_forward(rows, inputs, units, (struct elbow_span){0, inputs}, a, b, c);
    else if (kind == WEIGHT)
        elbow_dense_product_weight(rows, inputs, units, (struct elbow_span){0, inputs}, a, b, c);
    else
        elbow_dense_product_input(rows, inputs, units, a, b, c);
}

static void run(const struct trial *trial, float *c)
{
    multiply(trial->kind, trial->rows, trial->inputs, trial->units, trial->a, trial->b, c);
}

static float left_of(const struct trial *trial, size_t row, size_t i)
{
    return trial->kind == WEIGHT ? trial->a[i * trial->m + row] : trial->a[row * trial->k + i];
}

static float right_of(const struct trial *trial, size_t i, size_t column)
{
    return trial->kind == INPUT ? trial->b[column * trial->k + i] : trial->b[i * trial->n + column];
}

static void check_element(const struct trial *trial, size_t row, size_t column)
{
    double sum = 0.0, magnitude = 0.0;
    float chain = 0.0f, result = trial->c[row * trial->n + column];
    for (size_t i = 0; i < trial->k; ++i) {
        float left = left_of(trial, row, i), right = right_of(trial, i, column);
        sum += (double)left * (double)right;
        magnitude += fabs((double)left * (double)right);
        chain = fmaf(left, right, chain);
    }
    // k + 1 roundings of half an ULP each, of sums no larger than the sum of magnitudes.
    double bound = (double)(trial->k + 1) * 0x1p-24 * magnitude;
    bool is_right = fabs((double)result - sum) <= bound;
    if (elbow_dense_product_is_own())
        is_right = is_right && memcmp(&chain, &result, sizeof chain) == 0;
    if (!is_right)
        ck_abort_msg("kind %d, %zu rows, %zu inputs, %zu units: %g at row %zu, column %zu, not %g", (int)trial->kind,
                     trial->rows, trial->inputs, trial->units, (double)result, row, column, sum);
}

static void check(enum kind kind, size_t rows, size_t inputs, size_t units)
{
    struct trial trial = begin(kind, rows, inputs, units);
    run(&trial, trial.c);
    for (size_t row = 0; row < trial.m; ++row)
        for (size_t column = 0; column < trial.n; ++column)
            check_element(&trial, row, column);
    end(&trial);
}

// Around a tile's rows and vectors: every height by every width.
START_TEST(small_sizes)
{
    static const size_t rows[] = {1, 2, 3, 4, 5, 6, 7, 13}, sizes[] = {1, 3, 15, 16, 17, 33, 63, 64, 65, 130};
    enum { ROWS = sizeof rows / sizeof *rows, SIZES = sizeof sizes / sizeof *sizes };
    elbow_blas_start();
    for (enum kind kind = FORWARD; kind < KINDS; ++kind)
        for (size_t i = 0; i < (size_t)ROWS * SIZES * SIZES; ++i)
            check(kind, rows[i % ROWS], sizes[i / ROWS % SIZES], sizes[i / ROWS / SIZES]);
}
END_TEST

// Several blocks of every kind, copied and read where they lie.
START_TEST(large_sizes)
{
    static const size_t sizes[][3] = {{7, 600, 128},  {193, 257, 64}, {260, 70, 513}, {515, 65, 20},
                                      {192, 20, 300}, {1, 784, 200},  {300, 1, 1},    {64, 259, 256}};
    elbow_blas_start();
    for (enum kind kind = FORWARD; kind < KINDS; ++kind)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
            check(kind, sizes[i][0], sizes[i][1], sizes[i][2]);
}
END_TEST

// Calls with some rows give those rows' bits, few rows (no copy) and many (a copy) alike.
START_TEST(rows_are_independent)
{
    enum { ROWS = 221, INPUTS = 300, UNITS = 144 };
    if (!elbow_dense_product_is_own())
        return; // OpenBLAS' bits do depend on the rows
    static const enum kind kinds[] = {FORWARD, INPUT};
    for (size_t i = 0; i < 2; ++i) {
        struct trial trial = begin(kinds[i], ROWS, INPUTS, UNITS);
        float *split = room(ROWS * trial.n);
        run(&trial, trial.c);
        for (size_t first = 0, count = 1; first < ROWS; first += count, count += 5) {
            count = count < ROWS - first ? count : ROWS - first;
            multiply(kinds[i], count, INPUTS, UNITS, trial.a + first * trial.k, trial.b, split + first * trial.n);
        }
        ck_assert(memcmp(split, trial.c, ROWS * trial.n * sizeof *split) == 0);
        elbow_release(&split);
        end(&trial);
    }
}
END_TEST

static void check_threads(enum kind kind, const size_t size[3])
{
    struct trial trial = begin(kind, size[0], size[1], size[2]);
    size_t count = trial.m * trial.n;
    float *spread = room(count);
    run(&trial, trial.c);
    for (int threads = 2; threads <= 4; ++threads) {
        elbow_threads_set(threads);
        ck_assert_int_eq(elbow_blas_find_cuts(NULL), ELBOW_OK);
        memset(spread, 0xff, count * sizeof *spread);
        run(&trial, spread);
        elbow_threads_set(1);
        ck_assert_msg(memcmp(spread, trial.c, count * sizeof *spread) == 0, "kind %d, %zu rows, %d threads", (int)kind,
                      size[0], threads);
    }
    elbow_release(&spread);
    end(&trial);
}

// From too small to be spread up to several spans for each of four threads, over rows and over columns.
START_TEST(threads_change_no_bit)
{
    static const size_t sizes[][3] = {{64, 784, 512}, {300, 500, 90}, {61, 333, 1000}, {700, 600, 20}, {3, 5, 7}};
    elbow_blas_start();
    for (enum kind kind = FORWARD; kind < KINDS; ++kind)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
            check_threads(kind, sizes[i]);
}
END_TEST

START_TEST(nothing_to_sum_is_zero)
{
    float c[6] = {1, 1, 1, 1, 1, 1}, x = 1, y = 1;
    elbow_dense_product_weight(0, 2, 3, (struct elbow_span){0, 2}, &x, &y, c);
    for (int i = 0; i < 6; ++i)
        ck_assert(c[i] == 0.0f);
    elbow_dense_product_forward(0, 2, 3, (struct elbow_span){0, 2}, &x, c, &y);
    elbow_dense_product_input(0, 2, 3, &x, c, &y);
    ck_assert(y == 1.0f);
}
END_TEST

UNIT_MAIN("math/dense_product", small_sizes, large_sizes, rows_are_independent, threads_change_no_bit,
          nothing_to_sum_is_zero)
