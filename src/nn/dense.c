// SPDX-License-Identifier: BSD-3-Clause
// The dense layer and the activations. Elementwise stages go row by row through the cache, in place; what is computed
// for an element does not depend on its row, its column or its neighbours. Sums over rows go four rows at a time, in
// order.
#include "elbow/nn/dense.h"

#include "elbow/math/dense_product.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <stdio.h>
#include <string.h>

static const float leak = 0.01f;

enum { VALUES_LEAST = 1 << 13 }; // values of an activation that are worth a thread
enum { PART_LEAST = 1 << 16 };   // weights of a part: half a millisecond of a network of 1 Gbit/s for each of two nodes

enum elbow_initial elbow_dense_initial(enum elbow_initializer initializer, enum elbow_activation activation)
{
    if (initializer == ELBOW_INITIALIZER_HE)
        return ELBOW_INITIAL_HE;
    if (initializer == ELBOW_INITIALIZER_GLOROT)
        return ELBOW_INITIAL_GLOROT;
    switch (activation) {
    case ELBOW_ACTIVATION_RELU:
    case ELBOW_ACTIVATION_LEAKY_RELU:
    case ELBOW_ACTIVATION_SILU:
    case ELBOW_ACTIVATION_SOFTPLUS:
        return ELBOW_INITIAL_HE;
    case ELBOW_ACTIVATION_NONE:
    case ELBOW_ACTIVATION_TANH:
    case ELBOW_ACTIVATION_SIGMOID:
        return ELBOW_INITIAL_GLOROT;
    }
    return ELBOW_INITIAL_GLOROT;
}

static void name_tensor(struct elbow_tensor *tensor, const char *layer, const char *part)
{
    int length = snprintf(tensor->name, sizeof tensor->name, "%s/%s", layer, part);
    ELBOW_CHECK(length > 0 && (size_t)length < sizeof tensor->name);
}

enum elbow_status elbow_dense_create(struct elbow_parameters *parameters, const char *name, size_t inputs, size_t units,
                                     enum elbow_activation activation, enum elbow_initializer initializer,
                                     struct elbow_dense *dense, struct elbow_error *error)
{
    struct elbow_tensor weight = {.rank = 2,
                                  .shape = {inputs, units},
                                  .is_weight = true,
                                  .initial = elbow_dense_initial(initializer, activation),
                                  .fan_in = inputs,
                                  .fan_out = units};
    struct elbow_tensor bias = {.rank = 1, .shape = {units}, .initial = ELBOW_INITIAL_CONSTANT};
    name_tensor(&weight, name, "weight");
    name_tensor(&bias, name, "bias");
    size_t weight_index, bias_index;
    enum elbow_status status = elbow_parameters_add(parameters, weight, &weight_index, error);
    if (status == ELBOW_OK)
        status = elbow_parameters_add(parameters, bias, &bias_index, error);
    if (status != ELBOW_OK)
        return status;
    *dense = (struct elbow_dense){.inputs = inputs,
                                  .units = units,
                                  .activation = activation,
                                  .weight = parameters->tensors[weight_index].offset,
                                  .bias = parameters->tensors[bias_index].offset};
    return ELBOW_OK;
}

size_t elbow_dense_parts(const struct elbow_dense *dense)
{
    size_t parts = elbow_dense_product_is_own() ? dense->inputs * dense->units / PART_LEAST : 1;
    return parts < 1 ? 1 : parts > dense->inputs ? dense->inputs : parts;
}

static struct elbow_span part_of(const struct elbow_dense *dense, size_t part)
{
    size_t parts = elbow_dense_parts(dense), first = dense->inputs * part / parts;
    return (struct elbow_span){first, dense->inputs * (part + 1) / parts - first};
}

size_t elbow_dense_part_first(const struct elbow_dense *dense, size_t part)
{
    return dense->weight + part_of(dense, part).first * dense->units;
}

void elbow_dense_forward_part(const struct elbow_dense *dense, size_t part, const float *parameters, size_t rows,
                              const float *x, float *y, float *slope)
{
    size_t units = dense->units;
    elbow_dense_product_forward_part(rows, dense->inputs, units, part_of(dense, part), x, parameters + dense->weight,
                                     y);
    if (part + 1 == elbow_dense_parts(dense))
        elbow_activation_forward(dense->activation, rows, units, parameters + dense->bias, y, slope);
}

void elbow_dense_forward(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *x,
                         float *y, float *slope)
{
    size_t units = dense->units;
    elbow_dense_product_forward(rows, dense->inputs, units, x, parameters + dense->weight, y);
    elbow_activation_forward(dense->activation, rows, units, parameters + dense->bias, y, slope);
}

// sums[j] = the sum over rows of x[row][j] for the first `count` columns.
static void sum_columns(size_t rows, size_t units, size_t count, const float *restrict x, float *restrict sums)
{
    memset(sums, 0, count * sizeof *sums);
    size_t row = 0;
    for (; row + 4 <= rows; row += 4, x += 4 * units)
        for (size_t j = 0; j < count; ++j)
            sums[j] += (x[j] + x[units + j]) + (x[2 * units + j] + x[3 * units + j]);
    for (; row < rows; ++row, x += units)
        for (size_t j = 0; j < count; ++j)
            sums[j] += x[j];
}

struct row_sum {
    size_t rows, units;
    const float *x;
    float *sums;
};

static void sum_span(void *user, int part, size_t first, size_t count)
{
    const struct row_sum *sum = user;
    (void)part;
    sum_columns(sum->rows, sum->units, count, sum->x + first, sum->sums + first);
}

static void sum_rows(size_t rows, size_t units, const float *x, float *sums)
{
    struct row_sum sum = {rows, units, x, sums};
    elbow_threads_split(units, ELBOW_THREADS_LINE, VALUES_LEAST / (rows + 1) + 1, sum_span, &sum);
}

void elbow_dense_backward_part(const struct elbow_dense *dense, size_t part, size_t rows, const float *x,
                               const float *y, const float *slope, float *dy, float *gradient)
{
    size_t units = dense->units;
    if (part + 1 == elbow_dense_parts(dense)) {
        elbow_activation_backward(dense->activation, rows * units, y, slope, dy);
        sum_rows(rows, units, dy, gradient + dense->bias);
    }
    elbow_dense_product_weight_part(rows, dense->inputs, units, part_of(dense, part), x, dy, gradient + dense->weight);
}

void elbow_dense_backward_inputs(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *da,
                                 float *dx)
{
    elbow_dense_product_input(rows, dense->inputs, dense->units, da, parameters + dense->weight, dx);
}

void elbow_dense_backward(const struct elbow_dense *dense, const float *parameters, size_t rows, const float *x,
                          const float *y, const float *slope, float *dy, float *gradient, float *dx)
{
    size_t inputs = dense->inputs, units = dense->units;
    elbow_activation_backward(dense->activation, rows * units, y, slope, dy);
    elbow_dense_product_weight(rows, inputs, units, x, dy, gradient + dense->weight);
    sum_rows(rows, units, dy, gradient + dense->bias);
    if (dx)
        elbow_dense_backward_inputs(dense, parameters, rows, dy, dx);
}

bool elbow_activation_keeps_slope(enum elbow_activation activation)
{
    return activation == ELBOW_ACTIVATION_SILU;
}

// From s = sigmoid(a) in slope: slope = s (1 + a (1 - s)), y = a s.
static void finish_silu(size_t n, float *restrict y, float *restrict slope)
{
    for (size_t i = 0; i < n; ++i) {
        float a = y[i], s = slope[i];
        y[i] = a * s;
        slope[i] = s * (1.0f + a * (1.0f - s));
    }
}

static void add_bias(size_t units, const float *restrict bias, float *restrict y)
{
    for (size_t i = 0; i < units; ++i)
        y[i] += bias[i];
}

// One row. The comparisons are such that NaN passes through.
static void forward_row(enum elbow_activation activation, size_t units, const float *restrict bias, float *restrict y,
                        float *restrict slope)
{
    switch (activation) {
    case ELBOW_ACTIVATION_NONE:
        add_bias(units, bias, y);
        return;
    case ELBOW_ACTIVATION_RELU:
        for (size_t i = 0; i < units; ++i)
            y[i] = y[i] + bias[i] < 0.0f ? 0.0f : y[i] + bias[i];
        return;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        for (size_t i = 0; i < units; ++i) {
            float a = y[i] + bias[i], leaked = leak * a;
            y[i] = a < 0.0f ? leaked : a;
        }
        return;
    case ELBOW_ACTIVATION_TANH:
        add_bias(units, bias, y);
        elbow_vector_tanh(units, y, y);
        return;
    case ELBOW_ACTIVATION_SIGMOID:
        add_bias(units, bias, y);
        elbow_vector_sigmoid(units, y, y);
        return;
    case ELBOW_ACTIVATION_SOFTPLUS:
        add_bias(units, bias, y);
        elbow_vector_softplus(units, y, y);
        return;
    case ELBOW_ACTIVATION_SILU:
        add_bias(units, bias, y);
        elbow_vector_sigmoid(units, y, slope);
        finish_silu(units, y, slope);
        return;
    }
}

struct forward {
    enum elbow_activation kind;
    size_t units;
    const float *bias;
    float *y, *slope; // slope: NULL where it is not kept
};

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct forward *forward = user;
    size_t units = forward->units;
    (void)part;
    for (size_t row = first; row < first + count; ++row)
        forward_row(forward->kind, units, forward->bias, forward->y + row * units,
                    forward->slope ? forward->slope + row * units : NULL);
}

void elbow_activation_forward(enum elbow_activation activation, size_t rows, size_t units, const float *bias, float *y,
                              float *slope)
{
    bool keeps_slope = elbow_activation_keeps_slope(activation);
    ELBOW_CHECK(slope != NULL || !keeps_slope);
    struct forward call = {.kind = activation, .units = units, .bias = bias, .y = y};
    call.slope = keeps_slope ? slope : NULL;
    elbow_threads_split(rows, 1, VALUES_LEAST / (units + 1) + 1, forward_span, &call);
}

// dy *= 1 - exp(-y), without the loss of digits near y = 0.
static void backward_softplus(size_t n, const float *restrict y, float *restrict dy)
{
    enum { CHUNK = 512 };
    float minus_slope[CHUNK] = {0};
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        for (size_t i = 0; i < count; ++i)
            minus_slope[i] = -y[first + i];
        elbow_vector_expm1(count, minus_slope, minus_slope);
        for (size_t i = 0; i < count; ++i)
            dy[first + i] *= -minus_slope[i];
    }
}

static void backward_values(enum elbow_activation activation, size_t n, const float *restrict y,
                            const float *restrict slope, float *restrict dy)
{
    switch (activation) {
    case ELBOW_ACTIVATION_NONE:
        return;
    case ELBOW_ACTIVATION_RELU:
        for (size_t i = 0; i < n; ++i)
            dy[i] *= y[i] > 0.0f ? 1.0f : 0.0f;
        return;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        for (size_t i = 0; i < n; ++i)
            dy[i] *= y[i] > 0.0f ? 1.0f : leak;
        return;
    case ELBOW_ACTIVATION_TANH:
        for (size_t i = 0; i < n; ++i)
            dy[i] *= (1.0f - y[i]) * (1.0f + y[i]);
        return;
    case ELBOW_ACTIVATION_SIGMOID:
        for (size_t i = 0; i < n; ++i)
            dy[i] *= y[i] * (1.0f - y[i]);
        return;
    case ELBOW_ACTIVATION_SOFTPLUS:
        backward_softplus(n, y, dy);
        return;
    case ELBOW_ACTIVATION_SILU:
        for (size_t i = 0; i < n; ++i)
            dy[i] *= slope[i];
        return;
    }
}

struct backward {
    enum elbow_activation kind;
    const float *y, *slope;
    float *dy;
};

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct backward *backward = user;
    (void)part;
    backward_values(backward->kind, count, backward->y + first, backward->slope ? backward->slope + first : NULL,
                    backward->dy + first);
}

void elbow_activation_backward(enum elbow_activation activation, size_t n, const float *y, const float *slope,
                               float *dy)
{
    struct backward call = {.kind = activation, .y = y, .slope = slope, .dy = dy};
    if (activation != ELBOW_ACTIVATION_NONE)
        elbow_threads_split(n, ELBOW_THREADS_LINE, VALUES_LEAST, backward_span, &call);
}
