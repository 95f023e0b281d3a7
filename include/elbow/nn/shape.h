// SPDX-License-Identifier: BSD-3-Clause
// Shapes of samples, and how the weights of a convolution lie in memory.
#ifndef ELBOW_NN_SHAPE_H
#define ELBOW_NN_SHAPE_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_shape {
    size_t height, width, channels;
};

// Local. Values of a sample.
static inline size_t elbow_shape_values(struct elbow_shape shape)
{
    return shape.height * shape.width * shape.channels;
}

// Local. Places of a sample.
static inline size_t elbow_shape_places(struct elbow_shape shape)
{
    return shape.height * shape.width;
}

// Local. Whether a sample of the shape is one that can be held: bounds that keep every product of sizes below 2^63.
static inline bool elbow_shape_is_held(struct elbow_shape shape)
{
    enum { SIDE_MAX = 1 << 30 };
    size_t values;
    return shape.height <= SIDE_MAX && shape.width <= SIDE_MAX &&
           !__builtin_mul_overflow(shape.height * shape.width, shape.channels, &values) && values <= INT32_MAX;
}

// Local.
static inline bool elbow_shape_is_same(struct elbow_shape a, struct elbow_shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

// Element (i, j, c, n) of V, see convolution.h, lies at ((i kernel + j) channels filters + c channel + n filter).
struct elbow_strides {
    size_t channel, filter;
};

ELBOW_C_END

#endif
