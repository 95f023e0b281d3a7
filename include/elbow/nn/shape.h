// SPDX-License-Identifier: BSD-3-Clause
// Shapes of samples, and how the weights of a convolution lie in memory.
#ifndef ELBOW_NN_SHAPE_H
#define ELBOW_NN_SHAPE_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

struct elbow_shape {
    size_t height, width, channels;
};

// Element (i, j, c, n) of V, see convolution.h, lies at ((i kernel + j) channels filters + c channel + n filter).
struct elbow_strides {
    size_t channel, filter;
};

ELBOW_C_END

#endif
