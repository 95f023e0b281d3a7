// SPDX-License-Identifier: BSD-3-Clause
// The dense layer: y = f(x W + b), and its gradients.
//
// With a = x W + b (rows, units), y = f(a), and the loss' gradient dy:
//   da = dy * f'(a);   dW = x^T da;   db = sum over rows of da;   dx = da W^T.
#ifndef ELBOW_NN_DENSE_H
#define ELBOW_NN_DENSE_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/nn/activation.h"
#include "elbow/nn/parameters.h"

ELBOW_C_BEGIN

struct elbow_dense {
    size_t inputs, units;
    enum elbow_activation activation;
    size_t weight, bias; // offsets in the arena: (inputs, units) row-major; (units)
};

// Local. Adds the layer's tensors `name`/weight and `name`/bias to the parameters. Biases start at zero.
enum elbow_status elbow_dense_create(struct elbow_parameters *parameters, const char *name, size_t inputs, size_t units,
                                     enum elbow_activation activation, enum elbow_initializer initializer,
                                     struct elbow_dense *dense, struct elbow_error *error);

// Local. y (rows, units) from x (rows, inputs). `slope` (rows, units) gets f'(a) where the activation's derivative
// cannot be told from y (elbow_activation_keeps_slope), else it may be NULL.
void elbow_dense_forward(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *x,
                         float *y, float *slope);

// Local. From dy (rows, units), which becomes da: writes dW and db at their offsets in `gradient`, and dx (rows,
// inputs) unless it is NULL.
void elbow_dense_backward(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *x,
                          const float *y, const float *slope, float *dy, float *gradient, float *dx);

// Local. A large layer falls into parts of its inputs, each with some rows of W, that can be computed one after the
// other without changing a bit; another one is one part. How many; where in the arena the rows of a part begin.
size_t elbow_dense_parts(const struct elbow_dense *dense);
size_t elbow_dense_part_first(const struct elbow_dense *dense, size_t part);

// Local. elbow_dense_forward and _backward in pieces. All parts forward, from the first to the last; all parts of the
// weights' gradient, from the last to the first, with which db comes and dy becomes da; then dx.
void elbow_dense_forward_part(const struct elbow_dense *dense, size_t part, const float *parameters, size_t rows,
                              const float *x, float *y, float *slope);
void elbow_dense_backward_part(const struct elbow_dense *dense, size_t part, size_t rows, const float *x,
                               const float *y, const float *slope, float *dy, float *gradient);
void elbow_dense_backward_inputs(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *da,
                                 float *dx);

ELBOW_C_END

#endif
