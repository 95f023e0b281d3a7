// SPDX-License-Identifier: BSD-3-Clause
// The layer dense in double precision: y[u] = f(b[u] + the sum over i of x[i] W[i][u]).
#include "reference_layer.h"

#include <stdlib.h>

static bool at(size_t i, struct reference_case *found)
{
    static const struct {
        size_t inputs;
        int64_t units;
        size_t rows;
    } sizes[] = {
        {.inputs = 1, .units = 1, .rows = 1},     {.inputs = 1, .units = 1, .rows = 9},
        {.inputs = 5, .units = 3, .rows = 3},     {.inputs = 7, .units = 17, .rows = 4},
        {.inputs = 16, .units = 16, .rows = 5},   {.inputs = 33, .units = 1, .rows = 6},
        {.inputs = 1, .units = 40, .rows = 7},    {.inputs = 100, .units = 10, .rows = 3},
        {.inputs = 257, .units = 65, .rows = 4},  {.inputs = 64, .units = 129, .rows = 41},
        {.inputs = 31, .units = 30, .rows = 135}, {.inputs = 700, .units = 300, .rows = 3}, // has parts
    };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    if (i >= SIZES + ELBOW_ACTIVATIONS)
        return false;
    size_t number = i < SIZES ? i : 3;
    int activation = i < SIZES ? (i % 2 ? ELBOW_ACTIVATION_TANH : ELBOW_ACTIVATION_SILU) : (int)(i - SIZES);
    *found = (struct reference_case){
        .options = {.kind = ELBOW_LAYER_DENSE, .units = sizes[number].units, .activation = activation},
        .input = {1, 1, sizes[number].inputs, 0},
        .rows = sizes[number].rows,
        .has_dense_product = true};
    if (number == 7) // an image is its values
        found->input = (struct elbow_shape){5, 4, 5, 0};
    return true;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    (void)input;
    *output = (struct elbow_shape){1, 1, (size_t)options->units, 0};
    return true;
}

static double *sums_of(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), units = reference_outputs(call);
    double *a = reference_room(call->rows * units);
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t unit = 0; unit < units; ++unit) {
            double sum = call->tensors[1][unit];
            for (size_t i = 0; i < inputs; ++i)
                sum += call->x[row * inputs + i] * call->tensors[0][i * units + unit];
            a[row * units + unit] = sum;
        }
    return a;
}

static void forward(const struct reference_call *call)
{
    double *a = sums_of(call);
    reference_activate(call, a);
    free(a);
}

static void backward(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), units = reference_outputs(call);
    double *a = sums_of(call);
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t unit = 0; unit < units; ++unit) {
            size_t at = row * units + unit;
            double da = call->dy[at] * reference_derivative((enum elbow_activation)call->options->activation, a[at]);
            call->gradients[1][unit] += da;
            for (size_t i = 0; i < inputs; ++i) {
                call->gradients[0][i * units + unit] += call->x[row * inputs + i] * da;
                if (call->dx)
                    call->dx[row * inputs + i] += da * call->tensors[0][i * units + unit];
            }
        }
    free(a);
}

static struct reference_terms terms(const struct reference_call *call)
{
    double inputs = (double)reference_inputs(call), units = (double)reference_outputs(call);
    return (struct reference_terms){
        .y = inputs, .gradient = inputs + (double)call->rows, .dx = inputs + units, .coarse = 1};
}

const struct reference_layer reference_dense = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
