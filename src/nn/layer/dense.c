// SPDX-License-Identifier: BSD-3-Clause
// dense: y = f(x W + b). With a = x W + b (rows, units), y = f(a), and the loss' gradient dy:
//   da = dy * f'(a);   dW = x^T da;   db = sum over rows of da;   dx = da W^T.
// Tensors: weight (inputs, units), condition if there is one (detail/condition.h), bias (units).
//
// A part has some rows of W and the inputs that belong to them. Forward it continues the sums of the previous part, so
// that the bits are those of one product. The last part adds bias and activation; backward it is the first, and turns
// dy into da. Sums over rows add four rows at a time, in order.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"
#include "elbow/nn/activation.h"
#include "elbow/nn/detail/condition.h"

#include <string.h>

enum { PART_LEAST = 1 << 16 }; // weights of a part: half a millisecond of a network of 1 Gbit/s for each of two nodes

struct dense {
    enum elbow_activation activation;
    size_t weight, bias; // offsets in the arena
    struct elbow_layer_condition condition;
};

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)input;
    (void)reason;
    *output = (struct elbow_shape){1, 1, (size_t)options->units, 0};
    return true;
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct dense *dense = NULL;
    enum elbow_status status = elbow_allocate(&dense, 1, sizeof *dense, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = dense;
    dense->activation = (enum elbow_activation)site->options->activation;
    size_t inputs = layer->inputs, units = layer->outputs;
    struct elbow_tensor weight = {.rank = 2,
                                  .shape = {inputs, units},
                                  .is_weight = true,
                                  .initial = elbow_activation_initial(dense->activation, site->initializer),
                                  .fan_in = inputs,
                                  .fan_out = units};
    struct elbow_tensor bias = {.rank = 1, .shape = {units}, .initial = ELBOW_INITIAL_CONSTANT};
    status = elbow_layer_add_tensor(parameters, site, "weight", weight, &dense->weight, error);
    if (status == ELBOW_OK)
        status = elbow_layer_condition_create(parameters, site, &weight, units, 1, &dense->condition, error);
    if (status == ELBOW_OK)
        status = elbow_layer_add_tensor(parameters, site, "bias", bias, &dense->bias, error);
    return status;
}

static size_t kept(const struct elbow_layer_instance *layer)
{
    const struct dense *dense = layer->state;
    return elbow_activation_keeps_derivative(dense->activation) ? layer->outputs : 0;
}

static size_t parts_of(const struct elbow_layer_instance *layer)
{
    size_t parts = elbow_dense_product_is_own() ? layer->inputs * layer->outputs / PART_LEAST : 1;
    return parts < 1 ? 1 : parts > layer->inputs ? layer->inputs : parts;
}

// The inputs of some parts.
static struct elbow_span inputs_of(const struct elbow_layer_instance *layer, struct elbow_span parts)
{
    size_t all = parts_of(layer), first = layer->inputs * parts.first / all;
    return (struct elbow_span){first, layer->inputs * (parts.first + parts.count) / all - first};
}

static size_t part_begin(const struct elbow_layer_instance *layer, size_t part)
{
    return inputs_of(layer, (struct elbow_span){part, 1}).first * layer->outputs;
}

static bool has_last(const struct elbow_layer_instance *layer, struct elbow_span parts)
{
    return parts.first + parts.count == parts_of(layer);
}

// Rows of x: of each several rows are made that differ in their conditions.
static size_t x_rows(const struct elbow_layer_call *call)
{
    return call->x_rows > 0 ? call->x_rows : call->rows;
}

// The products of x, to all rows that have it.
static void repeat(const struct elbow_layer_call *call, size_t units)
{
    size_t count = x_rows(call) * units;
    for (size_t at = count; at < call->rows * units; at += count)
        memcpy(call->y + at, call->y, count * sizeof *call->y);
}

// The sum of da over the rows that have the same x, stored in the first of them.
static void fold(const struct elbow_layer_call *call, size_t units)
{
    size_t count = x_rows(call) * units;
    for (size_t at = count; at < call->rows * units; at += count)
        for (size_t k = 0; k < count; ++k)
            call->dy[k] += call->dy[at + k];
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    const struct dense *dense = layer->state;
    size_t units = layer->outputs;
    elbow_dense_product_forward(x_rows(call), layer->inputs, units, inputs_of(layer, parts), call->x,
                                call->parameters + dense->weight, call->y);
    if (!has_last(layer, parts))
        return;
    repeat(call, units);
    elbow_layer_condition_forward(&dense->condition, call, 0, call->rows, call->y);
    elbow_activation_forward(dense->activation, call->rows, units, call->parameters + dense->bias, call->y, call->kept);
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    const struct dense *dense = layer->state;
    size_t rows = call->rows, units = layer->outputs;
    if (has_last(layer, parts)) {
        elbow_activation_backward(dense->activation, rows * units, call->y, call->kept, call->dy);
        elbow_layer_condition_backward(&dense->condition, call, 0, rows, call->dy);
        elbow_layer_sum_rows(rows, units, call->dy, call->gradient + dense->bias);
        fold(call, units);
    }
    elbow_dense_product_weight(x_rows(call), layer->inputs, units, inputs_of(layer, parts), call->x, call->dy,
                               call->gradient + dense->weight);
}

static void backward_inputs(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    const struct dense *dense = layer->state;
    elbow_dense_product_input(x_rows(call), layer->inputs, layer->outputs, call->dy, call->parameters + dense->weight,
                              call->dx);
}

static void products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user)
{
    size_t inputs = layer->inputs, units = layer->outputs;
    const struct elbow_product all[] = {
        {ELBOW_PRODUCT_FORWARD, rows, units, inputs, ELBOW_OPERAND_X, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_Y},
        {ELBOW_PRODUCT_WEIGHTS, inputs, units, rows, ELBOW_OPERAND_X, ELBOW_OPERAND_DY, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, rows, inputs, units, ELBOW_OPERAND_DY, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_DX}};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        visit(user, &all[i]);
}

static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct dense *dense = layer->state;
    const size_t shape[] = {layer->inputs, layer->outputs};
    const elbow_onnx_value inputs[] = {x, elbow_onnx_floats(onnx, 2, shape, parameters + dense->weight),
                                       elbow_onnx_floats(onnx, 1, shape + 1, parameters + dense->bias)};
    return elbow_activation_onnx(dense->activation, onnx, elbow_onnx_node(onnx, "Gemm", 3, inputs, 0, NULL));
}

const struct elbow_layer_row elbow_layer_dense = {.takes_condition = true,
                                                  .repeats_inputs = true,
                                                  .shape = shape,
                                                  .create = create,
                                                  .kept = kept,
                                                  .parts = parts_of,
                                                  .part_begin = part_begin,
                                                  .forward = forward,
                                                  .backward = backward,
                                                  .backward_inputs = backward_inputs,
                                                  .products = products,
                                                  .onnx = onnx_of};
