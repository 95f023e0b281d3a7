// SPDX-License-Identifier: BSD-3-Clause
// The common code of the convolutional layers, which is all of it; a row differs in the axes of its places (1: series,
// 2: images, 3: volumes), which conv_sides.c derives from its kind, and in its direction.
//
// A conv_transpose is the adjoint of the conv from its output to its input, with the same kernel, stride and padding.
// In the terms of convolution.h, with f(a), da, dW, db, dx as in layer/dense.c:
//   conv            a = gather(x) + b;   dW = gradient(x, da);  dx = scatter(da)
//   conv_transpose  a = scatter(x) + b;  dW = gradient(da, x);  dx = gather(da)
// With kernel k, stride s, padding p, output padding a, i places of the input along an axis (Dumoulin and Visin 2016,
// relationships 6 and 14) the output has
//   conv            o = floor((i + 2 p - k) / s) + 1
//   conv_transpose  o = s (i - 1) + k - 2 p + a, 0 <= a < s
// Tensors: weight (kernel, ... once for each axis, input channels, filters), condition if there are any (condition.h),
// bias (filters). Fan-in is the taps of the kernel times the input channels, fan-out the taps times the filters.
// Private to this room.
#ifndef ELBOW_NN_DETAIL_CONV_LAYER_H
#define ELBOW_NN_DETAIL_CONV_LAYER_H

#include "elbow/nn/activation.h"
#include "elbow/nn/convolution.h"
#include "elbow/nn/detail/condition.h"
#include "elbow/nn/detail/layer.h"

struct elbow_conv_layer {
    bool is_transposed;
    enum elbow_activation activation;
    int axes;
    struct elbow_window window;
    size_t weight, bias; // offsets in the arena
    struct elbow_layer_condition condition;
    struct elbow_convolution convolution;
};

// Local. Of a kind.
bool elbow_conv_is_transposed(enum elbow_layer_kind kind);
int elbow_conv_axes(enum elbow_layer_kind kind);

// Local. Kernel, stride and padding along the axes of a kind; 1, 1 and 0 along the others.
struct elbow_window elbow_conv_window(const struct elbow_layer *options);

// Local. A row's shape and place_before.
bool elbow_conv_layer_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                            char reason[ELBOW_LAYER_REASON_SIZE]);
bool elbow_conv_layer_place(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                            char reason[ELBOW_LAYER_REASON_SIZE]);

// Local. Functions of all rows. CONFIG if a sample is too large for the tables of a convolution.
enum elbow_status elbow_conv_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                          struct elbow_layer_instance *layer, struct elbow_error *error);
void elbow_conv_layer_destroy(void *state);
size_t elbow_conv_layer_kept(const struct elbow_layer_instance *layer);
size_t elbow_conv_layer_workspace(const struct elbow_layer_instance *layer);
void elbow_conv_layer_forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                              const struct elbow_layer_call *call);
void elbow_conv_layer_backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                               const struct elbow_layer_call *call);
elbow_onnx_value elbow_conv_layer_onnx(const struct elbow_layer_instance *layer, const float *parameters,
                                       struct elbow_onnx *onnx, elbow_onnx_value x);
void elbow_conv_layer_products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit,
                               void *user);

// The row of a kind.
#define ELBOW_CONV_LAYER(of_axes)                                                                                      \
    {                                                                                                                  \
        .needs_image = true, .axes = of_axes, .can_be_head = true, .takes_condition = true,                            \
        .shape = elbow_conv_layer_shape, .place_before = elbow_conv_layer_place, .create = elbow_conv_layer_create,    \
        .destroy = elbow_conv_layer_destroy, .kept = elbow_conv_layer_kept, .workspace = elbow_conv_layer_workspace,   \
        .forward = elbow_conv_layer_forward, .backward = elbow_conv_layer_backward,                                    \
        .products = elbow_conv_layer_products, .onnx = elbow_conv_layer_onnx                                           \
    }

#endif
