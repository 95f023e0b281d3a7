// SPDX-License-Identifier: BSD-3-Clause
// The term of conditions in a layer: c W_c, with c (C) those of the row, added before the activation. A layer with
// places adds the same to all places of a channel. For a dense layer this equals c as further inputs.
//   a += c W_c;   dW_c = sum over rows of c^T da, where da is added up over the places.
// Tensor: condition (C, units), without a bias. Its fan-in is that of the layer and C. Zeros in c cost nothing, and a
// row of zeros keeps its bits. Private to this room.
#ifndef ELBOW_NN_DETAIL_CONDITION_H
#define ELBOW_NN_DETAIL_CONDITION_H

#include "elbow/nn/layer.h"

// Plain. Zeroed: there is none.
struct elbow_layer_condition {
    size_t count;         // C
    size_t units, places; // of a row of the layer's output
    size_t offset;        // of the tensor in the arena
};

// Local. Adds the tensor, if the site has conditions: `like` is that of the layer's weights.
enum elbow_status elbow_layer_condition_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                               const struct elbow_tensor *like, size_t units, size_t places,
                                               struct elbow_layer_condition *condition, struct elbow_error *error);

// Local. Rows [first, first + rows) of a call: adds to a, which starts at the first of them.
void elbow_layer_condition_forward(const struct elbow_layer_condition *condition, const struct elbow_layer_call *call,
                                   size_t first, size_t rows, float *a);

// Local. Likewise the gradient of the tensor by da: rows that begin at 0 overwrite it, later ones are added.
void elbow_layer_condition_backward(const struct elbow_layer_condition *condition, const struct elbow_layer_call *call,
                                    size_t first, size_t rows, const float *da);

#endif
