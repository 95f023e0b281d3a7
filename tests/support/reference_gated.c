// SPDX-License-Identifier: BSD-3-Clause
// The layer gated in double precision: y[u] = (b[u] + sum x[i] V[i][u]) sigmoid(c[u] + sum x[i] G[i][u]).
#include "reference_layer.h"

static bool at(size_t i, struct reference_case *found)
{
    static const struct {
        size_t inputs;
        int64_t units;
        size_t rows;
    } sizes[] = {{1, 1, 1},  {1, 1, 9},  {5, 3, 3},    {7, 17, 4},   {16, 16, 5},
                 {33, 1, 6}, {1, 40, 7}, {100, 10, 3}, {64, 65, 41}, {31, 30, 135}};
    if (i >= sizeof sizes / sizeof *sizes)
        return false;
    *found = (struct reference_case){.options = {.kind = ELBOW_LAYER_GATED, .units = sizes[i].units},
                                     .input = {1, 1, sizes[i].inputs, 0},
                                     .rows = sizes[i].rows,
                                     .has_dense_product = true};
    if (i == 7) // an image is its values
        found->input = (struct elbow_shape){5, 4, 5, 0};
    return true;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    (void)input;
    *output = (struct elbow_shape){1, 1, (size_t)options->units, 0};
    return true;
}

// Column `column` of x (V G) + (b c).
static double sum_of(const struct reference_call *call, size_t row, size_t column)
{
    size_t inputs = reference_inputs(call), columns = 2 * reference_outputs(call);
    double sum = call->tensors[1][column];
    for (size_t i = 0; i < inputs; ++i)
        sum += call->x[row * inputs + i] * call->tensors[0][i * columns + column];
    return sum;
}

static void forward(const struct reference_call *call)
{
    size_t units = reference_outputs(call);
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t unit = 0; unit < units; ++unit)
            call->y[row * units + unit] = sum_of(call, row, unit) * reference_sigmoid(sum_of(call, row, units + unit));
}

// The gradient of one sum.
static void give(const struct reference_call *call, size_t row, size_t column, double da)
{
    size_t inputs = reference_inputs(call), columns = 2 * reference_outputs(call);
    call->gradients[1][column] += da;
    for (size_t i = 0; i < inputs; ++i) {
        call->gradients[0][i * columns + column] += call->x[row * inputs + i] * da;
        if (call->dx)
            call->dx[row * inputs + i] += da * call->tensors[0][i * columns + column];
    }
}

static void backward(const struct reference_call *call)
{
    size_t units = reference_outputs(call);
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t unit = 0; unit < units; ++unit) {
            double h = sum_of(call, row, unit), g = sum_of(call, row, units + unit), dy = call->dy[row * units + unit];
            give(call, row, unit, dy * reference_sigmoid(g));
            give(call, row, units + unit, dy * h * reference_sigmoid(g) * reference_sigmoid(-g));
        }
}

static struct reference_terms terms(const struct reference_call *call)
{
    double inputs = (double)reference_inputs(call), units = (double)reference_outputs(call);
    return (struct reference_terms){
        .y = inputs, .gradient = inputs + (double)call->rows, .dx = inputs + 2 * units, .coarse = 2};
}

const struct reference_layer reference_gated = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
