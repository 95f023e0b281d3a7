// SPDX-License-Identifier: BSD-3-Clause
// Dense linear algebra of symmetric matrices in double precision: the only caller of LAPACK, which is that of OpenBLAS.
// Matrices are row-major; of a symmetric one the lower triangle is read. On the calling thread alone.
#ifndef ELBOW_MATH_LAPACK_H
#define ELBOW_MATH_LAPACK_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. The `count` largest eigenvalues of a symmetric matrix (n, n), largest first, and their orthonormal vectors
// (count, n), a row each, whose entry of the largest magnitude (the first of several) is positive. The matrix is
// overwritten. All its values must be finite, and count at most n. MEMORY; NUMBERS if the iteration does not converge.
enum elbow_status elbow_lapack_eigen(size_t n, double *matrix, size_t count, double *values, double *vectors,
                                     struct elbow_error *error);

// Local. X of A X^T = B^T for a symmetric, positive definite A (n, n): `rights` rows of n values each, which replace
// those of b. A is overwritten. NUMBERS if A is not positive definite.
enum elbow_status elbow_lapack_solve(size_t n, double *a, size_t rights, double *b, struct elbow_error *error);

ELBOW_C_END

#endif
