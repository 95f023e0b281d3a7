// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/blas.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include "panic.h"
#include "unit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum kind { PLAIN, AT, BT };

typedef void (*product)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                        bool accumulate, float *c, size_t ldc);

static const product products[] = {
    [PLAIN] = elbow_blas_multiply, [AT] = elbow_blas_multiply_at, [BT] = elbow_blas_multiply_bt};

enum { LARGEST = 70, STRIDE = LARGEST + 5 };

static float a[STRIDE * STRIDE], b[STRIDE * STRIDE], c[STRIDE * STRIDE], before[STRIDE * STRIDE];

static void fill(float *x, uint32_t seed)
{
    for (size_t i = 0; i < (size_t)STRIDE * STRIDE; ++i) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
}

static double reference(enum kind kind, size_t k, size_t row, size_t column, double *magnitude)
{
    double sum = 0.0;
    *magnitude = 0.0;
    for (size_t i = 0; i < k; ++i) {
        double left = (double)(kind == AT ? a[i * STRIDE + row] : a[row * STRIDE + i]);
        double right = (double)(kind == BT ? b[column * STRIDE + i] : b[i * STRIDE + column]);
        sum += left * right;
        *magnitude += fabs(left * right);
    }
    return sum;
}

static bool is_right(enum kind kind, size_t k, size_t at, bool inside, bool accumulate)
{
    if (!inside)
        return memcmp(&c[at], &before[at], sizeof *c) == 0;
    double magnitude, expected = reference(kind, k, at / STRIDE, at % STRIDE, &magnitude);
    double old = accumulate ? (double)before[at] : 0.0;
    // k + 1 roundings of half an ULP each, of sums no larger than the sum of magnitudes.
    double bound = (double)(k + 1) * 0x1p-24 * (magnitude + fabs(old));
    return fabs((double)c[at] - (expected + old)) <= bound;
}

static void check(enum kind kind, size_t m, size_t n, size_t k, bool accumulate)
{
    fill(before, 3);
    if (!accumulate)
        before[0] = NAN; // must not leak into the product
    memcpy(c, before, sizeof c);
    products[kind](m, n, k, a, STRIDE, b, STRIDE, accumulate, c, STRIDE);
    size_t at = 0;
    while (at < (size_t)STRIDE * STRIDE && is_right(kind, k, at, at / STRIDE < m && at % STRIDE < n, accumulate))
        ++at;
    ck_assert_msg(at == (size_t)STRIDE * STRIDE,
                  "kind %d, (%zu, %zu, %zu), accumulate %d: wrong at row %zu, column %zu", kind, m, n, k, accumulate,
                  at / STRIDE, at % STRIDE);
}

START_TEST(products_against_double)
{
    static const size_t sizes[] = {0, 1, 2, 3, 17, 64, 70};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    elbow_blas_start();
    fill(a, 1);
    fill(b, 2);
    for (int kind = PLAIN; kind <= BT; ++kind)
        for (size_t i = 0; i < (size_t)SIZES * SIZES * SIZES; ++i)
            for (int accumulate = 0; accumulate < 2; ++accumulate)
                check((enum kind)kind, sizes[i % SIZES], sizes[i / SIZES % SIZES], sizes[i / SIZES / SIZES],
                      accumulate);
}
END_TEST

START_TEST(empty_products_without_matrices)
{
    float sum[6] = {1, 2, 3, 4, 5, 6};
    elbow_blas_multiply(0, 3, 2, NULL, 2, NULL, 3, false, NULL, 3);
    elbow_blas_multiply_at(2, 0, 2, NULL, 2, NULL, 0, false, NULL, 0);
    elbow_blas_multiply(2, 2, 0, NULL, 0, NULL, 2, true, sum, 3);
    ck_assert(sum[0] == 1 && sum[4] == 5);
    elbow_blas_multiply_bt(2, 2, 0, NULL, 0, NULL, 0, false, sum, 3);
    ck_assert(sum[0] == 0 && sum[1] == 0 && sum[2] == 3 && sum[3] == 0 && sum[4] == 0 && sum[5] == 6);
}
END_TEST

START_TEST(threads_are_told)
{
    elbow_blas_start();
    const char *text = elbow_blas_describe();
    ck_assert_msg(strncmp(text, "OpenBLAS ", 9) == 0, "%s", text);
    ck_assert_msg(strstr(text, ", 1 thread") != NULL, "%s", text);
}
END_TEST

static void too_wide(void)
{
    elbow_blas_multiply(1, 1, (size_t)1 << 31, a, (size_t)1 << 31, b, 1, false, c, 1);
}

static void too_narrow_a_stride(void)
{
    elbow_blas_multiply(2, 2, 3, a, 2, b, 2, false, c, 2);
}

START_TEST(broken_contracts)
{
    ck_assert(panics(too_wide));
    ck_assert(panics(too_narrow_a_stride));
}
END_TEST

// Every kind, accumulated or not, of sizes from too small to be cut up to several slices for each of four threads.
START_TEST(threads_change_no_bit)
{
    static const size_t sizes[][3] = {{64, 512, 784}, {784, 512, 64},  {61, 1000, 333}, {333, 90, 500},  {20, 700, 600},
                                      {600, 20, 700}, {257, 263, 251}, {25, 65, 2000},  {1, 1024, 1024}, {7, 9, 5}};
    enum { SIDE = 1024, ROOM = 2000 * SIDE };
    static float left[ROOM], right[ROOM], one[SIDE * SIDE], many[SIDE * SIDE];
    elbow_blas_start();
    for (size_t i = 0; i < ROOM; ++i) {
        left[i] = (float)((i * 2654435761u >> 7) % 1021) * 0x1p-9f - 1.0f;
        right[i] = (float)((i * 2246822519u >> 9) % 1019) * 0x1p-9f - 1.0f;
    }
    ck_assert_int_eq(elbow_blas_find_cuts(NULL), ELBOW_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
        for (int call = 0; call < 6 * 3; ++call) {
            size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            enum kind kind = (enum kind)(call % 3);
            size_t lda = kind == AT ? m : k, ldb = kind == BT ? k : n;
            bool accumulate = call / 3 % 2 != 0;
            memset(one, 0x3f, sizeof one); // 0.747
            memset(many, 0x3f, sizeof many);
            products[kind](m, n, k, left, lda, right, ldb, accumulate, one, n);
            elbow_threads_set(2 + call / 6);
            products[kind](m, n, k, left, lda, right, ldb, accumulate, many, n);
            elbow_threads_set(1);
            ck_assert_msg(memcmp(one, many, sizeof one) == 0, "kind %d, (%zu, %zu, %zu), %d threads", kind, m, n, k,
                          2 + call / 6);
        }
}
END_TEST

// The kernels of this processor are not known here; the test checks that a result was found, and is reported.
START_TEST(cuts_are_told)
{
    elbow_blas_start();
    ck_assert_int_eq(elbow_blas_find_cuts(NULL), ELBOW_OK);
    const char *cuts = elbow_blas_cuts();
    ck_assert_msg(strcmp(cuts, "columns and rows") == 0 || strcmp(cuts, "rows") == 0 || strcmp(cuts, "columns") == 0 ||
                      strcmp(cuts, "none") == 0,
                  "%s", cuts);
    elbow_memory_fail_at(1);
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_blas_find_cuts(&error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
}
END_TEST

UNIT_MAIN("math/blas", products_against_double, empty_products_without_matrices, threads_are_told,
          threads_change_no_bit, cuts_are_told, broken_contracts)
