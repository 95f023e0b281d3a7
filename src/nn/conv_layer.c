// SPDX-License-Identifier: BSD-3-Clause
// The convolutional layers over blocks of samples that fit the cache: products, bias and activation of one block before
// the next.
//
// The bias is laid out once for a whole row of an output image, so that the elementwise kernels see long rows. Sums
// over da go image row by image row in order, then column by column.
#include "elbow/nn/detail/conv_layer.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <inttypes.h>
#include <string.h>

enum { SIDE_MAX = 1 << 30 };

static void check_options(const struct elbow_layer *options)
{
    ELBOW_CHECK(options->filters > 0 && options->kernel > 0 && options->stride > 0);
    ELBOW_CHECK(options->padding >= 0 && options->output_padding >= 0);
}

bool elbow_conv_layer_shape(const struct elbow_layer *options, elbow_conv_side *after, struct elbow_shape input,
                            struct elbow_shape *output, char reason[ELBOW_LAYER_REASON_SIZE])
{
    check_options(options);
    ELBOW_CHECK(elbow_shape_values(input) > 0);
    int64_t height = after(options, input.height), width = after(options, input.width);
    *output =
        (struct elbow_shape){height > 0 ? (size_t)height : 0, width > 0 ? (size_t)width : 0, (size_t)options->filters};
    if (height > 0 && width > 0)
        return true;
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                            "a %s of kernel %" PRId64 ", stride %" PRId64 ", padding %" PRId64
                            " does not fit an input of %zu x %zu x %zu (height, width, channels)",
                            elbow_layer_word(options->kind), options->kernel, options->stride, options->padding,
                            input.height, input.width, input.channels);
    return false;
}

bool elbow_conv_layer_place(const struct elbow_layer *options, elbow_conv_side *before, struct elbow_shape output,
                            struct elbow_shape *input, char reason[ELBOW_LAYER_REASON_SIZE])
{
    check_options(options);
    int64_t height = before(options, output.height), width = before(options, output.width);
    if (height > 0 && width > 0 && height <= SIDE_MAX && width <= SIDE_MAX) {
        input->height = (size_t)height;
        input->width = (size_t)width;
        return true;
    }
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                            "no input of a %s of kernel %" PRId64 ", stride %" PRId64 ", padding %" PRId64
                            ", output_padding %" PRId64 " gives the %zu x %zu places",
                            elbow_layer_word(options->kind), options->kernel, options->stride, options->padding,
                            options->output_padding, output.height, output.width);
    return false;
}

static enum elbow_status add_tensors(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     struct elbow_conv_layer *conv, struct elbow_error *error)
{
    size_t kernel = (size_t)site->options->kernel;
    size_t channels = site->input.channels, filters = (size_t)site->options->filters;
    struct elbow_tensor weight = {.rank = 4,
                                  .shape = {kernel, kernel, channels, filters},
                                  .is_weight = true,
                                  .initial = elbow_activation_initial(conv->activation, site->initializer),
                                  .fan_in = kernel * kernel * channels,
                                  .fan_out = kernel * kernel * filters};
    struct elbow_tensor bias = {.rank = 1, .shape = {filters}, .initial = ELBOW_INITIAL_CONSTANT};
    enum elbow_status status = elbow_layer_add_tensor(parameters, site, "weight", weight, &conv->weight, error);
    if (status == ELBOW_OK)
        status = elbow_layer_add_tensor(parameters, site, "bias", bias, &conv->bias, error);
    return status;
}

enum elbow_status elbow_conv_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                          struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct elbow_conv_layer *conv = NULL;
    bool is_transposed = site->options->kind == ELBOW_LAYER_CONV_TRANSPOSE2D;
    enum elbow_status status = elbow_allocate(&conv, 1, sizeof *conv, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = conv;
    conv->is_transposed = is_transposed;
    conv->activation = (enum elbow_activation)site->options->activation;
    status = add_tensors(parameters, site, conv, error);
    if (status != ELBOW_OK || site->rows_max == 0)
        return status;
    const struct elbow_layer *options = site->options;
    return elbow_convolution_create(is_transposed ? layer->output : layer->input,
                                    is_transposed ? layer->input : layer->output, (size_t)options->kernel,
                                    (size_t)options->stride, (size_t)options->padding, &conv->convolution, error);
}

void elbow_conv_layer_destroy(void *state)
{
    struct elbow_conv_layer *conv = state;
    elbow_convolution_destroy(&conv->convolution);
}

size_t elbow_conv_layer_kept(const struct elbow_layer_instance *layer)
{
    const struct elbow_conv_layer *conv = layer->state;
    return elbow_activation_keeps_slope(conv->activation) ? layer->outputs : 0;
}

// One row of an output image.
static size_t row_of(const struct elbow_layer_instance *layer)
{
    return layer->output.width * layer->output.channels;
}

size_t elbow_conv_layer_workspace(const struct elbow_layer_instance *layer)
{
    const struct elbow_conv_layer *conv = layer->state;
    return elbow_convolution_room(&conv->convolution) + row_of(layer);
}

// The weights (i, j, input channel, filter) as convolution.h's V (i, j, channel of the image, filter of the map).
static struct elbow_strides strides_of(const struct elbow_layer_instance *layer)
{
    const struct elbow_conv_layer *conv = layer->state;
    size_t filters = layer->output.channels;
    return conv->is_transposed ? (struct elbow_strides){.channel = 1, .filter = filters}
                               : (struct elbow_strides){.channel = filters, .filter = 1};
}

// Samples [first, first + result).
static size_t block_of(const struct elbow_conv_layer *conv, size_t rows, size_t first)
{
    return rows - first < conv->convolution.block ? rows - first : conv->convolution.block;
}

void elbow_conv_layer_forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                              const struct elbow_layer_call *call)
{
    const struct elbow_conv_layer *conv = layer->state;
    const struct elbow_convolution *convolution = &conv->convolution;
    const float *weight = call->parameters + conv->weight;
    size_t rows = call->rows, row = row_of(layer), filters = layer->output.channels;
    float *room = call->workspace, *bias = room + elbow_convolution_room(convolution);
    (void)parts;
    for (size_t i = 0; i < row; i += filters)
        memcpy(bias + i, call->parameters + conv->bias, filters * sizeof *bias);
    if (conv->is_transposed)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(layer), room);
    else
        elbow_convolution_begin_gather(convolution, weight, strides_of(layer), room);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = call->x + first * layer->inputs;
        float *output = call->y + first * layer->outputs;
        if (conv->is_transposed) {
            const float *maps = elbow_convolution_take_maps(convolution, count, input, room);
            elbow_convolution_scatter(convolution, count, maps, room, output);
        } else {
            const float *images = elbow_convolution_take_images(convolution, count, input, room);
            elbow_convolution_gather(convolution, count, images, room, output);
        }
        elbow_activation_forward(conv->activation, count * layer->output.height, row, bias, output,
                                 call->kept ? call->kept + first * layer->outputs : NULL);
    }
}

// sums[j] += the sum over `rows` rows of da, in order.
static void add_rows(size_t rows, size_t row, const float *restrict da, float *restrict sums)
{
    for (size_t i = 0; i < rows; ++i, da += row)
        for (size_t j = 0; j < row; ++j)
            sums[j] += da[j];
}

static void finish_bias(const struct elbow_layer_instance *layer, const float *sums, float *gradient)
{
    size_t filters = layer->output.channels;
    memset(gradient, 0, filters * sizeof *gradient);
    add_rows(layer->output.width, filters, sums, gradient);
}

void elbow_conv_layer_backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                               const struct elbow_layer_call *call)
{
    const struct elbow_conv_layer *conv = layer->state;
    const struct elbow_convolution *convolution = &conv->convolution;
    const float *weight = call->parameters + conv->weight;
    size_t rows = call->rows, row = row_of(layer);
    float *room = call->workspace, *sums = room + elbow_convolution_room(convolution);
    (void)parts;
    memset(sums, 0, row * sizeof *sums);
    elbow_convolution_begin_gradient(convolution, room);
    if (call->dx && conv->is_transposed)
        elbow_convolution_begin_gather(convolution, weight, strides_of(layer), room);
    else if (call->dx)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(layer), room);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = call->x + first * layer->inputs;
        size_t at = first * layer->outputs;
        float *da = call->dy + at, *dx = call->dx ? call->dx + first * layer->inputs : NULL;
        elbow_activation_backward(conv->activation, count * layer->outputs, call->y + at,
                                  call->kept ? call->kept + at : NULL, da);
        add_rows(count * layer->output.height, row, da, sums);
        const float *images = conv->is_transposed ? da : input, *maps = conv->is_transposed ? input : da;
        images = elbow_convolution_take_images(convolution, count, images, room);
        maps = elbow_convolution_take_maps(convolution, count, maps, room);
        elbow_convolution_gradient(convolution, count, images, maps, room);
        if (dx && conv->is_transposed)
            elbow_convolution_gather(convolution, count, images, room, dx);
        else if (dx)
            elbow_convolution_scatter(convolution, count, maps, room, dx);
    }
    elbow_convolution_end_gradient(convolution, room, strides_of(layer), call->gradient + conv->weight);
    finish_bias(layer, sums, call->gradient + conv->bias);
}
