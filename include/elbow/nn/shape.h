// SPDX-License-Identifier: BSD-3-Clause
// Shapes of samples, windows over them, and the layout of the weights of a convolution in memory.
//
// The places of a sample have up to three axes: a series is one row of places (height 1, its width is the time), an
// image has rows and columns, a volume has planes of them. Values without places have one place.
#ifndef ELBOW_NN_SHAPE_H
#define ELBOW_NN_SHAPE_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_shape {
    size_t height, width, channels;
    size_t depth; // of a volume; 0: there is no such axis
};

// Local. Planes of a sample.
static inline size_t elbow_shape_depth(struct elbow_shape shape)
{
    return shape.depth > 0 ? shape.depth : 1;
}

// Local. Places of a sample.
static inline size_t elbow_shape_places(struct elbow_shape shape)
{
    return elbow_shape_depth(shape) * shape.height * shape.width;
}

// Local. Values of a sample.
static inline size_t elbow_shape_values(struct elbow_shape shape)
{
    return elbow_shape_places(shape) * shape.channels;
}

// Local. Whether a sample of the shape is supported: bounds that keep every product of sizes below 2^63.
static inline bool elbow_shape_is_held(struct elbow_shape shape)
{
    enum { SIDE_MAX = 1 << 30 };
    size_t values, depth = elbow_shape_depth(shape);
    return shape.height <= SIDE_MAX && shape.width <= SIDE_MAX &&
           !__builtin_mul_overflow(shape.height * shape.width, depth, &values) &&
           !__builtin_mul_overflow(values, shape.channels, &values) && values <= INT32_MAX;
}

// Local.
static inline bool elbow_shape_is_same(struct elbow_shape a, struct elbow_shape b)
{
    return elbow_shape_depth(a) == elbow_shape_depth(b) && a.height == b.height && a.width == b.width &&
           a.channels == b.channels;
}

// Local. The number of axes of places of that shape: 3 for a volume, 1 for one row of places, else 2.
static inline int elbow_shape_axes(struct elbow_shape shape)
{
    return shape.depth > 0 ? 3 : shape.height == 1 ? 1 : 2;
}

// For a message; truncated if it does not fit.
struct elbow_shape_text {
    char text[96];
};

// Local. "28 x 28 x 3", "28 x 28": the values, the places of a shape, seen with that number of axes.
struct elbow_shape_text elbow_shape_text(struct elbow_shape shape, int axes);
struct elbow_shape_text elbow_shape_places_text(struct elbow_shape shape, int axes);

// Local. The names of its axes: "height, width, channels".
const char *elbow_shape_names(int axes);

// Sizes along the three axes.
struct elbow_sides {
    size_t depth, height, width;
};

// A kernel that moves over places: its size, its stride, zeros on each side.
struct elbow_window {
    struct elbow_sides kernel, stride, padding;
};

// Local. Taps of the kernel.
static inline size_t elbow_window_taps(const struct elbow_window *window)
{
    return window->kernel.depth * window->kernel.height * window->kernel.width;
}

// Element (h, i, j, c, n) of V, see convolution.h, lies at (((h I + i) J + j) channels filters + c channel + n filter),
// where I and J are the kernel's height and width.
struct elbow_strides {
    size_t channel, filter;
};

ELBOW_C_END

#endif
