// SPDX-License-Identifier: BSD-3-Clause
// The three products of a dense layer. Matrices are row-major floats without gaps: x (rows, inputs), W (inputs, units),
// y (rows, units), and gradients in the shape of their operand.
//
// In builds with vectors of 512 bits, Elbow's own kernels compute them: an element is then one chain of fused
// multiply-adds from zero, in the order of its terms, so that its bits depend on its row and its column of the factors
// alone. In other builds OpenBLAS does (math/blas), whose bits depend on the shape of the whole product. Both are
// distributed over threads (math/threads) without changing a bit.
#ifndef ELBOW_MATH_DENSE_PRODUCT_H
#define ELBOW_MATH_DENSE_PRODUCT_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// Some of the inputs.
struct elbow_span {
    size_t first, count;
};

// Local. Whether the kernels are Elbow's own.
bool elbow_dense_product_is_own(void);

// Local. y = x W and dW = x^T dy of some of the inputs: those of x and the rows of W that belong to them. The first
// part (part.first is 0) begins y, the next one, in order, continues it; a part of dW is its rows. All parts together
// give the bits of the whole. If the kernels are not Elbow's own, there is one part: all inputs.
void elbow_dense_product_forward(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                 const float *weight, float *y);
void elbow_dense_product_weight(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                const float *dy, float *dw);

// Local. dx = dy W^T.
void elbow_dense_product_input(size_t rows, size_t inputs, size_t units, const float *dy, const float *weight,
                               float *dx);

ELBOW_C_END

#endif
