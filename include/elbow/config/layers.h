// SPDX-License-Identifier: BSD-3-Clause
// The layers of a network in a configuration.
#ifndef ELBOW_CONFIG_LAYERS_H
#define ELBOW_CONFIG_LAYERS_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_LAYERS_MAX = 64 };

// The inner layers of a layer: `count` entries of the array that contains it, the first one `ahead` entries after it.
// Zeroed: none. Entries that lists are read into have a room, counted from the first one, and a depth.
struct elbow_inner_layers {
    size_t ahead, count, room, depth;
};

// The maximum depth of nested layers; those of a list are at depth 0.
enum { ELBOW_LAYERS_DEPTH = 2 };

// A kind uses its own keys, the others are zero.
struct elbow_layer {
    enum elbow_layer_kind kind;
    int64_t units;                            // dense, gated
    int activation;                           // enum elbow_activation
    int64_t filters, kernel, stride, padding; // convolutions
    int64_t output_padding;                   // transposed convolutions: places after the last ones
    double epsilon;                           // layer_norm
    int64_t size;                             // pool: of a window; its stride: 0 is the size
    int pool;                                 // enum elbow_pool
    int64_t factor;                           // upsample
    double rate;                              // dropout
    struct elbow_inner_layers inner;          // residual
};

// Layers [0, count), followed by their inner layers.
struct elbow_layers {
    size_t count;
    struct elbow_layer layers[ELBOW_LAYERS_MAX];
};

// Local. Inner layer i of a layer of such an array.
static inline const struct elbow_layer *elbow_layer_inner(const struct elbow_layer *layer, size_t i)
{
    return layer + layer->inner.ahead + i;
}

ELBOW_C_END

#endif
