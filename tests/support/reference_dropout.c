// SPDX-License-Identifier: BSD-3-Clause
// The layer dropout in double precision: y = x if nothing is known of the rows; otherwise x / (1 - rate) or 0, by the
// words of the sample's stream, one by one.
#include "reference_layer.h"

#include "elbow/math/hash.h"
#include "elbow/math/random.h"

static bool at(size_t i, struct reference_case *found)
{
    static const struct reference_case cases[] = {
        {.options = {.rate = 0.5}, .input = {1, 1, 1, 0}, .rows = 1},
        {.options = {.rate = 0.1}, .input = {1, 1, 17, 0}, .rows = 4},
        {.options = {.rate = 0.9}, .input = {3, 5, 5, 0}, .rows = 9},
        {.options = {.rate = 0.0}, .input = {1, 1, 64, 0}, .rows = 3},
        {.options = {.rate = 0.25}, .input = {1, 1, 65, 0}, .rows = 130},
        {.options = {.rate = 0.3}, .input = {4, 4, 16, 0}, .rows = 33},
    };
    if (i >= sizeof cases / sizeof *cases)
        return false;
    *found = cases[i];
    found->options.kind = ELBOW_LAYER_DROPOUT;
    return true;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    (void)options;
    *output = input;
    return true;
}

// The factor of value `i` of all rows.
static double factor(const struct reference_call *call, size_t i)
{
    size_t values = reference_inputs(call);
    uint32_t word;
    if (call->about == NULL || !call->about->is_training)
        return 1;
    struct elbow_stream stream = {call->about->seed ^ elbow_hash_text(call->name), ELBOW_PURPOSE_DROPOUT,
                                  call->about->ids[i / values], call->about->epoch};
    elbow_random_words(stream, i % values, 1, &word);
    double rate = (double)(float)call->options->rate;
    return (double)(word >> 8) < rate * 16777216 ? 0 : (double)(float)(1 / (1 - call->options->rate));
}

static void forward(const struct reference_call *call)
{
    for (size_t i = 0; i < call->rows * reference_outputs(call); ++i)
        call->y[i] = factor(call, i) * call->x[i];
}

static void backward(const struct reference_call *call)
{
    for (size_t i = 0; i < call->rows * reference_outputs(call) && call->dx; ++i)
        call->dx[i] += factor(call, i) * call->dy[i];
}

static struct reference_terms terms(const struct reference_call *call)
{
    (void)call;
    return (struct reference_terms){.y = 1, .gradient = 0, .dx = 1, .coarse = 1};
}

const struct reference_layer reference_dropout = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
