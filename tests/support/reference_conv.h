// SPDX-License-Identifier: BSD-3-Clause
// The convolutional layers in double precision, from the definition: every place, tap, channel and filter
// one by one. Weights are (k, ..., input channels, filters), k once for each axis.
#ifndef ELBOW_TESTS_REFERENCE_CONV_H
#define ELBOW_TESTS_REFERENCE_CONV_H

#include "reference_layer.h"

// Input height, width, channels; filters, kernel, stride, padding; rows; depth.
struct reference_sizes {
    size_t height, width, channels;
    int64_t filters, kernel, stride, padding;
    size_t rows;
    size_t depth;
};

// The cases of two axes.
extern const struct reference_sizes reference_conv_sizes[];
extern const size_t reference_conv_count;

// A layer of a kind with these sizes.
struct reference_case reference_conv_case(const struct reference_sizes *sizes, enum elbow_layer_kind kind,
                                          int activation, int64_t output_padding);

// The cases of a kind with `axes` axes.
bool reference_conv_at(int axes, enum elbow_layer_kind kind, size_t i, struct reference_case *found);
bool reference_conv_transpose_at(int axes, enum elbow_layer_kind kind, size_t i, struct reference_case *found);

#endif
