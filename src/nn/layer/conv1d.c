// SPDX-License-Identifier: BSD-3-Clause
// conv1d: y = f(x * W + b) over series (time, channels). detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

const struct elbow_layer_row elbow_layer_conv1d = ELBOW_CONV_LAYER(1);
