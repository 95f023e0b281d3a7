// SPDX-License-Identifier: BSD-3-Clause
// The layer upsample in double precision: y[i][j] = x[i / factor][j / factor].
#include "reference_layer.h"

static bool at(size_t i, struct reference_case *found)
{
    static const struct reference_case cases[] = {
        {.options = {.factor = 2}, .input = {2, 2, 1, 0}, .rows = 1},
        {.options = {.factor = 2}, .input = {3, 5, 17, 0}, .rows = 4},
        {.options = {.factor = 3}, .input = {4, 2, 16, 0}, .rows = 9},
        {.options = {.factor = 4}, .input = {20, 1, 3, 0}, .rows = 5}, // series
        {.options = {.factor = 2}, .input = {1, 1, 6, 0}, .rows = 3},
        {.options = {.factor = 2}, .input = {7, 7, 2, 0}, .rows = 130},
        {.options = {.factor = 2}, .input = {3, 4, 2, 5}, .rows = 3}, // volumes
        {.options = {.factor = 3}, .input = {1, 2, 17, 2}, .rows = 2},
        {.options = {.factor = 2}, .input = {4, 3, 1, 1}, .rows = 41},
    };
    if (i >= sizeof cases / sizeof *cases)
        return false;
    *found = cases[i];
    found->options.kind = ELBOW_LAYER_UPSAMPLE;
    return true;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    size_t factor = (size_t)options->factor;
    *output =
        (struct elbow_shape){input.height > 1 ? factor * input.height : 1, input.width > 1 ? factor * input.width : 1,
                             input.channels, input.depth > 1 ? factor * input.depth : input.depth};
    return true;
}

// The source of value `at` of a row of y.
static size_t source_of(const struct reference_call *call, size_t at)
{
    size_t channels = call->input.channels, c = at % channels, j = at / channels % call->output.width;
    size_t line = at / channels / call->output.width, factor = (size_t)call->options->factor;
    size_t i = line % call->output.height, h = line / call->output.height;
    h = call->input.depth > 1 ? h / factor : h;
    i = call->input.height > 1 ? i / factor : i;
    j = call->input.width > 1 ? j / factor : j;
    return ((h * call->input.height + i) * call->input.width + j) * channels + c;
}

static void forward(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), outputs = reference_outputs(call);
    for (size_t i = 0; i < call->rows * outputs; ++i)
        call->y[i] = call->x[i / outputs * inputs + source_of(call, i % outputs)];
}

static void backward(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), outputs = reference_outputs(call);
    for (size_t i = 0; i < call->rows * outputs && call->dx; ++i)
        call->dx[i / outputs * inputs + source_of(call, i % outputs)] += call->dy[i];
}

static struct reference_terms terms(const struct reference_call *call)
{
    double factor = (double)call->options->factor;
    return (struct reference_terms){.y = 1, .gradient = 0, .dx = factor * factor * factor, .coarse = 1};
}

const struct reference_layer reference_upsample = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
