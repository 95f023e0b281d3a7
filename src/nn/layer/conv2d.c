// SPDX-License-Identifier: BSD-3-Clause
// conv2d: y = f(x * W + b) over images (height, width, channels). detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

const struct elbow_layer_row elbow_layer_conv2d = ELBOW_CONV_LAYER(2);
