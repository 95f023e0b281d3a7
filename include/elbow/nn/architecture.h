// SPDX-License-Identifier: BSD-3-Clause
// The shapes between the layers of a network, settled before anything is made: flatten and reshape are implied.
//
// Samples are series (1, time, channels), images (height, width, channels) or volumes, which have a depth as well; what
// a dense layer gives is (1, 1, units). A convolution behind a dense layer takes its values as (1, 1, units), too, but
// in the run of layers that keep places (place_before in layer.h) that a network for such samples ends in: there the
// places are worked out backwards from the output's, and the units must be a multiple of them.
//
// Either the input or the output must have places (more than one) for layers that need them to make sense, and these
// must have the axes that a layer goes along.
// Layers that only move places (layer.h) are refused where values never had any, outside that run.
//
// A network ends in a dense head, unless its output has places and its last layer can be the head (layer.h): then it
// must give exactly the output's shape and have no activation.
#ifndef ELBOW_NN_ARCHITECTURE_H
#define ELBOW_NN_ARCHITECTURE_H

#include "elbow/base/language.h"
#include "elbow/nn/layer.h"

ELBOW_C_BEGIN

struct elbow_architecture {
    bool has_dense_head;                              // behind all listed layers
    struct elbow_shape inputs[ELBOW_LAYERS_MAX + 1];  // of each layer, the head included
    struct elbow_shape outputs[ELBOW_LAYERS_MAX + 1]; // likewise
};

// Local. CONFIG where a layer does not fit; `name` is the list's ("encoder") in messages.
enum elbow_status elbow_architecture_plan(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                          struct elbow_shape output, struct elbow_architecture *architecture,
                                          struct elbow_error *error);

ELBOW_C_END

#endif
