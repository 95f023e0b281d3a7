// SPDX-License-Identifier: BSD-3-Clause
// The layers conv2d and conv_transpose2d in double precision, from the definition: every place, tap, channel and filter
// one by one. Weights are (k, k, input channels, filters).
#ifndef ELBOW_TESTS_REFERENCE_CONV_H
#define ELBOW_TESTS_REFERENCE_CONV_H

#include "reference_layer.h"

// Input height, width, channels; filters, kernel, stride, padding; rows.
struct reference_sizes {
    size_t height, width, channels;
    int64_t filters, kernel, stride, padding;
    size_t rows;
};

extern const struct reference_sizes reference_conv_sizes[];
extern const size_t reference_conv_count;

// A layer of a kind with these sizes.
struct reference_case reference_conv_case(const struct reference_sizes *sizes, enum elbow_layer_kind kind,
                                          int activation, int64_t output_padding);

#endif
