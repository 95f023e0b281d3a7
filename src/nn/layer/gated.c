// SPDX-License-Identifier: BSD-3-Clause
// gated (Dauphin et al. 2017, eq. 1, with a dense layer instead of the convolution): y = h s, where
//   h = x V + b;   s = sigmoid(x G + c).   With dh = dy s and dg = dy h s (1 - s), side by side as da:
//   d(V G) = x^T da;   d(b c) = sum over rows of da;   dx = da (V G)^T.
// Tensors: weight (inputs, 2 units), V before G; condition (detail/condition.h) of both, if there is one; bias (2
// units), b before c.
//
// Both products are computed as one. h and s are kept; da is in the workspace.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"
#include "elbow/nn/detail/condition.h"

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

struct gated {
    size_t weight, bias; // offsets in the arena
    struct elbow_layer_condition condition;
    size_t rows_max;
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
    struct gated *gated = NULL;
    enum elbow_status status = elbow_allocate(&gated, 1, sizeof *gated, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = gated;
    gated->rows_max = site->rows_max;
    size_t inputs = layer->inputs, units = layer->outputs;
    bool is_he = site->initializer == ELBOW_INITIALIZER_HE;
    struct elbow_tensor weight = {.rank = 2,
                                  .shape = {inputs, 2 * units},
                                  .is_weight = true,
                                  .initial = is_he ? ELBOW_INITIAL_HE : ELBOW_INITIAL_GLOROT,
                                  .fan_in = inputs,
                                  .fan_out = units};
    struct elbow_tensor bias = {.rank = 1, .shape = {2 * units}, .initial = ELBOW_INITIAL_CONSTANT};
    status = elbow_layer_add_tensor(parameters, site, "weight", weight, &gated->weight, error);
    if (status == ELBOW_OK)
        status = elbow_layer_condition_create(parameters, site, &weight, 2 * units, 1, &gated->condition, error);
    if (status == ELBOW_OK)
        status = elbow_layer_add_tensor(parameters, site, "bias", bias, &gated->bias, error);
    return status;
}

static size_t kept(const struct elbow_layer_instance *layer)
{
    return 2 * layer->outputs;
}

// h and s if nothing is kept; da.
static size_t workspace(const struct elbow_layer_instance *layer)
{
    const struct gated *gated = layer->state;
    return gated->rows_max * 2 * layer->outputs;
}

struct pass {
    size_t units;
    const float *bias, *dy;
    float *halves, *y; // halves: h and s of each row
    float *da;
};

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t units = pass->units;
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        float *h = pass->halves + row * 2 * units, *s = h + units, *y = pass->y + row * units;
        for (size_t i = 0; i < 2 * units; ++i)
            h[i] += pass->bias[i];
        elbow_vector_sigmoid(units, s, s);
        for (size_t i = 0; i < units; ++i)
            y[i] = h[i] * s[i];
    }
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    const struct gated *gated = layer->state;
    size_t inputs = layer->inputs, units = layer->outputs;
    float *halves = call->kept ? call->kept : call->workspace;
    struct pass pass = {.units = units, .bias = call->parameters + gated->bias, .halves = halves, .y = call->y};
    (void)parts;
    elbow_dense_product_forward(call->rows, inputs, 2 * units, (struct elbow_span){0, inputs}, call->x,
                                call->parameters + gated->weight, halves);
    elbow_layer_condition_forward(&gated->condition, call, 0, call->rows, halves);
    elbow_threads_split(call->rows, 1, VALUES_LEAST / (2 * units + 1) + 1, forward_span, &pass);
}

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t units = pass->units;
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        const float *h = pass->halves + row * 2 * units, *s = h + units, *dy = pass->dy + row * units;
        float *dh = pass->da + row * 2 * units, *dg = dh + units;
        for (size_t i = 0; i < units; ++i) {
            dh[i] = dy[i] * s[i];
            dg[i] = dy[i] * h[i] * (s[i] * (1.0f - s[i]));
        }
    }
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    const struct gated *gated = layer->state;
    size_t rows = call->rows, inputs = layer->inputs, units = layer->outputs;
    struct pass pass = {.units = units, .halves = call->kept, .dy = call->dy, .da = call->workspace};
    (void)parts;
    elbow_threads_split(rows, 1, VALUES_LEAST / (2 * units + 1) + 1, backward_span, &pass);
    elbow_dense_product_weight(rows, inputs, 2 * units, (struct elbow_span){0, inputs}, call->x, pass.da,
                               call->gradient + gated->weight);
    elbow_layer_condition_backward(&gated->condition, call, 0, rows, pass.da);
    elbow_layer_sum_rows(rows, 2 * units, pass.da, call->gradient + gated->bias);
    if (call->dx)
        elbow_dense_product_input(rows, inputs, 2 * units, pass.da, call->parameters + gated->weight, call->dx);
}

static void products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user)
{
    size_t inputs = layer->inputs, twice = 2 * layer->outputs;
    const enum elbow_operand halves = ELBOW_OPERAND_WORKSPACE;
    const struct elbow_product all[] = {
        {ELBOW_PRODUCT_FORWARD, rows, twice, inputs, ELBOW_OPERAND_X, ELBOW_OPERAND_TENSORS, halves},
        {ELBOW_PRODUCT_WEIGHTS, inputs, twice, rows, ELBOW_OPERAND_X, halves, ELBOW_OPERAND_GRADIENT},
        {ELBOW_PRODUCT_INPUTS, rows, inputs, twice, halves, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_DX}};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        visit(user, &all[i]);
}

static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct gated *gated = layer->state;
    size_t units = layer->outputs;
    const size_t shape[] = {layer->inputs, 2 * units};
    const elbow_onnx_value inputs[] = {x, elbow_onnx_floats(onnx, 2, shape, parameters + gated->weight),
                                       elbow_onnx_floats(onnx, 1, shape + 1, parameters + gated->bias)};
    elbow_onnx_value halves = elbow_onnx_node(onnx, "Gemm", 3, inputs, 0, NULL);
    elbow_onnx_value gate = elbow_onnx_one(onnx, "Sigmoid", elbow_onnx_slice(onnx, halves, 1, units, 2 * units));
    return elbow_onnx_two(onnx, "Mul", elbow_onnx_slice(onnx, halves, 1, 0, units), gate);
}

const struct elbow_layer_row elbow_layer_gated = {.takes_condition = true,
                                                  .shape = shape,
                                                  .create = create,
                                                  .kept = kept,
                                                  .workspace = workspace,
                                                  .forward = forward,
                                                  .backward = backward,
                                                  .products = products,
                                                  .onnx = onnx_of};
