// SPDX-License-Identifier: BSD-3-Clause
// The projection around the layers of a residual: the input itself, or a linear map of it without a bias.
//
// From an image to one with as many places, or with every s-th one of each axis (a side i becomes ceil(i / s)), it is a
// convolution with a kernel of one place; if one place is left, a dense layer of all values. Private to this room.
#ifndef ELBOW_NN_DETAIL_PROJECTION_H
#define ELBOW_NN_DETAIL_PROJECTION_H

#include "elbow/nn/layer.h"

// A product of `places` rows per sample. Created once, then only read.
struct elbow_projection {
    bool is_identity;
    size_t inputs;                    // input values of a sample
    size_t places, channels, filters; // the product: (places, channels) to (places, filters)
    bool skips;                       // places of the input
    size_t *from;                     // [places] if it skips: that of the input; owned; NULL without rows
};

// Local. Whether there is one between two shapes; otherwise the reason, for a message.
bool elbow_projection_fits(struct elbow_shape input, struct elbow_shape output, char reason[ELBOW_LAYER_REASON_SIZE]);

// Local. Between shapes that fit. Without rows it has its sizes, but cannot compute.
enum elbow_status elbow_projection_create(struct elbow_shape input, struct elbow_shape output, bool has_rows,
                                          struct elbow_projection *projection, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_projection_destroy(struct elbow_projection *projection);

// Local. Floats of workspace for each row; `workspace` below has them, 64-byte aligned. The identity needs none.
size_t elbow_projection_workspace(const struct elbow_projection *projection);

// Local. The map of x, flat rows, as nodes of an ONNX graph.
elbow_onnx_value elbow_projection_onnx(const struct elbow_projection *projection, const float *weight,
                                       struct elbow_onnx *onnx, elbow_onnx_value x);

// Local. y = the map of x; the gradient of its weight; dx += that of x. Of the identity y += x, dx += dy.
void elbow_projection_forward(const struct elbow_projection *projection, size_t rows, const float *x,
                              const float *weight, float *workspace, float *y);
void elbow_projection_weight(const struct elbow_projection *projection, size_t rows, const float *x, const float *dy,
                             float *workspace, float *dweight);
void elbow_projection_inputs(const struct elbow_projection *projection, size_t rows, const float *dy,
                             const float *weight, float *workspace, float *dx);

#endif
