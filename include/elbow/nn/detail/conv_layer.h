// SPDX-License-Identifier: BSD-3-Clause
// What the layers conv2d and conv_transpose2d share: all but the formulas of their sizes. Another convolution brings
// such formulas, and has its direction in is_transposed of conv_layer.c.
//
// A conv_transpose2d is the adjoint of the conv2d with the same kernel, stride and padding that leads from its output
// to its input. In the words of convolution.h, with f(a), da, dW, db, dx as in layer/dense.c:
//   conv2d            a = gather(x) + b;   dW = gradient(x, da);  dx = scatter(da)
//   conv_transpose2d  a = scatter(x) + b;  dW = gradient(da, x);  dx = gather(da)
// Tensors: weight (kernel, kernel, input channels, filters), bias (filters). Fan-in is k^2 input channels, fan-out k^2
// filters. Private to this room.
#ifndef ELBOW_NN_DETAIL_CONV_LAYER_H
#define ELBOW_NN_DETAIL_CONV_LAYER_H

#include "elbow/nn/activation.h"
#include "elbow/nn/convolution.h"
#include "elbow/nn/detail/layer.h"

struct elbow_conv_layer {
    bool is_transposed;
    enum elbow_activation activation;
    size_t weight, bias; // offsets in the arena
    struct elbow_convolution convolution;
};

// Places along a side of the output for those of the input, and the other way round; below 1: none.
typedef int64_t elbow_conv_side(const struct elbow_layer *options, size_t places);

// Local. A row's shape and place_before by the formula of a side: whether options fit; if not, the reason.
bool elbow_conv_layer_shape(const struct elbow_layer *options, elbow_conv_side *after, struct elbow_shape input,
                            struct elbow_shape *output, char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_conv_layer_place(const struct elbow_layer *options, elbow_conv_side *before, struct elbow_shape output,
                            struct elbow_shape *input, char reason[ELBOW_LAYER_REASON_SIZE]);

// Local. Members of all rows. CONFIG if a sample is too large for the tables of a convolution.
enum elbow_status elbow_conv_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                          struct elbow_layer_instance *layer, struct elbow_error *error);
void elbow_conv_layer_destroy(void *state);
size_t elbow_conv_layer_kept(const struct elbow_layer_instance *layer);
size_t elbow_conv_layer_workspace(const struct elbow_layer_instance *layer);
void elbow_conv_layer_forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                              const struct elbow_layer_call *call);
void elbow_conv_layer_backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                               const struct elbow_layer_call *call);

#endif
