// SPDX-License-Identifier: BSD-3-Clause
// Convolutional layers as nodes of an ONNX graph, which has the channels first: samples and weights are turned there
// and back.
#include "elbow/nn/detail/conv_layer.h"

#include "elbow/nn/activation.h"

enum { AXES_MAX = 3 };

// The sides of a shape along the axes of a layer, followed by the channels.
static void list_sides(struct elbow_shape shape, int axes, size_t sides[AXES_MAX + 1])
{
    const size_t all[AXES_MAX + 1] = {elbow_shape_depth(shape), shape.height, shape.width, shape.channels};
    for (int i = 0; i <= axes; ++i)
        sides[i] = all[AXES_MAX - axes + i];
}

static void list_window(struct elbow_sides sides, int axes, int64_t *integers)
{
    const size_t all[AXES_MAX] = {sides.depth, sides.height, sides.width};
    for (int i = 0; i < axes; ++i)
        integers[i] = (int64_t)all[AXES_MAX - axes + i];
}

// Weights (kernel..., channels, filters): (filters, channels, kernel...), or with the channels first.
static elbow_onnx_value add_weight(const struct elbow_layer_instance *layer, const float *parameters,
                                   struct elbow_onnx *onnx)
{
    const struct elbow_conv_layer *conv = layer->state;
    int axes = conv->axes;
    int64_t kernel[AXES_MAX],
        order[AXES_MAX + 2] = {conv->is_transposed ? axes : axes + 1, conv->is_transposed ? axes + 1 : axes};
    size_t shape[AXES_MAX + 2];
    list_window(conv->window.kernel, axes, kernel);
    for (int i = 0; i < axes; ++i) {
        shape[i] = (size_t)kernel[i];
        order[2 + i] = i;
    }
    shape[axes] = layer->input.channels;
    shape[axes + 1] = layer->output.channels;
    return elbow_onnx_transpose(onnx, elbow_onnx_floats(onnx, axes + 2, shape, parameters + conv->weight), axes + 2,
                                order);
}

static elbow_onnx_value add_product(const struct elbow_layer_instance *layer, const float *parameters,
                                    struct elbow_onnx *onnx, elbow_onnx_value x)
{
    enum { KERNEL, STRIDES, PADDING, BEHIND, ATTRIBUTES };
    const struct elbow_conv_layer *conv = layer->state;
    int axes = conv->axes;
    size_t in[AXES_MAX + 1], out[AXES_MAX + 1];
    struct elbow_onnx_attribute attributes[ATTRIBUTES] = {
        [KERNEL] = {.name = "kernel_shape", .kind = ELBOW_ONNX_INTEGERS, .count = axes},
        [STRIDES] = {.name = "strides", .kind = ELBOW_ONNX_INTEGERS, .count = axes},
        [PADDING] = {.name = "pads", .kind = ELBOW_ONNX_INTEGERS, .count = 2 * axes},
        [BEHIND] = {.name = "output_padding", .kind = ELBOW_ONNX_INTEGERS, .count = axes}};
    int64_t *kernel = attributes[KERNEL].integers, *stride = attributes[STRIDES].integers;
    int64_t *padding = attributes[PADDING].integers;
    list_window(conv->window.kernel, axes, kernel);
    list_window(conv->window.stride, axes, stride);
    list_window(conv->window.padding, axes, padding);
    list_window(conv->window.padding, axes, padding + axes);
    list_sides(layer->input, axes, in);
    list_sides(layer->output, axes, out);
    for (int i = 0; i < axes; ++i)
        attributes[BEHIND].integers[i] =
            (int64_t)out[i] - (stride[i] * ((int64_t)in[i] - 1) + kernel[i] - 2 * padding[i]);
    const elbow_onnx_value inputs[] = {x, add_weight(layer, parameters, onnx),
                                       elbow_onnx_floats(onnx, 1, &layer->output.channels, parameters + conv->bias)};
    return elbow_onnx_node(onnx, conv->is_transposed ? "ConvTranspose" : "Conv", 3, inputs,
                           conv->is_transposed ? ATTRIBUTES : BEHIND, attributes);
}

elbow_onnx_value elbow_conv_layer_onnx(const struct elbow_layer_instance *layer, const float *parameters,
                                       struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct elbow_conv_layer *conv = layer->state;
    int axes = conv->axes;
    size_t sides[AXES_MAX + 1];
    int64_t first[AXES_MAX + 2] = {0, axes + 1}, last[AXES_MAX + 2] = {0};
    for (int i = 0; i < axes; ++i) {
        first[2 + i] = 1 + i;
        last[1 + i] = 2 + i;
    }
    last[axes + 1] = 1;
    list_sides(layer->input, axes, sides);
    x = elbow_onnx_transpose(onnx, elbow_onnx_reshape(onnx, x, axes + 1, sides), axes + 2, first);
    x = elbow_onnx_transpose(onnx, add_product(layer, parameters, onnx, x), axes + 2, last);
    return elbow_activation_onnx(conv->activation, onnx, elbow_onnx_reshape(onnx, x, 1, &layer->outputs));
}
