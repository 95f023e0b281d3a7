// SPDX-License-Identifier: BSD-3-Clause
// A convolutional layer with drawn arrays, and the sizes that the tests go through.
#ifndef ELBOW_TESTS_CONV_FIXTURE_H
#define ELBOW_TESTS_CONV_FIXTURE_H

#include "elbow/base/memory.h"
#include "elbow/nn/conv2d.h"

// Of the input and of the kernel.
struct sizes {
    size_t height, width, channels;
    int64_t filters, kernel, stride, padding;
};

extern const struct sizes all_sizes[];
extern const size_t SIZES;

// A layer with its arrays; x, parameters and dy are drawn.
struct setting {
    struct elbow_layer layer;
    struct elbow_conv2d conv;
    struct elbow_parameters parameters;
    size_t rows;
    float *values, *x, *y, *slope, *dy, *dx, *gradient, *room;
};

float *floats(size_t count);
float *drawn(size_t count, uint64_t number);
struct elbow_layer layer_of(const struct sizes *sizes, enum elbow_layer_kind kind, enum elbow_activation activation,
                            int64_t output_padding);

// False if the layer does not fit.
bool set_up(struct setting *setting, const struct sizes *sizes, struct elbow_layer layer, size_t rows);
void tear_down(struct setting *setting);

#endif
