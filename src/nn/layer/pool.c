// SPDX-License-Identifier: BSD-3-Clause
// pool: the largest value, or the mean, of each window of `size` rows and columns (of a volume: and planes), `stride`
// apart, for each channel. Along a side of i places there are o = floor((i - size) / stride) + 1 windows; a side of
// length 1 (series) does not change. Backward the gradient goes to the place of the largest value (the first one in the
// order of planes, rows and columns, if there are several), or in equal shares to all.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

static size_t stride_of(const struct elbow_layer *options)
{
    return (size_t)(options->stride > 0 ? options->stride : options->size);
}

static size_t side_of(const struct elbow_layer *options, size_t input)
{
    size_t size = (size_t)options->size;
    return input == 1 ? 1 : input < size ? 0 : (input - size) / stride_of(options) + 1;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    size_t depth = side_of(options, elbow_shape_depth(input));
    int axes = elbow_shape_axes(input) == 3 ? 3 : 2;
    long long size = (long long)options->size;
    *output = (struct elbow_shape){side_of(options, input.height), side_of(options, input.width), input.channels,
                                   input.depth > 0 ? depth : 0};
    if (depth > 0 && output->height > 0 && output->width > 0)
        return true;
    if (axes == 3)
        snprintf(reason, ELBOW_LAYER_REASON_SIZE,
                 "a window of %lld x %lld x %lld does not fit into its input of %s places; make it smaller", size, size,
                 size, elbow_shape_places_text(input, axes).text);
    else
        snprintf(reason, ELBOW_LAYER_REASON_SIZE,
                 "a window of %lld x %lld does not fit into its input of %s places; make it smaller", size, size,
                 elbow_shape_places_text(input, axes).text);
    return false;
}

static size_t side_before(const struct elbow_layer *options, size_t output)
{
    return output == 1 ? 1 : (output - 1) * stride_of(options) + (size_t)options->size;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)reason;
    input->depth = output.depth > 0 ? side_before(options, output.depth) : 0;
    input->height = side_before(options, output.height);
    input->width = side_before(options, output.width);
    return true;
}

struct pool {
    bool is_mean;
    size_t depth, height, width; // of a window
    size_t step;                 // from one to the next
};

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct pool *pool = NULL;
    enum elbow_status status = elbow_allocate(&pool, 1, sizeof *pool, "a layer", error);
    (void)parameters;
    if (status != ELBOW_OK)
        return status;
    const struct elbow_layer *options = site->options;
    size_t size = (size_t)options->size;
    *pool = (struct pool){.is_mean = options->pool == ELBOW_POOL_MEAN,
                          .depth = elbow_shape_depth(layer->input) == 1 ? 1 : size,
                          .height = layer->input.height == 1 ? 1 : size,
                          .width = layer->input.width == 1 ? 1 : size,
                          .step = stride_of(options)};
    layer->state = pool;
    return ELBOW_OK;
}

struct pass {
    const struct elbow_layer_instance *layer;
    const struct elbow_layer_call *call;
};

// Calls `body` for each window of a row: the first value of the window in x, and its channels in y.
struct window {
    const struct pool *pool;
    size_t channels, pitch, plane; // values from one row of places to the next, from one plane
    size_t places;                 // of the window
    size_t at, to;                 // in the sample's x and y
};
typedef void window_body(const struct window *window, const struct pass *pass, size_t row);

static void each_window(const struct pass *pass, size_t row, window_body *body)
{
    const struct elbow_layer_instance *layer = pass->layer;
    const struct pool *pool = layer->state;
    size_t channels = layer->input.channels, pitch = layer->input.width * channels;
    size_t plane = layer->input.height * pitch;
    struct window window = {.pool = pool,
                            .channels = channels,
                            .pitch = pitch,
                            .plane = plane,
                            .places = pool->depth * pool->height * pool->width};
    for (size_t h = 0; h < elbow_shape_depth(layer->output); ++h)
        for (size_t i = 0; i < layer->output.height; ++i)
            for (size_t j = 0; j < layer->output.width; ++j, window.to += channels) {
                window.at = pool->step * (h * plane + i * pitch + j * channels);
                body(&window, pass, row);
            }
}

// The offset of place k of a window from its first value.
static size_t place_of(const struct window *window, size_t k)
{
    size_t width = window->pool->width, line = k / width;
    return line / window->pool->height * window->plane + line % window->pool->height * window->pitch +
           k % width * window->channels;
}

static void take_largest(const struct window *window, const struct pass *pass, size_t row)
{
    const float *x = pass->call->x + row * pass->layer->inputs + window->at;
    float *y = pass->call->y + row * pass->layer->outputs + window->to;
    memcpy(y, x, window->channels * sizeof *y);
    for (size_t k = 1; k < window->places; ++k) {
        const float *place = x + place_of(window, k);
        for (size_t c = 0; c < window->channels; ++c) // a NaN is not below, and stays
            y[c] = place[c] <= y[c] || isnan(y[c]) ? y[c] : place[c];
    }
}

static void take_mean(const struct window *window, const struct pass *pass, size_t row)
{
    const float *x = pass->call->x + row * pass->layer->inputs + window->at;
    float *y = pass->call->y + row * pass->layer->outputs + window->to;
    size_t places = window->places;
    memcpy(y, x, window->channels * sizeof *y);
    for (size_t k = 1; k < places; ++k) {
        const float *place = x + place_of(window, k);
        for (size_t c = 0; c < window->channels; ++c)
            y[c] += place[c];
    }
    float share = 1.0f / (float)places;
    for (size_t c = 0; c < window->channels; ++c)
        y[c] *= share;
}

static void give_largest(const struct window *window, const struct pass *pass, size_t row)
{
    const struct elbow_layer_call *call = pass->call;
    size_t at = row * pass->layer->inputs + window->at, to = row * pass->layer->outputs + window->to;
    for (size_t c = 0; c < window->channels; ++c) {
        size_t k = 0;
        while (!(call->x[at + place_of(window, k) + c] == call->y[to + c]) && k + 1 < window->places)
            ++k;
        call->dx[at + place_of(window, k) + c] += call->dy[to + c];
    }
}

static void give_mean(const struct window *window, const struct pass *pass, size_t row)
{
    const float *dy = pass->call->dy + row * pass->layer->outputs + window->to;
    float *dx = pass->call->dx + row * pass->layer->inputs + window->at;
    size_t places = window->places;
    float share = 1.0f / (float)places;
    for (size_t k = 0; k < places; ++k)
        for (size_t c = 0; c < window->channels; ++c)
            dx[place_of(window, k) + c] += share * dy[c];
}

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    const struct pool *pool = pass->layer->state;
    (void)part;
    for (size_t row = first; row < first + count; ++row)
        each_window(pass, row, pool->is_mean ? take_mean : take_largest);
}

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    const struct pool *pool = pass->layer->state;
    size_t inputs = pass->layer->inputs;
    (void)part;
    memset(pass->call->dx + first * inputs, 0, count * inputs * sizeof(float));
    for (size_t row = first; row < first + count; ++row)
        each_window(pass, row, pool->is_mean ? give_mean : give_largest);
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    struct pass pass = {layer, call};
    (void)parts;
    elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->inputs + 1) + 1, forward_span, &pass);
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    struct pass pass = {layer, call};
    (void)parts;
    if (call->dx)
        elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->inputs + 1) + 1, backward_span, &pass);
}

static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    static const int64_t channels_first[] = {0, 4, 1, 2, 3}, channels_last[] = {0, 2, 3, 4, 1};
    const struct pool *pool = layer->state;
    const struct elbow_shape *input = &layer->input;
    const size_t sides[] = {elbow_shape_depth(*input), input->height, input->width, input->channels};
    struct elbow_onnx_attribute attributes[] = {{.name = "kernel_shape", .kind = ELBOW_ONNX_INTEGERS, .count = 3},
                                                {.name = "strides", .kind = ELBOW_ONNX_INTEGERS, .count = 3}};
    const size_t window[] = {pool->depth, pool->height, pool->width};
    (void)parameters;
    for (int i = 0; i < 3; ++i) {
        attributes[0].integers[i] = (int64_t)window[i];
        attributes[1].integers[i] = (int64_t)pool->step;
    }
    x = elbow_onnx_transpose(onnx, elbow_onnx_reshape(onnx, x, 4, sides), 5, channels_first);
    x = elbow_onnx_node(onnx, pool->is_mean ? "AveragePool" : "MaxPool", 1, &x, 2, attributes);
    return elbow_onnx_reshape(onnx, elbow_onnx_transpose(onnx, x, 5, channels_last), 1, &layer->outputs);
}

const struct elbow_layer_row elbow_layer_pool = {.needs_image = true,
                                                 .only_moves = true,
                                                 .shape = shape,
                                                 .place_before = place_before,
                                                 .create = create,
                                                 .forward = forward,
                                                 .backward = backward,
                                                 .onnx = onnx_of};
