// SPDX-License-Identifier: BSD-3-Clause
// Elementwise kernels on float arrays, and sums in a fixed order.
//
// An element's bits depend on its value alone, never on its place in a call: any split of [0, n) into calls gives the
// same bits. Inputs and outputs may be the same array but not overlap otherwise; no alignment is required. Accuracy in
// units in the last place (ULP) is stated and tested.
#ifndef ELBOW_MATH_VECTOR_H
#define ELBOW_MATH_VECTOR_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. y[i] = exp(x[i]), exp(x[i]) - 1, log(x[i]), log(1 + x[i]), tanh(x[i]): 1 ULP.
void elbow_vector_exp(size_t n, const float *x, float *y);
void elbow_vector_expm1(size_t n, const float *x, float *y);
void elbow_vector_log(size_t n, const float *x, float *y);
void elbow_vector_log1p(size_t n, const float *x, float *y);
void elbow_vector_tanh(size_t n, const float *x, float *y);

// Local. y[i] = 1 - erf(x[i]), which keeps its digits for large x: 1.5 ULP if it is not denormal.
void elbow_vector_erfc(size_t n, const float *x, float *y);

// Local. y[i] = 1 / (1 + exp(-x[i])), without overflow for any x: 4 ULP.
void elbow_vector_sigmoid(size_t n, const float *x, float *y);

// Local. y[i] = log(1 + exp(x[i])) = max(x, 0) + log1p(exp(-|x|)), without overflow for any x: 4 ULP.
void elbow_vector_softplus(size_t n, const float *x, float *y);

// Local. The cosine and sine of pi x[i]: 4 ULP for |x| <= 2.
void elbow_vector_cossinpi(size_t n, const float *x, float *cosine, float *sine);

// Local. sum[i] = a[i] + b[i].
void elbow_vector_add(size_t n, const float *a, const float *b, float *sum);

// Local. The sum of x[i] in double, in an order fixed by n alone (sixteen interleaved partial sums).
double elbow_vector_sum(size_t n, const float *x);

// Local. y[i] = factor x[i]; returns the sum of y[i]^2, in the same order.
double elbow_vector_scale(size_t n, float factor, const float *x, float *y);

ELBOW_C_END

#endif
