// SPDX-License-Identifier: BSD-3-Clause
// The dense layer. Sums over rows go four rows at a time, in order.
#include "elbow/nn/dense.h"

#include "elbow/math/dense_product.h"
#include "elbow/math/threads.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread
enum { PART_LEAST = 1 << 16 };   // weights of a part: half a millisecond of a network of 1 Gbit/s for each of two nodes

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
                                  .initial = elbow_activation_initial(activation, initializer),
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
