// SPDX-License-Identifier: BSD-3-Clause
// Calls of OpenBLAS' sgemm. Zero sizes never reach the library, and sizes are narrowed to its integers with a check.
// The library's bits depend on the shape of a product, not on the addresses: callers keep shapes free of the rank
// count.
//
// A product is split over threads into smaller products of its columns or rows. Each is a call of its own, so OpenBLAS
// needs no threads of its own (they would compete with those of the kernels, and give other bits). Whether a split
// keeps the bits depends on the library's kernels. With 0.3.21, splits of columns do on AVX-512 but not on AVX2, where
// the last columns of a call use other instructions; splits at multiples of 24 rows do on all processors tried. Slices
// that are too small would use OpenBLAS' kernels for small matrices, which add in another order. Splits are therefore
// tested before they are used.
#include "elbow/math/blas.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/math/threads.h"

#include <cblas.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Multiples at which products are cut, and the multiply-adds that a slice must have.
enum { COLUMNS = 64, ROWS = 24, SLICE = 1 << 21 };

// The cuts that keep bits, by elbow_blas_find_cuts. Kept by thread, as is the number of threads.
static _Thread_local struct cuts {
    bool columns, rows;
} cuts;

bool elbow_blas_has_threads(void)
{
    // Those of OpenMP start when they are needed.
    return openblas_get_parallel() == OPENBLAS_THREAD && openblas_get_num_threads() > 1;
}

void elbow_blas_start(void)
{
    openblas_set_num_threads(1);
}

int elbow_blas_threads_used(void)
{
    return openblas_get_num_threads();
}

const char *elbow_blas_describe(void)
{
    static char text[128];
    char version[64] = "";
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."; the second word is the version.
    if (sscanf(openblas_get_config(), "OpenBLAS %63s", version) != 1)
        snprintf(version, sizeof version, "(unknown version)");
    int threads = openblas_get_num_threads();
    snprintf(text, sizeof text, "OpenBLAS %s %s, %d %s", version, openblas_get_corename(), threads,
             threads == 1 ? "thread" : "threads");
    return text;
}

static blasint narrow(size_t size)
{
    ELBOW_CHECK(size <= INT_MAX);
    return (blasint)size;
}

struct operand {
    const float *values;
    size_t stride, width; // floats from row to row, floats of a row
    CBLAS_TRANSPOSE transpose;
};

struct product {
    size_t m, n, k;
    struct operand a, b;
    bool accumulate;
    float *c;
    size_t ldc;
};

static void call(const struct product *product)
{
    const struct operand *a = &product->a, *b = &product->b;
    cblas_sgemm(CblasRowMajor, a->transpose, b->transpose, narrow(product->m), narrow(product->n), narrow(product->k),
                1.0f, a->values, narrow(a->stride), b->values, narrow(b->stride), product->accumulate ? 1.0f : 0.0f,
                product->c, narrow(product->ldc));
}

static void call_columns(void *user, int part, size_t first, size_t count)
{
    struct product slice = *(const struct product *)user;
    (void)part;
    slice.n = count;
    slice.b.values += slice.b.transpose == CblasTrans ? first * slice.b.stride : first;
    slice.c += first;
    call(&slice);
}

static void call_rows(void *user, int part, size_t first, size_t count)
{
    struct product slice = *(const struct product *)user;
    (void)part;
    slice.m = count;
    slice.a.values += slice.a.transpose == CblasTrans ? first : first * slice.a.stride;
    slice.c += first * slice.ldc;
    call(&slice);
}

// Number of `size` rows or columns, with `other` times `k` multiply-adds each, from which a slice is worth a thread.
static size_t least_of(size_t other, size_t k, size_t unit)
{
    size_t work = other * k, least = (SLICE + work - 1) / work;
    return least > unit ? least : unit;
}

// Slices nearer to squares have less to copy: the longer side is cut, if it may be.
static void spread(struct product *product)
{
    bool cuts_columns = cuts.columns && (product->n >= product->m || !cuts.rows);
    if (cuts_columns)
        elbow_threads_split(product->n, COLUMNS, least_of(product->m, product->k, COLUMNS), call_columns, product);
    else if (cuts.rows)
        elbow_threads_split(product->m, ROWS, least_of(product->n, product->k, ROWS), call_rows, product);
    else
        call(product);
}

static void multiply(size_t m, size_t n, size_t k, struct operand a, struct operand b, bool accumulate, float *c,
                     size_t ldc)
{
    ELBOW_CHECK(ldc >= n);
    if (m == 0 || n == 0)
        return;
    if (k == 0) {
        for (size_t row = 0; row < m && !accumulate; ++row)
            memset(c + row * ldc, 0, n * sizeof *c);
        return;
    }
    ELBOW_CHECK(a.values && b.values && c);
    ELBOW_CHECK(a.stride >= a.width && b.stride >= b.width);
    struct product product = {m, n, k, a, b, accumulate, c, ldc};
    if (elbow_threads_get() > 1)
        spread(&product);
    else
        call(&product);
}

void elbow_blas_multiply(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                         bool accumulate, float *c, size_t ldc)
{
    multiply(m, n, k, (struct operand){a, lda, k, CblasNoTrans}, (struct operand){b, ldb, n, CblasNoTrans}, accumulate,
             c, ldc);
}

void elbow_blas_multiply_at(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                            bool accumulate, float *c, size_t ldc)
{
    multiply(m, n, k, (struct operand){a, lda, m, CblasTrans}, (struct operand){b, ldb, n, CblasNoTrans}, accumulate, c,
             ldc);
}

void elbow_blas_multiply_bt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                            bool accumulate, float *c, size_t ldc)
{
    multiply(m, n, k, (struct operand){a, lda, k, CblasNoTrans}, (struct operand){b, ldb, k, CblasTrans}, accumulate, c,
             ldc);
}

// Larger than any product that OpenBLAS multiplies without a buffer, or that is not worth a thread.
enum { RESERVE_SIDE = 256, BUFFER_BYTES = 128 << 20, STACK_BYTES = 8 << 20 };

static void multiply_zeros(void *user, int part, size_t first, size_t count)
{
    float *zeros = user, *out = zeros + (size_t)(part + 1) * RESERVE_SIDE * RESERVE_SIDE;
    (void)first;
    (void)count;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, RESERVE_SIDE, RESERVE_SIDE, RESERVE_SIDE, 1.0f, zeros,
                RESERVE_SIDE, zeros, RESERVE_SIDE, 0.0f, out, RESERVE_SIDE);
}

enum elbow_status elbow_blas_fits(int threads, struct elbow_error *error)
{
    ELBOW_CHECK(threads >= 1);
    size_t wanted = (size_t)threads * BUFFER_BYTES + (size_t)(threads - 1) * STACK_BYTES;
    if (elbow_memory_has(wanted))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MEMORY,
                           "no memory for the buffers of OpenBLAS: %s of address space for %d thread%s (see ulimit -v)",
                           elbow_text_bytes(wanted).text, threads, threads == 1 ? "" : "s");
}

enum elbow_status elbow_blas_reserve(struct elbow_error *error)
{
    int threads = elbow_threads_get();
    float *workspace = NULL;
    enum elbow_status status = elbow_blas_fits(threads, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&workspace, (size_t)(threads + 1) * RESERVE_SIDE * RESERVE_SIDE, sizeof *workspace,
                                "a first product of BLAS", error);
    if (status != ELBOW_OK)
        return status;
    elbow_threads_split((size_t)threads, 1, 1, multiply_zeros, workspace);
    elbow_release(&workspace);
    return ELBOW_OK;
}

// Sizes with remainders of all kinds, a depth beyond one block of OpenBLAS', and slices little larger than the least.
enum { TRIAL_SIDE = 640, TRIAL_PARTS = 3 };

static void fill_trial(size_t count, uint32_t seed, float *values)
{
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(int32_t)(seed >> 8) * 0x1p-23f - 1.0f;
    }
}

// True if a product that is cut in three has the bits of the whole.
static bool keeps_bits(struct product product, float *whole, float *cut, bool by_columns)
{
    size_t size = by_columns ? product.n : product.m, unit = by_columns ? COLUMNS : ROWS, units = size / unit;
    product.c = whole;
    call(&product);
    product.c = cut;
    for (size_t part = 0; part < TRIAL_PARTS; ++part) {
        size_t first = units * part / TRIAL_PARTS * unit;
        size_t end = part + 1 < TRIAL_PARTS ? units * (part + 1) / TRIAL_PARTS * unit : size;
        if (end > first)
            (by_columns ? call_columns : call_rows)(&product, (int)part, first, end - first);
    }
    return memcmp(whole, cut, product.m * product.n * sizeof *cut) == 0;
}

static struct cuts try_cuts(const float *a, const float *b, float *whole, float *cut)
{
    static const size_t sizes[][3] = {{64, 512, 500}, {61, 333, 421}, {187, 395, 129}, {389, 211, 97}, {150, 600, 640}};
    static const CBLAS_TRANSPOSE kinds[][2] = {
        {CblasNoTrans, CblasNoTrans}, {CblasTrans, CblasNoTrans}, {CblasNoTrans, CblasTrans}};
    struct cuts kept = {true, true};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; ++kind) {
            size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            struct product product = {.m = m,
                                      .n = n,
                                      .k = k,
                                      .a = {a, TRIAL_SIDE, 0, kinds[kind][0]},
                                      .b = {b, TRIAL_SIDE, 0, kinds[kind][1]},
                                      .ldc = n};
            kept.columns = kept.columns && keeps_bits(product, whole, cut, true);
            kept.rows = kept.rows && keeps_bits(product, whole, cut, false);
        }
    return kept;
}

enum elbow_status elbow_blas_find_cuts(struct elbow_error *error)
{
    enum { SIZE = TRIAL_SIDE * TRIAL_SIDE };
    float *workspace = NULL;
    enum elbow_status status = elbow_blas_reserve(error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_allocate(&workspace, (size_t)4 * SIZE, sizeof *workspace, "a trial of BLAS", error);
    if (status != ELBOW_OK)
        return status;
    fill_trial(SIZE, 1, workspace);
    fill_trial(SIZE, 2, workspace + SIZE);
    cuts = try_cuts(workspace, workspace + SIZE, workspace + (size_t)2 * SIZE, workspace + (size_t)3 * SIZE);
    elbow_release(&workspace);
    return ELBOW_OK;
}

const char *elbow_blas_cuts(void)
{
    static const char *const texts[] = {"none", "columns", "rows", "columns and rows"};
    return texts[(cuts.columns ? 1 : 0) + (cuts.rows ? 2 : 0)];
}
