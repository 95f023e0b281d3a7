// SPDX-License-Identifier: BSD-3-Clause
// conv_transpose2d: the adjoint of a conv2d, with bias and activation. detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

const struct elbow_layer_row elbow_layer_conv_transpose2d = ELBOW_CONV_LAYER(2);
