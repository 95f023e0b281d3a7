// SPDX-License-Identifier: BSD-3-Clause
// The layer layer_norm in double precision: y = f(gain[c] (x - mean) / sqrt(variance + epsilon) + bias[c]).
#include "reference_layer.h"

#include <math.h>

static bool at(size_t i, struct reference_case *found)
{
    static const struct {
        struct elbow_shape input;
        size_t rows;
    } sizes[] = {
        {{1, 1, 2, 0}, 1},   {{1, 1, 5, 0}, 3},   {{1, 1, 17, 0}, 4}, {{1, 1, 130, 0}, 7},
        {{3, 4, 1, 0}, 2},   {{5, 2, 3, 0}, 5},   {{4, 4, 16, 0}, 3}, {{2, 3, 70, 0}, 9},
        {{1, 1, 64, 0}, 41}, {{8, 1, 4, 0}, 130}, {{3, 2, 5, 4}, 3},
    };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    if (i >= SIZES + ELBOW_ACTIVATIONS)
        return false;
    size_t number = i < SIZES ? i : 5;
    int activation = i < SIZES ? ELBOW_ACTIVATION_NONE : (int)(i - SIZES);
    *found = (struct reference_case){
        .options = {.kind = ELBOW_LAYER_LAYER_NORM, .activation = activation, .epsilon = i % 2 == 0 ? 1e-5 : 0.5},
        .input = sizes[number].input,
        .rows = sizes[number].rows};
    return true;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    (void)options;
    *output = input;
    return true;
}

struct moments {
    double mean, deviation;
};

static struct moments moments_of(const struct reference_call *call, size_t row)
{
    size_t n = reference_inputs(call);
    const double *x = call->x + row * n;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; ++i)
        sum += x[i];
    for (size_t i = 0; i < n; ++i)
        squares += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    return (struct moments){sum / (double)n, sqrt(squares / (double)n + call->options->epsilon)};
}

// The input of the activation.
static double argument(const struct reference_call *call, size_t row, size_t i, struct moments moments)
{
    size_t n = reference_inputs(call), c = i % call->input.channels;
    return call->tensors[0][c] * (call->x[row * n + i] - moments.mean) / moments.deviation + call->tensors[1][c];
}

static void forward(const struct reference_call *call)
{
    size_t n = reference_inputs(call);
    for (size_t row = 0; row < call->rows; ++row) {
        struct moments moments = moments_of(call, row);
        for (size_t i = 0; i < n; ++i)
            call->y[row * n + i] =
                reference_activation((enum elbow_activation)call->options->activation, argument(call, row, i, moments));
    }
}

static void backward(const struct reference_call *call)
{
    size_t n = reference_inputs(call);
    for (size_t row = 0; row < call->rows; ++row) {
        struct moments moments = moments_of(call, row);
        double sum = 0, with_h = 0;
        for (int pass = 0; pass < 2; ++pass)
            for (size_t i = 0; i < n; ++i) {
                size_t c = i % call->input.channels;
                double derivative = reference_derivative((enum elbow_activation)call->options->activation,
                                                         argument(call, row, i, moments));
                double da = call->dy[row * n + i] * derivative, g = call->tensors[0][c] * da;
                double h = (call->x[row * n + i] - moments.mean) / moments.deviation;
                if (pass == 0) {
                    call->gradients[0][c] += da * h;
                    call->gradients[1][c] += da;
                    sum += g;
                    with_h += g * h;
                } else if (call->dx) {
                    call->dx[row * n + i] += (g - sum / (double)n - h * with_h / (double)n) / moments.deviation;
                }
            }
    }
}

// The difference of two similar values has few digits, and is divided by itself.
static struct reference_terms terms(const struct reference_call *call)
{
    double n = (double)reference_inputs(call), places = n / (double)call->input.channels;
    return (struct reference_terms){.y = n, .gradient = places * (double)call->rows, .dx = n, .coarse = 8};
}

const struct reference_layer reference_layer_norm = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
