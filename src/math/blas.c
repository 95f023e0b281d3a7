// SPDX-License-Identifier: BSD-3-Clause
// Calls of OpenBLAS' sgemm. Zero sizes never reach the library, and sizes are narrowed to its integers with a check.
// The library's bits depend on the shape of a product, not on the addresses: callers keep shapes free of the rank
// count.
#include "elbow/math/blas.h"

#include "elbow/base/status.h"

#include <cblas.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void elbow_blas_threads(int threads)
{
    ELBOW_CHECK(threads >= 1);
    openblas_set_num_threads(threads);
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
    cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, narrow(m), narrow(n), narrow(k), 1.0f, a.values,
                narrow(a.stride), b.values, narrow(b.stride), accumulate ? 1.0f : 0.0f, c, narrow(ldc));
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
