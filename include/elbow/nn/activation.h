// SPDX-License-Identifier: BSD-3-Clause
// The activations y = f(a) after the sums of a layer, and their derivatives: a table with a row for each of
// ELBOW_ACTIVATION_LIST.
//
// The result for an element does not depend on its row, its column or its neighbours. A NaN passes through.
#ifndef ELBOW_NN_ACTIVATION_H
#define ELBOW_NN_ACTIVATION_H

#include "elbow/base/language.h"
#include "elbow/base/onnx.h"
#include "elbow/config/kinds.h"
#include "elbow/nn/parameters.h"

ELBOW_C_BEGIN

// Local. The initialisation of weights before an activation: `initializer` auto means He for relu, leaky_relu,
// softplus, silu, gelu and elu, Glorot for the others.
enum elbow_initial elbow_activation_initial(enum elbow_activation activation, enum elbow_initializer initializer);

// Local. Whether f' needs more than y: silu, gelu.
bool elbow_activation_keeps_derivative(enum elbow_activation activation);

// Local. In place over (rows, units): a becomes y = f(a + bias); `derivative` (rows, units) gets f'(a) if it is kept,
// otherwise it may be NULL.
//   relu max(0, a); leaky_relu max(a, 0.01 a); tanh; sigmoid 1 / (1 + exp(-a)); softplus log(1 + exp(a));
//   silu a sigmoid(a) (Elfwing et al. 2018); gelu a Phi(a), Phi the standard normal distribution (Hendrycks and Gimpel
//   2016); elu a > 0 ? a : exp(a) - 1 (Clevert et al. 2016); exp exp(min(a, 20)); hard_tanh max(-1, min(a, 1)); none a.
void elbow_activation_forward(enum elbow_activation activation, size_t rows, size_t units, const float *bias, float *y,
                              float *derivative);

// Local. In place over n values: dy becomes dy * f'(a), from y or derivative.
//   relu [y > 0]; leaky_relu y > 0 ? 1 : 0.01; tanh 1 - y^2; sigmoid y (1 - y); softplus 1 - exp(-y) (as -expm1(-y));
//   silu derivative = s (1 + a (1 - s)) with s = sigmoid(a); gelu derivative = Phi(a) + a phi(a), phi its density;
//   elu y > 0 ? 1 : 1 + y; exp y, 0 for a from 20 on; hard_tanh [-1 < y < 1].
void elbow_activation_backward(enum elbow_activation activation, size_t n, const float *y, const float *derivative,
                               float *dy);

// Local. y = f(a) as nodes of an ONNX graph.
elbow_onnx_value elbow_activation_onnx(enum elbow_activation activation, struct elbow_onnx *onnx, elbow_onnx_value a);

ELBOW_C_END

#endif
