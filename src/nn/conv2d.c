// SPDX-License-Identifier: BSD-3-Clause
// The convolutional layers over blocks of samples that fit the cache: products, bias and activation of one block before
// the next. The two kinds share all but the direction.
//
// The bias is laid out once for a whole row of an output image, so that the elementwise kernels see long rows. Sums
// over da go image row by image row in order, then column by column.
#include "elbow/nn/conv2d.h"

#include "elbow/nn/activation.h"

#include <stdio.h>
#include <string.h>

// Places along one side of the output; 0 if the layer does not fit.
static size_t side_of(const struct elbow_layer *layer, size_t input)
{
    size_t kernel = (size_t)layer->kernel, stride = (size_t)layer->stride, padding = (size_t)layer->padding;
    if (layer->kind == ELBOW_LAYER_CONV2D)
        return input + 2 * padding >= kernel ? (input + 2 * padding - kernel) / stride + 1 : 0;
    size_t whole = stride * (input - 1) + kernel + (size_t)layer->output_padding;
    return layer->output_padding < layer->stride && whole > 2 * padding ? whole - 2 * padding : 0;
}

bool elbow_conv2d_shape(const struct elbow_layer *layer, struct elbow_shape input, struct elbow_shape *output)
{
    ELBOW_CHECK(layer->kind == ELBOW_LAYER_CONV2D || layer->kind == ELBOW_LAYER_CONV_TRANSPOSE2D);
    ELBOW_CHECK(layer->filters > 0 && layer->kernel > 0 && layer->stride > 0 && layer->padding >= 0);
    ELBOW_CHECK(layer->output_padding >= 0 && input.height > 0 && input.width > 0 && input.channels > 0);
    *output = (struct elbow_shape){side_of(layer, input.height), side_of(layer, input.width), (size_t)layer->filters};
    return output->height > 0 && output->width > 0;
}

static enum elbow_status add_tensors(struct elbow_parameters *parameters, const char *name, size_t kernel,
                                     enum elbow_initializer initializer, struct elbow_conv2d *conv,
                                     struct elbow_error *error)
{
    size_t channels = conv->input.channels, filters = conv->output.channels;
    struct elbow_tensor weight = {.rank = 4,
                                  .shape = {kernel, kernel, channels, filters},
                                  .is_weight = true,
                                  .initial = elbow_activation_initial(conv->activation, initializer),
                                  .fan_in = kernel * kernel * channels,
                                  .fan_out = kernel * kernel * filters};
    struct elbow_tensor bias = {.rank = 1, .shape = {filters}, .initial = ELBOW_INITIAL_CONSTANT};
    int length = snprintf(weight.name, sizeof weight.name, "%s/weight", name);
    ELBOW_CHECK(length > 0 && (size_t)length < sizeof weight.name);
    snprintf(bias.name, sizeof bias.name, "%s/bias", name);
    size_t weight_index, bias_index;
    enum elbow_status status = elbow_parameters_add(parameters, weight, &weight_index, error);
    if (status == ELBOW_OK)
        status = elbow_parameters_add(parameters, bias, &bias_index, error);
    if (status != ELBOW_OK)
        return status;
    conv->weight = parameters->tensors[weight_index].offset;
    conv->bias = parameters->tensors[bias_index].offset;
    return ELBOW_OK;
}

enum elbow_status elbow_conv2d_layout(struct elbow_parameters *parameters, const char *name,
                                      const struct elbow_layer *layer, struct elbow_shape input,
                                      enum elbow_initializer initializer, struct elbow_conv2d *conv,
                                      struct elbow_error *error)
{
    struct elbow_shape output;
    ELBOW_CHECK(elbow_conv2d_shape(layer, input, &output));
    *conv = (struct elbow_conv2d){.is_transposed = layer->kind == ELBOW_LAYER_CONV_TRANSPOSE2D,
                                  .input = input,
                                  .output = output,
                                  .inputs = input.height * input.width * input.channels,
                                  .outputs = output.height * output.width * output.channels,
                                  .activation = (enum elbow_activation)layer->activation};
    return add_tensors(parameters, name, (size_t)layer->kernel, initializer, conv, error);
}

enum elbow_status elbow_conv2d_create(struct elbow_parameters *parameters, const char *name,
                                      const struct elbow_layer *layer, struct elbow_shape input,
                                      enum elbow_initializer initializer, struct elbow_conv2d *conv,
                                      struct elbow_error *error)
{
    enum elbow_status status = elbow_conv2d_layout(parameters, name, layer, input, initializer, conv, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_shape output = conv->output;
    return elbow_convolution_create(conv->is_transposed ? output : input, conv->is_transposed ? input : output,
                                    (size_t)layer->kernel, (size_t)layer->stride, (size_t)layer->padding,
                                    &conv->convolution, error);
}

void elbow_conv2d_destroy(struct elbow_conv2d *conv)
{
    elbow_convolution_destroy(&conv->convolution);
    *conv = (struct elbow_conv2d){0};
}

// One row of an output image.
static size_t row_of(const struct elbow_conv2d *conv)
{
    return conv->output.width * conv->output.channels;
}

size_t elbow_conv2d_room(const struct elbow_conv2d *conv)
{
    return elbow_convolution_room(&conv->convolution) + row_of(conv);
}

double elbow_conv2d_operations(const struct elbow_conv2d *conv)
{
    struct elbow_shape map = conv->convolution.map;
    return (double)(map.height * map.width * map.channels) * (double)conv->convolution.depth;
}

// The weights (i, j, input channel, filter) as convolution.h's V (i, j, channel of the image, filter of the map).
static struct elbow_strides strides_of(const struct elbow_conv2d *conv)
{
    size_t filters = conv->output.channels;
    return conv->is_transposed ? (struct elbow_strides){.channel = 1, .filter = filters}
                               : (struct elbow_strides){.channel = filters, .filter = 1};
}

// Samples [first, first + result).
static size_t block_of(const struct elbow_conv2d *conv, size_t rows, size_t first)
{
    return rows - first < conv->convolution.block ? rows - first : conv->convolution.block;
}

void elbow_conv2d_forward(const struct elbow_conv2d *conv, const float *parameters, size_t rows, const float *x,
                          float *room, float *y, float *slope)
{
    const struct elbow_convolution *convolution = &conv->convolution;
    const float *weight = parameters + conv->weight;
    size_t row = row_of(conv), filters = conv->output.channels;
    float *bias = room + elbow_convolution_room(convolution);
    for (size_t i = 0; i < row; i += filters)
        memcpy(bias + i, parameters + conv->bias, filters * sizeof *bias);
    if (conv->is_transposed)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(conv), room);
    else
        elbow_convolution_begin_gather(convolution, weight, strides_of(conv), room);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = x + first * conv->inputs;
        float *output = y + first * conv->outputs;
        if (conv->is_transposed) {
            const float *maps = elbow_convolution_take_maps(convolution, count, input, room);
            elbow_convolution_scatter(convolution, count, maps, room, output);
        } else {
            const float *images = elbow_convolution_take_images(convolution, count, input, room);
            elbow_convolution_gather(convolution, count, images, room, output);
        }
        elbow_activation_forward(conv->activation, count * conv->output.height, row, bias, output,
                                 slope ? slope + first * conv->outputs : NULL);
    }
}

// sums[j] += the sum over `rows` rows of da, in order.
static void add_rows(size_t rows, size_t row, const float *restrict da, float *restrict sums)
{
    for (size_t i = 0; i < rows; ++i, da += row)
        for (size_t j = 0; j < row; ++j)
            sums[j] += da[j];
}

static void finish_bias(const struct elbow_conv2d *conv, const float *sums, float *gradient)
{
    size_t filters = conv->output.channels;
    memset(gradient, 0, filters * sizeof *gradient);
    add_rows(conv->output.width, filters, sums, gradient);
}

void elbow_conv2d_backward(const struct elbow_conv2d *conv, const float *parameters, size_t rows, const float *x,
                           const float *y, const float *slope, float *room, float *dy, float *gradient, float *dx)
{
    const struct elbow_convolution *convolution = &conv->convolution;
    const float *weight = parameters + conv->weight;
    size_t row = row_of(conv);
    float *sums = room + elbow_convolution_room(convolution);
    memset(sums, 0, row * sizeof *sums);
    elbow_convolution_begin_gradient(convolution, room);
    if (dx && conv->is_transposed)
        elbow_convolution_begin_gather(convolution, weight, strides_of(conv), room);
    else if (dx)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(conv), room);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = x + first * conv->inputs;
        size_t at = first * conv->outputs;
        float *da = dy + at, *input_gradient = dx ? dx + first * conv->inputs : NULL;
        elbow_activation_backward(conv->activation, count * conv->outputs, y + at, slope ? slope + at : NULL, da);
        add_rows(count * conv->output.height, row, da, sums);
        const float *images = conv->is_transposed ? da : input, *maps = conv->is_transposed ? input : da;
        images = elbow_convolution_take_images(convolution, count, images, room);
        maps = elbow_convolution_take_maps(convolution, count, maps, room);
        elbow_convolution_gradient(convolution, count, images, maps, room);
        if (dx && conv->is_transposed)
            elbow_convolution_gather(convolution, count, images, room, input_gradient);
        else if (dx)
            elbow_convolution_scatter(convolution, count, maps, room, input_gradient);
    }
    elbow_convolution_end_gradient(convolution, room, strides_of(conv), gradient + conv->weight);
    finish_bias(conv, sums, gradient + conv->bias);
}
