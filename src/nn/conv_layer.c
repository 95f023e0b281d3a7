// SPDX-License-Identifier: BSD-3-Clause
// The convolutional layers over blocks of samples that fit the cache: products, bias and activation of one block before
// the next.
//
// The bias is laid out once for a whole row of an output image, so that the elementwise kernels see long rows. Sums
// over da go image row by image row in order, then column by column.
#include "elbow/nn/detail/conv_layer.h"

#include "elbow/base/memory.h"

#include <string.h>

static enum elbow_status add_tensors(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     size_t places, struct elbow_conv_layer *conv, struct elbow_error *error)
{
    const struct elbow_layer *options = site->options;
    const struct elbow_window window = elbow_conv_window(options);
    size_t taps = elbow_window_taps(&window), channels = site->input.channels, filters = (size_t)options->filters;
    int axes = elbow_conv_axes(options->kind);
    struct elbow_tensor weight = {.rank = axes + 2,
                                  .is_weight = true,
                                  .initial = elbow_activation_initial(conv->activation, site->initializer),
                                  .fan_in = taps * channels,
                                  .fan_out = taps * filters};
    for (int i = 0; i < axes; ++i)
        weight.shape[i] = (size_t)options->kernel;
    weight.shape[axes] = channels;
    weight.shape[axes + 1] = filters;
    struct elbow_tensor bias = {.rank = 1, .shape = {filters}, .initial = ELBOW_INITIAL_CONSTANT};
    enum elbow_status status = elbow_layer_add_tensor(parameters, site, "weight", weight, &conv->weight, error);
    if (status == ELBOW_OK)
        status = elbow_layer_condition_create(parameters, site, &weight, filters, places, &conv->condition, error);
    if (status == ELBOW_OK)
        status = elbow_layer_add_tensor(parameters, site, "bias", bias, &conv->bias, error);
    return status;
}

enum elbow_status elbow_conv_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                          struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct elbow_conv_layer *conv = NULL;
    bool is_transposed = elbow_conv_is_transposed(site->options->kind);
    enum elbow_status status = elbow_allocate(&conv, 1, sizeof *conv, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = conv;
    conv->is_transposed = is_transposed;
    conv->axes = elbow_conv_axes(site->options->kind);
    conv->window = elbow_conv_window(site->options);
    conv->activation = (enum elbow_activation)site->options->activation;
    status = add_tensors(parameters, site, elbow_shape_places(layer->output), conv, error);
    if (status != ELBOW_OK || site->rows_max == 0)
        return status;
    const struct elbow_window window = elbow_conv_window(site->options);
    return elbow_convolution_create(is_transposed ? layer->output : layer->input,
                                    is_transposed ? layer->input : layer->output, &window, &conv->convolution, error);
}

void elbow_conv_layer_destroy(void *state)
{
    struct elbow_conv_layer *conv = state;
    elbow_convolution_destroy(&conv->convolution);
}

size_t elbow_conv_layer_kept(const struct elbow_layer_instance *layer)
{
    const struct elbow_conv_layer *conv = layer->state;
    return elbow_activation_keeps_derivative(conv->activation) ? layer->outputs : 0;
}

// One row of an output image, and how many rows a sample has.
static size_t row_of(const struct elbow_layer_instance *layer)
{
    return layer->output.width * layer->output.channels;
}

static size_t rows_of(const struct elbow_layer_instance *layer)
{
    return elbow_shape_depth(layer->output) * layer->output.height;
}

size_t elbow_conv_layer_workspace(const struct elbow_layer_instance *layer)
{
    const struct elbow_conv_layer *conv = layer->state;
    return elbow_convolution_workspace(&conv->convolution) + row_of(layer);
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
    float *workspace = call->workspace, *bias = workspace + elbow_convolution_workspace(convolution);
    (void)parts;
    for (size_t i = 0; i < row; i += filters)
        memcpy(bias + i, call->parameters + conv->bias, filters * sizeof *bias);
    if (conv->is_transposed)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(layer), workspace);
    else
        elbow_convolution_begin_gather(convolution, weight, strides_of(layer), workspace);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = call->x + first * layer->inputs;
        float *output = call->y + first * layer->outputs;
        if (conv->is_transposed) {
            const float *maps = elbow_convolution_take_maps(convolution, count, input, workspace);
            elbow_convolution_scatter(convolution, count, maps, workspace, output);
        } else {
            const float *images = elbow_convolution_take_images(convolution, count, input, workspace);
            elbow_convolution_gather(convolution, count, images, workspace, output);
        }
        elbow_layer_condition_forward(&conv->condition, call, first, count, output);
        elbow_activation_forward(conv->activation, count * rows_of(layer), row, bias, output,
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
    float *workspace = call->workspace, *sums = workspace + elbow_convolution_workspace(convolution);
    (void)parts;
    memset(sums, 0, row * sizeof *sums);
    elbow_convolution_begin_gradient(convolution, workspace);
    if (call->dx && conv->is_transposed)
        elbow_convolution_begin_gather(convolution, weight, strides_of(layer), workspace);
    else if (call->dx)
        elbow_convolution_begin_scatter(convolution, weight, strides_of(layer), workspace);
    for (size_t first = 0, count; first < rows; first += count) {
        count = block_of(conv, rows, first);
        const float *input = call->x + first * layer->inputs;
        size_t at = first * layer->outputs;
        float *da = call->dy + at, *dx = call->dx ? call->dx + first * layer->inputs : NULL;
        elbow_activation_backward(conv->activation, count * layer->outputs, call->y + at,
                                  call->kept ? call->kept + at : NULL, da);
        elbow_layer_condition_backward(&conv->condition, call, first, count, da);
        add_rows(count * rows_of(layer), row, da, sums);
        const float *images = conv->is_transposed ? da : input, *maps = conv->is_transposed ? input : da;
        images = elbow_convolution_take_images(convolution, count, images, workspace);
        maps = elbow_convolution_take_maps(convolution, count, maps, workspace);
        elbow_convolution_gradient(convolution, count, images, maps, workspace);
        if (dx && conv->is_transposed)
            elbow_convolution_gather(convolution, count, images, workspace, dx);
        else if (dx)
            elbow_convolution_scatter(convolution, count, maps, workspace, dx);
    }
    elbow_convolution_end_gradient(convolution, workspace, strides_of(layer), call->gradient + conv->weight);
    finish_bias(layer, sums, call->gradient + conv->bias);
}

// A product with one row per place of the map and sample, of patches (rows, depth) and W (depth, filters). For a
// transposed convolution the input is the map, and the output is the patches before they are added up.
void elbow_conv_layer_products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit,
                               void *user)
{
    const struct elbow_conv_layer *conv = layer->state;
    struct elbow_shape map = conv->is_transposed ? layer->input : layer->output;
    size_t places = rows * elbow_shape_places(map), channels = map.channels, depth = conv->convolution.depth;
    const enum elbow_operand patches = ELBOW_OPERAND_WORKSPACE;
    const struct elbow_product straight[] = {
        {ELBOW_PRODUCT_FORWARD, places, channels, depth, patches, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_Y},
        {ELBOW_PRODUCT_WEIGHTS, depth, channels, places, patches, ELBOW_OPERAND_DY, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, places, depth, channels, ELBOW_OPERAND_DY, ELBOW_OPERAND_TENSORS, patches}};
    const struct elbow_product transposed[] = {
        {ELBOW_PRODUCT_FORWARD, places, depth, channels, ELBOW_OPERAND_X, ELBOW_OPERAND_TENSORS, patches},
        {ELBOW_PRODUCT_WEIGHTS, depth, channels, places, patches, ELBOW_OPERAND_X, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, places, channels, depth, patches, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_DX}};
    for (size_t i = 0; i < sizeof straight / sizeof *straight; ++i)
        visit(user, conv->is_transposed ? &transposed[i] : &straight[i]);
}
