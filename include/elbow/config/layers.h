// SPDX-License-Identifier: BSD-3-Clause
// The layers of a network, as a configuration has them.
#ifndef ELBOW_CONFIG_LAYERS_H
#define ELBOW_CONFIG_LAYERS_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_LAYERS_MAX = 64 };

// The layers that a layer holds: `count` entries of the array that it is in itself, the first of which lies `ahead` of
// it. Zeroed: none. Entries that lists are read into have a room, counted from the first one, and a depth.
struct elbow_inner_layers {
    size_t ahead, count, room, depth;
};

// Layers within layers are no deeper than this; those of a list are at depth 0.
enum { ELBOW_LAYERS_DEPTH = 2 };

// A kind uses its own keys, the others are zero.
struct elbow_layer {
    enum elbow_layer_kind kind;
    int64_t units;                            // dense, gated
    int activation;                           // enum elbow_activation
    int64_t filters, kernel, stride, padding; // convolutions
    int64_t output_padding;                   // transposed convolutions: places behind the last ones
    double epsilon;                           // layer_norm
    int64_t size;                             // pool: of a window; its stride: 0 is the size
    int pool;                                 // enum elbow_pool
    int64_t factor;                           // upsample
    double rate;                              // dropout
    struct elbow_inner_layers inner;          // residual
};

// Layers [0, count), and behind them those that they hold.
struct elbow_layers {
    size_t count;
    struct elbow_layer layers[ELBOW_LAYERS_MAX];
};

// Local. Layer i of those that a layer of such an array holds.
static inline const struct elbow_layer *elbow_layer_inner(const struct elbow_layer *layer, size_t i)
{
    return layer + layer->inner.ahead + i;
}

ELBOW_C_END

#endif
