// SPDX-License-Identifier: BSD-3-Clause
// conv2d: y = f(x * W + b). With kernel k, stride s, padding p, i places of the input along a side (Dumoulin and Visin
// 2016, relationship 6) the output has o = floor((i + 2 p - k) / s) + 1. detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

// Places along one side of the output; 0 if the kernel is larger than the padded input.
static size_t side_of(const struct elbow_layer *options, size_t input)
{
    size_t kernel = (size_t)options->kernel, padded = input + 2 * (size_t)options->padding;
    return padded >= kernel ? (padded - kernel) / (size_t)options->stride + 1 : 0;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    *output =
        (struct elbow_shape){side_of(options, input.height), side_of(options, input.width), (size_t)options->filters};
    return elbow_conv_layer_fits(options, input, *output, reason);
}

static int64_t side_before(const struct elbow_layer *options, size_t output)
{
    return options->stride * ((int64_t)output - 1) + options->kernel - 2 * options->padding;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    return elbow_conv_layer_place(options, side_before(options, output.height), side_before(options, output.width),
                                  output, input, reason);
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    return elbow_conv_layer_create(parameters, site, false, layer, error);
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
                                                   .create = create,
                                                   .destroy = elbow_conv_layer_destroy,
                                                   .kept = elbow_conv_layer_kept,
                                                   .workspace = elbow_conv_layer_workspace,
                                                   .forward = elbow_conv_layer_forward,
                                                   .backward = elbow_conv_layer_backward,
                                                   .products = products};
