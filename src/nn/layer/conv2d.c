// SPDX-License-Identifier: BSD-3-Clause
// conv2d: y = f(x * W + b). With kernel k, stride s, padding p, i places of the input along a side (Dumoulin and Visin
// 2016, relationship 6) the output has o = floor((i + 2 p - k) / s) + 1. detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

// Places along one side of the output; 0 if the kernel is larger than the padded input.
static int64_t side_after(const struct elbow_layer *options, size_t input)
{
    int64_t over = (int64_t)input + 2 * options->padding - options->kernel;
    return over < 0 ? 0 : over / options->stride + 1;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    return elbow_conv_layer_shape(options, side_after, input, output, reason);
}

static int64_t side_before(const struct elbow_layer *options, size_t output)
{
    return options->stride * ((int64_t)output - 1) + options->kernel - 2 * options->padding;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    return elbow_conv_layer_place(options, side_before, output, input, reason);
}

// A product of as many rows a sample as the map has places, of patches (rows, depth) and W (depth, filters).
static void products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user)
{
    const struct elbow_conv_layer *conv = layer->state;
    size_t places = rows * elbow_shape_places(layer->output), filters = layer->output.channels;
    size_t depth = conv->convolution.depth;
    const enum elbow_operand patches = ELBOW_OPERAND_WORKSPACE;
    const struct elbow_product all[] = {
        {ELBOW_PRODUCT_FORWARD, places, filters, depth, patches, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_Y},
        {ELBOW_PRODUCT_WEIGHTS, depth, filters, places, patches, ELBOW_OPERAND_DY, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, places, depth, filters, ELBOW_OPERAND_DY, ELBOW_OPERAND_TENSORS, patches}};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        visit(user, &all[i]);
}

const struct elbow_layer_row elbow_layer_conv2d = {.needs_image = true,
                                                   .can_be_head = true,
                                                   .shape = shape,
                                                   .place_before = place_before,
                                                   .create = elbow_conv_layer_create,
                                                   .destroy = elbow_conv_layer_destroy,
                                                   .kept = elbow_conv_layer_kept,
                                                   .workspace = elbow_conv_layer_workspace,
                                                   .forward = elbow_conv_layer_forward,
                                                   .backward = elbow_conv_layer_backward,
                                                   .products = products};
