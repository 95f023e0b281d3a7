// SPDX-License-Identifier: BSD-3-Clause
// conv_transpose2d: the adjoint of a conv2d, with bias and activation. With kernel k, stride s, padding p, output
// padding a, i places of the input along a side (Dumoulin and Visin 2016, relationship 14) the output has
// o = s (i - 1) + k - 2 p + a, 0 <= a < s. detail/conv_layer.h has the formulas.
#include "elbow/nn/detail/conv_layer.h"

#include "elbow/base/text.h"

#include <inttypes.h>

// Places along one side of the output; below 1 if its padding swallows it.
static int64_t side_after(const struct elbow_layer *options, size_t input)
{
    return options->stride * ((int64_t)input - 1) + options->kernel + options->output_padding - 2 * options->padding;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    if (options->output_padding >= options->stride) {
        (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                                "an output_padding of %" PRId64 " must be below the stride, %" PRId64,
                                options->output_padding, options->stride);
        return false;
    }
    return elbow_conv_layer_shape(options, side_after, input, output, reason);
}

// 0: none.
static int64_t side_before(const struct elbow_layer *options, size_t output)
{
    int64_t steps = (int64_t)output - options->output_padding + 2 * options->padding - options->kernel;
    return steps % options->stride == 0 ? steps / options->stride + 1 : 0;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    return elbow_conv_layer_place(options, side_before, output, input, reason);
}

// The input is the map; patches (rows, depth) are what comes out, before they are added up.
static void products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user)
{
    const struct elbow_conv_layer *conv = layer->state;
    size_t places = rows * elbow_shape_places(layer->input), channels = layer->input.channels;
    size_t depth = conv->convolution.depth;
    const enum elbow_operand patches = ELBOW_OPERAND_WORKSPACE;
    const struct elbow_product all[] = {
        {ELBOW_PRODUCT_FORWARD, places, depth, channels, ELBOW_OPERAND_X, ELBOW_OPERAND_TENSORS, patches},
        {ELBOW_PRODUCT_WEIGHTS, depth, channels, places, patches, ELBOW_OPERAND_X, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, places, channels, depth, patches, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_DX}};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        visit(user, &all[i]);
}

const struct elbow_layer_row elbow_layer_conv_transpose2d = {.needs_image = true,
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
