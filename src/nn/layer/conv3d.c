// SPDX-License-Identifier: BSD-3-Clause
// conv3d: y = f(x * W + b) over volumes (depth, height, width, channels). detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

const struct elbow_layer_row elbow_layer_conv3d = ELBOW_CONV_LAYER(3);
