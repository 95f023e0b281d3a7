// SPDX-License-Identifier: BSD-3-Clause
// Matrix products in double precision, on the calling thread only: for figures that are computed once, not for
// training. Matrices are row-major. The bits depend on the shape of a product and on the library alone.
#ifndef ELBOW_MATH_BLAS_DOUBLE_H
#define ELBOW_MATH_BLAS_DOUBLE_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// Local. C = A B (+ C if accumulate); A is (m, k), B (k, n), C (m, n); lda, ldb, ldc: doubles from row to row.
void elbow_blas_double_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b, size_t ldb,
                                bool accumulate, double *c, size_t ldc);

// Local. C = A^T B (+ C if accumulate); A is (k, m), B (k, n), C (m, n).
void elbow_blas_double_multiply_at(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                                   size_t ldb, bool accumulate, double *c, size_t ldc);

// Local. C = A B^T (+ C if accumulate); A is (m, k), B (n, k), C (m, n).
void elbow_blas_double_multiply_bt(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                                   size_t ldb, bool accumulate, double *c, size_t ldc);

// Local. The lower triangle of C = A^T A (+ C if accumulate); A is (k, n), C (n, n). The rest of C does not change.
void elbow_blas_double_square_at(size_t n, size_t k, const double *a, size_t lda, bool accumulate, double *c,
                                 size_t ldc);

// Local. The lower triangle of C = A A^T (+ C if accumulate); A is (n, k), C (n, n). The rest of C does not change.
void elbow_blas_double_square_bt(size_t n, size_t k, const double *a, size_t lda, bool accumulate, double *c,
                                 size_t ldc);

ELBOW_C_END

#endif
