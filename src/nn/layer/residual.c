// SPDX-License-Identifier: BSD-3-Clause
// residual (He et al. 2016, eqs. 1 and 2): y = F(x) + S(x), F the inner layers, one after the other, and S(x) = x, or P
// x if their output has another size (nn/detail/projection.h). dx = dF/dx dy + dS/dx dy, in this order. Tensors: those
// of the layers, `name`.0/..., `name`.1/...; then, with a projection, projection/weight (inputs, units).
//
// Outputs and kept values of the inner layers are kept; their gradients alternate between two buffers of the workspace.
// The layer is one part: its gradient is sent when all of it is complete.
#include "elbow/nn/detail/layer.h"
#include "elbow/nn/detail/projection.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <string.h>

enum { VALUES_LEAST = 1 << 14 }; // values that are worth a thread

struct residual {
    struct elbow_projection projection;
    size_t weight; // offset in the arena
    size_t rows_max;
};

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)options;
    return elbow_projection_fits(input, *output, reason);
}

static enum elbow_status add_weight(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                    struct residual *residual, struct elbow_error *error)
{
    const struct elbow_projection *projection = &residual->projection;
    bool is_he = site->initializer == ELBOW_INITIALIZER_HE;
    struct elbow_tensor weight = {.rank = 2,
                                  .shape = {projection->channels, projection->filters},
                                  .is_weight = true,
                                  .initial = is_he ? ELBOW_INITIAL_HE : ELBOW_INITIAL_GLOROT,
                                  .fan_in = projection->channels,
                                  .fan_out = projection->filters};
    char name[ELBOW_TENSOR_NAME_SIZE];
    ELBOW_CHECK(elbow_text_format(name, sizeof name, "%s.projection", site->name));
    struct elbow_layer_site around = *site;
    around.name = name;
    return elbow_layer_add_tensor(parameters, &around, "weight", weight, &residual->weight, error);
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct residual *residual = NULL;
    enum elbow_status status = elbow_allocate(&residual, 1, sizeof *residual, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = residual;
    residual->rows_max = site->rows_max;
    status = elbow_projection_create(layer->input, layer->output, site->rows_max > 0, &residual->projection, error);
    if (status == ELBOW_OK && !residual->projection.is_identity)
        status = add_weight(parameters, site, residual, error);
    return status;
}

static void destroy(void *state)
{
    struct residual *residual = state;
    elbow_projection_destroy(&residual->projection);
}

// Rounds up to whole cache lines, so that the next array begins with one.
static size_t padded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

static size_t inner_kept(const struct elbow_layer_instance *inner)
{
    return inner->row->kept ? inner->row->kept(inner) : 0;
}

// Floats per row of the outputs and the kept values of the layers before `end`.
static size_t kept_before(const struct elbow_layer_instance *layer, size_t end)
{
    size_t floats = 0;
    for (size_t i = 0; i < end; ++i)
        floats += padded(layer->inner[i].outputs) + padded(inner_kept(&layer->inner[i]));
    return floats;
}

static size_t kept(const struct elbow_layer_instance *layer)
{
    return kept_before(layer, layer->inner_count);
}

static size_t widest(const struct elbow_layer_instance *layer)
{
    size_t most = 0;
    for (size_t i = 0; i < layer->inner_count; ++i)
        most = layer->inner[i].outputs > most ? layer->inner[i].outputs : most;
    return padded(most);
}

static size_t inner_workspace(const struct elbow_layer_instance *layer)
{
    size_t most = 0;
    for (size_t i = 0; i < layer->inner_count; ++i) {
        const struct elbow_layer_instance *inner = &layer->inner[i];
        size_t floats = inner->row->workspace ? inner->row->workspace(inner) : 0;
        most = floats > most ? floats : most;
    }
    return padded(most);
}

// The workspace: that of the layers, that of the projection, two gradients, and the kept values if the call keeps none.
struct spaces {
    float *projection, *deltas[2], *kept;
    size_t end;
};

static struct spaces spaces_of(const struct elbow_layer_instance *layer, float *workspace)
{
    const struct residual *residual = layer->state;
    size_t rows = residual->rows_max, room = rows * padded(elbow_projection_workspace(&residual->projection));
    size_t begin = inner_workspace(layer), delta = rows * widest(layer), end = begin + room + 2 * delta;
    return (struct spaces){
        .projection = workspace ? workspace + begin : NULL,
        .deltas = {workspace ? workspace + begin + room : NULL, workspace ? workspace + begin + room + delta : NULL},
        .kept = workspace ? workspace + end : NULL,
        .end = end + rows * kept(layer)};
}

static size_t workspace(const struct elbow_layer_instance *layer)
{
    return spaces_of(layer, NULL).end;
}

// A call of layer i within, of a call of the whole.
static struct elbow_layer_call inner_call(const struct elbow_layer_instance *layer, size_t i, float *room,
                                          const struct elbow_layer_call *call)
{
    const struct elbow_layer_instance *inner = &layer->inner[i];
    struct elbow_layer_call one = *call;
    float *at = room + call->rows * kept_before(layer, i);
    if (i > 0)
        one.x = room + call->rows * kept_before(layer, i - 1);
    one.y = at;
    one.kept = call->kept && inner_kept(inner) > 0 ? at + call->rows * padded(inner->outputs) : NULL;
    return one;
}

static struct elbow_span all_parts(const struct elbow_layer_instance *inner)
{
    return (struct elbow_span){0, inner->row->parts ? inner->row->parts(inner) : 1};
}

struct sum {
    size_t values;
    const float *x;
    float *y;
};

static void add_span(void *user, int part, size_t first, size_t count)
{
    const struct sum *sum = user;
    (void)part;
    for (size_t i = first * sum->values; i < (first + count) * sum->values; ++i)
        sum->y[i] += sum->x[i];
}

static void copy(size_t values, const float *from, float *to)
{
    memcpy(to, from, values * sizeof *to);
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    const struct residual *residual = layer->state;
    struct spaces spaces = spaces_of(layer, call->workspace);
    float *room = call->kept ? call->kept : spaces.kept;
    size_t last = layer->inner_count - 1;
    (void)parts;
    for (size_t i = 0; i <= last; ++i) {
        const struct elbow_layer_instance *inner = &layer->inner[i];
        struct elbow_layer_call one = inner_call(layer, i, room, call);
        inner->row->forward(inner, all_parts(inner), &one);
    }
    const float *given = room + call->rows * kept_before(layer, last);
    if (residual->projection.is_identity)
        copy(call->rows * layer->outputs, given, call->y);
    elbow_projection_forward(&residual->projection, call->rows, call->x, call->parameters + residual->weight,
                             spaces.projection, call->y);
    struct sum sum = {layer->outputs, given, call->y};
    if (!residual->projection.is_identity)
        elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->outputs + 1) + 1, add_span, &sum);
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    const struct residual *residual = layer->state;
    struct spaces spaces = spaces_of(layer, call->workspace);
    (void)parts;
    copy(call->rows * layer->outputs, call->dy, spaces.deltas[layer->inner_count % 2]);
    for (size_t i = layer->inner_count; i-- > 0;) {
        const struct elbow_layer_instance *inner = &layer->inner[i];
        struct elbow_layer_call one = inner_call(layer, i, call->kept, call);
        one.dy = spaces.deltas[(i + 1) % 2];
        one.dx = i > 0 ? spaces.deltas[i % 2] : call->dx;
        inner->row->backward(inner, all_parts(inner), &one);
        if (one.dx && inner->row->backward_inputs)
            inner->row->backward_inputs(inner, &one);
    }
    elbow_projection_weight(&residual->projection, call->rows, call->x, call->dy, spaces.projection,
                            call->gradient + residual->weight);
    if (call->dx)
        elbow_projection_inputs(&residual->projection, call->rows, call->dy, call->parameters + residual->weight,
                                spaces.projection, call->dx);
}

// Products of a layer within, whose operands are the whole layer's at its ends.
struct inner_visit {
    elbow_product_visitor *visit;
    void *user;
    bool is_first, is_last;
};

static enum elbow_operand operand_of(const struct inner_visit *inner, enum elbow_operand operand)
{
    switch (operand) {
    case ELBOW_OPERAND_X:
    case ELBOW_OPERAND_DX:
        return inner->is_first ? operand : ELBOW_OPERAND_INNER_X;
    case ELBOW_OPERAND_Y:
    case ELBOW_OPERAND_DY:
        return inner->is_last ? operand : ELBOW_OPERAND_INNER_Y;
    default:
        return operand;
    }
}

static void visit_inner(void *user, const struct elbow_product *product)
{
    const struct inner_visit *inner = user;
    struct elbow_product seen = *product;
    seen.a = operand_of(inner, product->a);
    seen.b = operand_of(inner, product->b);
    seen.c = operand_of(inner, product->c);
    if (product->stage == ELBOW_PRODUCT_INPUTS && !inner->is_first)
        seen.stage = ELBOW_PRODUCT_INNER_INPUTS;
    inner->visit(inner->user, &seen);
}

static void products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit, void *user)
{
    const struct elbow_projection *projection = &((const struct residual *)layer->state)->projection;
    for (size_t i = 0; i < layer->inner_count; ++i) {
        const struct elbow_layer_instance *inner = &layer->inner[i];
        struct inner_visit one = {visit, user, i == 0, i + 1 == layer->inner_count};
        if (inner->row->products)
            inner->row->products(inner, rows, visit_inner, &one);
    }
    size_t m = rows * projection->places, n = projection->filters, k = projection->channels;
    const enum elbow_operand x = projection->skips ? ELBOW_OPERAND_WORKSPACE : ELBOW_OPERAND_X;
    const enum elbow_operand dx = ELBOW_OPERAND_WORKSPACE; // which is added to dx
    const struct elbow_product all[] = {{ELBOW_PRODUCT_FORWARD, m, n, k, x, ELBOW_OPERAND_TENSORS, ELBOW_OPERAND_Y},
                                        {ELBOW_PRODUCT_WEIGHTS, k, n, m, x, ELBOW_OPERAND_DY, ELBOW_OPERAND_GRADIENT},
                                        {ELBOW_PRODUCT_INPUTS, m, k, n, ELBOW_OPERAND_DY, ELBOW_OPERAND_TENSORS, dx}};
    for (size_t i = 0; !projection->is_identity && i < sizeof all / sizeof *all; ++i)
        visit(user, &all[i]);
}

// The layers that it holds have been found to have nodes.
static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct residual *residual = layer->state;
    elbow_onnx_value y = x;
    for (size_t i = 0; i < layer->inner_count; ++i)
        y = layer->inner[i].row->onnx(&layer->inner[i], parameters, onnx, y);
    return elbow_onnx_two(onnx, "Add", y,
                          elbow_projection_onnx(&residual->projection, parameters + residual->weight, onnx, x));
}

const struct elbow_layer_row elbow_layer_residual = {.shape = shape,
                                                     .create = create,
                                                     .destroy = destroy,
                                                     .kept = kept,
                                                     .workspace = workspace,
                                                     .forward = forward,
                                                     .backward = backward,
                                                     .products = products,
                                                     .onnx = onnx_of};
