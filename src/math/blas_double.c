// SPDX-License-Identifier: BSD-3-Clause
// Calls of OpenBLAS' dgemm and dsyrk. Zero sizes never reach the library, and sizes are narrowed with a check.
#include "elbow/math/blas_double.h"

#include "elbow/base/status.h"

#include <cblas.h>
#include <limits.h>
#include <string.h>

static blasint narrow(size_t size)
{
    ELBOW_CHECK(size <= INT_MAX);
    return (blasint)size;
}

static void clear(size_t m, size_t n, bool accumulate, double *c, size_t ldc)
{
    for (size_t row = 0; row < m && !accumulate; ++row)
        memset(c + row * ldc, 0, n * sizeof *c);
}

static void multiply(size_t m, size_t n, size_t k, CBLAS_TRANSPOSE of_a, const double *a, size_t lda,
                     CBLAS_TRANSPOSE of_b, const double *b, size_t ldb, bool accumulate, double *c, size_t ldc)
{
    ELBOW_CHECK(ldc >= n);
    if (m == 0 || n == 0)
        return;
    if (k == 0) {
        clear(m, n, accumulate, c, ldc);
        return;
    }
    cblas_dgemm(CblasRowMajor, of_a, of_b, narrow(m), narrow(n), narrow(k), 1.0, a, narrow(lda), b, narrow(ldb),
                accumulate ? 1.0 : 0.0, c, narrow(ldc));
}

void elbow_blas_double_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b, size_t ldb,
                                bool accumulate, double *c, size_t ldc)
{
    multiply(m, n, k, CblasNoTrans, a, lda, CblasNoTrans, b, ldb, accumulate, c, ldc);
}

void elbow_blas_double_multiply_at(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                                   size_t ldb, bool accumulate, double *c, size_t ldc)
{
    multiply(m, n, k, CblasTrans, a, lda, CblasNoTrans, b, ldb, accumulate, c, ldc);
}

void elbow_blas_double_multiply_bt(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                                   size_t ldb, bool accumulate, double *c, size_t ldc)
{
    multiply(m, n, k, CblasNoTrans, a, lda, CblasTrans, b, ldb, accumulate, c, ldc);
}

static void square(size_t n, size_t k, CBLAS_TRANSPOSE of_a, const double *a, size_t lda, bool accumulate, double *c,
                   size_t ldc)
{
    ELBOW_CHECK(ldc >= n);
    if (n == 0)
        return;
    if (k == 0) {
        clear(n, n, accumulate, c, ldc);
        return;
    }
    cblas_dsyrk(CblasRowMajor, CblasLower, of_a, narrow(n), narrow(k), 1.0, a, narrow(lda), accumulate ? 1.0 : 0.0, c,
                narrow(ldc));
}

void elbow_blas_double_square_at(size_t n, size_t k, const double *a, size_t lda, bool accumulate, double *c,
                                 size_t ldc)
{
    square(n, k, CblasTrans, a, lda, accumulate, c, ldc);
}

void elbow_blas_double_square_bt(size_t n, size_t k, const double *a, size_t lda, bool accumulate, double *c,
                                 size_t ldc)
{
    square(n, k, CblasNoTrans, a, lda, accumulate, c, ldc);
}
