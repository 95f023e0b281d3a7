// SPDX-License-Identifier: BSD-3-Clause
// The shapes between the layers of a network, determined before anything is made: flatten and reshape are implied.
//
// Samples are series (1, time, channels), images (height, width, channels) or volumes, which also have a depth; the
// output of a dense layer is (1, 1, units). A convolution behind a dense layer also takes its values as (1, 1, units),
// except in the final sequence of layers that keep places (place_before in layer.h) of a network for such samples:
// there the places are computed backwards from those of the output, and the units must be a multiple of them.
//
// Layers that need places are allowed only if the input or the output has places (more than one), with the axes of the
// layer. Outside that sequence, layers that only move places (layer.h) are refused if values never had any.
//
// A network ends in a dense head, unless its output has places and its last layer can be the head (layer.h): then it
// must have exactly the shape of the output and no activation.
#ifndef ELBOW_NN_ARCHITECTURE_H
#define ELBOW_NN_ARCHITECTURE_H

#include "elbow/base/language.h"
#include "elbow/nn/layer.h"

ELBOW_C_BEGIN

struct elbow_architecture {
    bool has_dense_head;                              // after all listed layers
    struct elbow_shape inputs[ELBOW_LAYERS_MAX + 1];  // of each layer, including the head
    struct elbow_shape outputs[ELBOW_LAYERS_MAX + 1]; // likewise
};

// Local. CONFIG if a layer does not fit; `name` is that of the list ("encoder") in messages.
enum elbow_status elbow_architecture_plan(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                          struct elbow_shape output, struct elbow_architecture *architecture,
                                          struct elbow_error *error);

ELBOW_C_END

#endif
