// SPDX-License-Identifier: BSD-3-Clause
// Matrix products: the only caller of OpenBLAS. Matrices are row-major floats.
#ifndef ELBOW_MATH_BLAS_H
#define ELBOW_MATH_BLAS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// Local. Whether OpenBLAS started threads of its own when it was loaded. They are idle, but block every fork() if one
// of them could not get its memory (OpenBLAS joins them before a fork). Only OPENBLAS_NUM_THREADS=1 before the start of
// the program prevents them. Call it before elbow_blas_start.
bool elbow_blas_has_threads(void);

// Local. One thread within OpenBLAS, whatever the environment says; call it before all others. Products are distributed
// over threads here (math/threads), by cuts that preserve their bits.
void elbow_blas_start(void);

// Local. MEMORY if this number of threads could not get their stacks and the buffers that OpenBLAS allocates for a
// product (up to 128 MB each). Without memory, OpenBLAS waits for ever, and OpenMP ends the program.
enum elbow_status elbow_blas_fits(int threads, struct elbow_error *error);

// Local. Lets OpenBLAS allocate its buffers now, for the existing threads. MEMORY.
enum elbow_status elbow_blas_reserve(struct elbow_error *error);

// Local. Finds out which cuts of products preserve the bits of this library on this processor; until then, and in other
// threads, products are not cut. MEMORY.
enum elbow_status elbow_blas_find_cuts(struct elbow_error *error);

// Local. The result: "columns and rows", "rows", "columns", "none". Static text.
const char *elbow_blas_cuts(void);

// Local. The number of threads within OpenBLAS, as it reports it.
int elbow_blas_threads_used(void);

// Local. "OpenBLAS 0.3.21 SkylakeX, 1 thread": version, core type in use, threads within it. Static text.
const char *elbow_blas_describe(void);

// Local. C = A B (+ C if accumulate); A is (m, k), B (k, n), C (m, n); lda, ldb, ldc: floats from row to row.
void elbow_blas_multiply(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                         bool accumulate, float *c, size_t ldc);

// Local. C = A^T B (+ C if accumulate); A is (k, m), B (k, n), C (m, n).
void elbow_blas_multiply_at(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                            bool accumulate, float *c, size_t ldc);

// Local. C = A B^T (+ C if accumulate); A is (m, k), B (n, k), C (m, n).
void elbow_blas_multiply_bt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                            bool accumulate, float *c, size_t ldc);

ELBOW_C_END

#endif
