// SPDX-License-Identifier: BSD-3-Clause
// The layer pool in double precision: windows found place by place from the output.
#include "reference_layer.h"

#include <math.h>

static bool at(size_t i, struct reference_case *found)
{
    static const struct reference_case cases[] = {
        {.options = {.size = 2}, .input = {2, 2, 1, 0}, .rows = 1},
        {.options = {.size = 2}, .input = {4, 6, 3, 0}, .rows = 3},
        {.options = {.size = 2, .pool = ELBOW_POOL_MEAN}, .input = {4, 6, 3, 0}, .rows = 3},
        {.options = {.size = 3, .stride = 2}, .input = {9, 7, 5, 0}, .rows = 4}, // windows overlap
        {.options = {.size = 3, .stride = 2, .pool = ELBOW_POOL_MEAN}, .input = {9, 7, 5, 0}, .rows = 4},
        {.options = {.size = 2, .stride = 5}, .input = {13, 7, 17, 0}, .rows = 2}, // places outside of all windows
        {.options = {.size = 2}, .input = {5, 5, 2, 0}, .rows = 9},
        {.options = {.size = 4}, .input = {64, 1, 3, 0}, .rows = 5}, // series
        {.options = {.size = 4, .pool = ELBOW_POOL_MEAN}, .input = {1, 30, 16, 0}, .rows = 130},
        {.options = {.size = 5}, .input = {4, 8, 2, 0}, .rows = 2}, // does not fit
        {.options = {.size = 2}, .input = {4, 2, 3, 6}, .rows = 3}, // volumes
        {.options = {.size = 3, .stride = 2, .pool = ELBOW_POOL_MEAN}, .input = {7, 5, 2, 3}, .rows = 3},
        {.options = {.size = 2}, .input = {5, 4, 17, 1}, .rows = 2},
        {.options = {.size = 3, .stride = 1}, .input = {4, 1, 2, 5}, .rows = 40},
        {.options = {.size = 3}, .input = {6, 6, 1, 2}, .rows = 1}, // does not fit
    };
    if (i >= sizeof cases / sizeof *cases)
        return false;
    *found = cases[i];
    found->options.kind = ELBOW_LAYER_POOL;
    return true;
}

static size_t stride_of(const struct elbow_layer *options)
{
    return (size_t)(options->stride == 0 ? options->size : options->stride);
}

// Number of windows along a side.
static size_t windows(const struct elbow_layer *options, size_t side)
{
    size_t count = 0;
    if (side == 1)
        return 1;
    for (size_t first = 0; first + (size_t)options->size <= side; first += stride_of(options))
        ++count;
    return count;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    size_t planes = input.depth > 0 ? windows(options, input.depth) : 0;
    *output =
        (struct elbow_shape){windows(options, input.height), windows(options, input.width), input.channels, planes};
    return output->height > 0 && output->width > 0 && (input.depth == 0 || planes > 0);
}

struct window {
    size_t front, top, left, depth, height, width;
};

static struct window window_of(const struct reference_call *call, size_t h, size_t i, size_t j)
{
    size_t size = (size_t)call->options->size, stride = stride_of(call->options);
    return (struct window){.front = h * stride,
                           .depth = call->input.depth <= 1 ? 1 : size,
                           .top = i * stride,
                           .left = j * stride,
                           .height = call->input.height == 1 ? 1 : size,
                           .width = call->input.width == 1 ? 1 : size};
}

static size_t index_of(struct elbow_shape shape, size_t row, size_t h, size_t i, size_t j, size_t c)
{
    size_t planes = shape.depth > 0 ? shape.depth : 1;
    return (((row * planes + h) * shape.height + i) * shape.width + j) * shape.channels + c;
}

// The window's value; *largest is its place.
static double value_of(const struct reference_call *call, struct window window, size_t row, size_t c, size_t *largest)
{
    double sum = 0;
    *largest = index_of(call->input, row, window.front, window.top, window.left, c);
    for (size_t h = 0; h < window.depth; ++h)
        for (size_t i = 0; i < window.height; ++i)
            for (size_t j = 0; j < window.width; ++j) {
                size_t at = index_of(call->input, row, window.front + h, window.top + i, window.left + j, c);
                sum += call->x[at];
                if (call->x[at] > call->x[*largest])
                    *largest = at;
            }
    bool is_mean = call->options->pool == ELBOW_POOL_MEAN;
    return is_mean ? sum / (double)(window.depth * window.height * window.width) : call->x[*largest];
}

// A window's share of the gradient of its mean goes to all of its places.
static void share(const struct reference_call *call, struct window window, size_t row, size_t c, double dy)
{
    double places = (double)(window.depth * window.height * window.width);
    for (size_t h = 0; h < window.depth; ++h)
        for (size_t i = 0; i < window.height; ++i)
            for (size_t j = 0; j < window.width; ++j)
                call->dx[index_of(call->input, row, window.front + h, window.top + i, window.left + j, c)] +=
                    dy / places;
}

static void visit_window(const struct reference_call *call, struct window window, size_t row, size_t c, size_t to,
                         bool goes_back)
{
    size_t largest;
    double value = value_of(call, window, row, c, &largest);
    if (!goes_back)
        call->y[to] = value;
    else if (call->options->pool == ELBOW_POOL_MAX)
        call->dx[largest] += call->dy[to];
    else
        share(call, window, row, c, call->dy[to]);
}

static void visit(const struct reference_call *call, bool goes_back)
{
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t h = 0; h < (call->output.depth > 0 ? call->output.depth : 1); ++h)
            for (size_t i = 0; i < call->output.height; ++i)
                for (size_t j = 0; j < call->output.width; ++j)
                    for (size_t c = 0; c < call->input.channels; ++c)
                        visit_window(call, window_of(call, h, i, j), row, c, index_of(call->output, row, h, i, j, c),
                                     goes_back);
}

static void forward(const struct reference_call *call)
{
    visit(call, false);
}

static void backward(const struct reference_call *call)
{
    if (call->dx)
        visit(call, true);
}

static struct reference_terms terms(const struct reference_call *call)
{
    double size = pow((double)call->options->size, 3);
    return (struct reference_terms){.y = size, .gradient = 0, .dx = size, .coarse = 1};
}

const struct reference_layer reference_pool = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
