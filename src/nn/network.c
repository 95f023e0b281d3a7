// SPDX-License-Identifier: BSD-3-Clause
// A stack of layers. All memory is allocated at creation; forward and backward allocate nothing. Between layers the
// gradient alternates between two buffers, because a layer needs the one above while it writes its own.
#include "elbow/nn/network.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <string.h>

static enum elbow_status add_layers(struct elbow_parameters *parameters, const char *name,
                                    const struct elbow_layers *hidden, const struct elbow_architecture *architecture,
                                    enum elbow_initializer initializer, struct elbow_network_conditions conditions,
                                    struct elbow_network *network, struct elbow_error *error)
{
    const struct elbow_layer dense_head = {
        .kind = ELBOW_LAYER_DENSE, .units = (int64_t)network->outputs, .activation = ELBOW_ACTIVATION_NONE};
    for (size_t i = 0; i < network->count; ++i) {
        char tensor[ELBOW_TENSOR_NAME_SIZE];
        int length = i + 1 == network->count ? snprintf(tensor, sizeof tensor, "%s.head", name)
                                             : snprintf(tensor, sizeof tensor, "%s.%zu", name, i);
        ELBOW_CHECK(length > 0 && (size_t)length < sizeof tensor);
        struct elbow_layer_site site = {.name = tensor,
                                        .options = i < hidden->count ? &hidden->layers[i] : &dense_head,
                                        .input = architecture->inputs[i],
                                        .initializer = initializer,
                                        .rows_max = network->rows_max};
        site.every_layer = conditions.every_layer;
        site.conditions = elbow_layer_conditions(site.options, conditions.every_layer, &conditions.count);
        enum elbow_status status = elbow_layer_create(parameters, &site, &network->layers[i], error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static size_t widest_hidden(const struct elbow_network *network)
{
    size_t widest = 0;
    for (size_t i = 0; i + 1 < network->count; ++i)
        if (network->layers[i].outputs > widest)
            widest = network->layers[i].outputs;
    return widest;
}

// Floats that the layers work in.
static size_t workspace_size(const struct elbow_network *network)
{
    size_t largest = 0;
    for (size_t i = 0; i < network->count; ++i) {
        size_t size = elbow_layer_workspace(&network->layers[i]);
        if (size > largest)
            largest = size;
    }
    return largest;
}

static void release_slot(const struct elbow_network *network, struct elbow_slot *slot)
{
    for (size_t i = 0; i < network->count; ++i) {
        if (slot->outputs_of)
            elbow_release(&slot->outputs_of[i]);
        if (slot->kept_of)
            elbow_release(&slot->kept_of[i]);
    }
    elbow_release(&slot->outputs_of);
    elbow_release(&slot->kept_of);
    elbow_release(&slot->delta[0]);
    elbow_release(&slot->delta[1]);
    elbow_release(&slot->repeated);
}

static enum elbow_status make_slot(const struct elbow_network *network, struct elbow_slot *slot,
                                   struct elbow_error *error)
{
    size_t rows = network->rows_max, count = network->count;
    enum elbow_status status = elbow_allocate(&slot->outputs_of, count, sizeof *slot->outputs_of, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&slot->kept_of, count, sizeof *slot->kept_of, "layers", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        size_t row_size = network->layers[i].outputs * sizeof(float);
        size_t kept_size = elbow_layer_kept(&network->layers[i]) * sizeof(float);
        status = elbow_allocate(&slot->outputs_of[i], rows, row_size, "the activations of a layer", error);
        if (status == ELBOW_OK && kept_size > 0)
            status = elbow_allocate(&slot->kept_of[i], rows, kept_size, "what a layer keeps", error);
    }
    if (network->repeats && status == ELBOW_OK)
        status = elbow_allocate(&slot->repeated, rows, network->inputs * sizeof(float), "the inputs of a layer", error);
    size_t row_size = widest_hidden(network) * sizeof(float);
    for (int i = 0; i < 2 && row_size > 0 && status == ELBOW_OK; ++i)
        status = elbow_allocate(&slot->delta[i], rows, row_size, "the gradients between layers", error);
    return status;
}

enum elbow_status elbow_network_widen(struct elbow_network *network, size_t slots, struct elbow_error *error)
{
    struct elbow_slot *wide;
    enum elbow_status status = ELBOW_OK;
    if (slots <= network->slot_count)
        return ELBOW_OK;
    status = elbow_allocate(&wide, slots, sizeof *wide, "layers", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < network->slot_count; ++i)
        wide[i] = network->slots[i];
    elbow_release(&network->slots);
    network->slots = wide;
    while (network->slot_count < slots && status == ELBOW_OK) // an incomplete slot is released with the network
        status = make_slot(network, &network->slots[network->slot_count++], error);
    return status;
}

static enum elbow_status make_workspace(struct elbow_network *network, struct elbow_error *error)
{
    enum elbow_status status = elbow_network_widen(network, 1, error);
    size_t size = workspace_size(network);
    if (size > 0 && status == ELBOW_OK)
        status = elbow_allocate(&network->workspace, size, sizeof(float), "the workspace of the layers", error);
    return status;
}

static enum elbow_status create_layers(struct elbow_parameters *parameters, const char *name,
                                       const struct elbow_layers *hidden, const struct elbow_architecture *architecture,
                                       enum elbow_initializer initializer, struct elbow_network_conditions conditions,
                                       struct elbow_network *network, struct elbow_error *error)
{
    size_t count = network->count;
    enum elbow_status status = elbow_allocate(&network->layers, count, sizeof *network->layers, "layers", error);
    if (status == ELBOW_OK)
        status = add_layers(parameters, name, hidden, architecture, initializer, conditions, network, error);
    network->repeats = status == ELBOW_OK && conditions.has_blocks && !network->layers[0].row->repeats_inputs;
    if (status == ELBOW_OK && network->rows_max > 0)
        status = make_workspace(network, error);
    return status;
}

enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, struct elbow_shape input,
                                       const struct elbow_layers *hidden, struct elbow_shape output,
                                       enum elbow_initializer initializer, size_t rows_max,
                                       struct elbow_network *network, struct elbow_error *error)
{
    const struct elbow_network_conditions none = {0};
    return elbow_network_create_conditioned(parameters, name, input, hidden, output, initializer, rows_max, none,
                                            network, error);
}

enum elbow_status elbow_network_create_conditioned(struct elbow_parameters *parameters, const char *name,
                                                   struct elbow_shape input, const struct elbow_layers *hidden,
                                                   struct elbow_shape output, enum elbow_initializer initializer,
                                                   size_t rows_max, struct elbow_network_conditions conditions,
                                                   struct elbow_network *network, struct elbow_error *error)
{
    size_t inputs = elbow_shape_values(input), outputs = elbow_shape_values(output);
    ELBOW_CHECK(inputs > 0 && outputs > 0);
    struct elbow_architecture architecture;
    *network = (struct elbow_network){0};
    enum elbow_status status = elbow_architecture_plan(name, input, hidden, output, &architecture, error);
    if (status != ELBOW_OK)
        return status;
    *network = (struct elbow_network){.inputs = inputs,
                                      .outputs = outputs,
                                      .count = hidden->count + (architecture.has_dense_head ? 1 : 0),
                                      .rows_max = rows_max};
    status = create_layers(parameters, name, hidden, &architecture, initializer, conditions, network, error);
    if (status != ELBOW_OK)
        elbow_network_destroy(network);
    return status;
}

void elbow_network_destroy(struct elbow_network *network)
{
    for (size_t i = 0; i < network->slot_count; ++i)
        release_slot(network, &network->slots[i]);
    for (size_t i = 0; i < network->count && network->layers; ++i)
        elbow_layer_destroy(&network->layers[i]);
    elbow_release(&network->slots);
    elbow_release(&network->workspace);
    elbow_release(&network->layers);
    *network = (struct elbow_network){0};
}

size_t elbow_network_parts(const struct elbow_network *network, size_t layer)
{
    return elbow_layer_parts(&network->layers[layer]);
}

size_t elbow_network_part_first(const struct elbow_network *network, size_t layer, size_t part)
{
    return elbow_layer_part_begin(&network->layers[layer], part);
}

void elbow_network_about(struct elbow_network *network, size_t slot, const struct elbow_about *about)
{
    network->slots[slot].about = about != NULL ? *about : (struct elbow_about){0};
}

static size_t blocks_of(const struct elbow_slot *slot)
{
    return slot->about.blocks > 1 ? slot->about.blocks : 1;
}

// A call of a layer, in either direction: x is the network's input.
static struct elbow_layer_call call_of(const struct elbow_network *network, size_t slot, size_t layer,
                                       const float *parameters, size_t rows, const float *x)
{
    ELBOW_CHECK(rows <= network->rows_max && slot < network->slot_count);
    const struct elbow_slot *at = &network->slots[slot];
    struct elbow_layer_call call = {.parameters = parameters,
                                    .rows = rows,
                                    .x = layer > 0 ? at->outputs_of[layer - 1] : x,
                                    .y = at->outputs_of[layer],
                                    .kept = at->kept_of[layer],
                                    .workspace = network->workspace,
                                    .about = &at->about};
    ELBOW_CHECK(rows % blocks_of(at) == 0);
    if (layer == 0 && blocks_of(at) > 1 && network->repeats)
        call.x = at->repeated;
    else if (layer == 0 && blocks_of(at) > 1)
        call.x_rows = rows / blocks_of(at);
    return call;
}

// The inputs of all blocks, if the first layer needs them.
static void repeat_inputs(const struct elbow_network *network, size_t slot, size_t rows, const float *x)
{
    const struct elbow_slot *at = &network->slots[slot];
    size_t blocks = blocks_of(at), count = rows / blocks * network->inputs;
    for (size_t b = 0; network->repeats && blocks > 1 && b < blocks; ++b)
        memcpy(at->repeated + b * count, x, count * sizeof *x);
}

// Likewise backward: dy and dx are the network's.
static struct elbow_layer_call backward_call(const struct elbow_network *network, size_t slot, size_t layer,
                                             const float *parameters, size_t rows, const float *x, float *dy, float *dx)
{
    struct elbow_layer_call call = call_of(network, slot, layer, parameters, rows, x);
    float *const *delta = network->slots[slot].delta;
    call.dy = layer + 1 == network->count ? dy : delta[(layer + 1) % 2];
    call.dx = layer == 0 ? dx : delta[layer % 2];
    return call;
}

float *elbow_network_output(const struct elbow_network *network, size_t slot)
{
    return network->slots[slot].outputs_of[network->count - 1];
}

// The head's outputs that have bounds; a NaN stays.
static void bound_outputs(const struct elbow_network *network, size_t slot, size_t rows)
{
    const struct elbow_network_bounds *bounds = &network->bounds;
    for (size_t i = 0; bounds->count > 0 && i < rows; ++i) {
        float *y = elbow_network_output(network, slot) + i * network->outputs + bounds->first;
        for (size_t k = 0; k < bounds->count; ++k)
            y[k] = y[k] < bounds->least ? bounds->least : y[k] > bounds->most ? bounds->most : y[k];
    }
}

static void bound_gradient(const struct elbow_network *network, size_t slot, size_t rows, float *dy)
{
    const struct elbow_network_bounds *bounds = &network->bounds;
    for (size_t i = 0; bounds->count > 0 && i < rows; ++i) {
        size_t at = i * network->outputs + bounds->first;
        const float *y = elbow_network_output(network, slot) + at;
        for (size_t k = 0; k < bounds->count; ++k)
            dy[at + k] = y[k] <= bounds->least || y[k] >= bounds->most ? 0 : dy[at + k];
    }
}

static bool is_end(const struct elbow_network *network, size_t layer, size_t part)
{
    return layer + 1 == network->count && part + 1 == elbow_network_parts(network, layer);
}

void elbow_network_forward_part(struct elbow_network *network, size_t slot, size_t layer, size_t part,
                                const float *parameters, size_t rows, const float *x)
{
    const struct elbow_layer_instance *at = &network->layers[layer];
    struct elbow_layer_call call = call_of(network, slot, layer, parameters, rows, x);
    if (layer == 0 && part == 0)
        repeat_inputs(network, slot, rows, x);
    at->row->forward(at, (struct elbow_span){part, 1}, &call);
    if (is_end(network, layer, part))
        bound_outputs(network, slot, rows);
}

void elbow_network_backward_part(struct elbow_network *network, size_t slot, size_t layer, size_t part,
                                 const float *parameters, size_t rows, const float *x, float *dy, float *gradient,
                                 float *dx)
{
    const struct elbow_layer_instance *at = &network->layers[layer];
    struct elbow_layer_call call = backward_call(network, slot, layer, parameters, rows, x, dy, dx);
    call.gradient = gradient;
    if (is_end(network, layer, part))
        bound_gradient(network, slot, rows, dy);
    at->row->backward(at, (struct elbow_span){part, 1}, &call);
}

void elbow_network_backward_inputs(struct elbow_network *network, size_t slot, size_t layer, const float *parameters,
                                   size_t rows, const float *x, float *dy, float *dx)
{
    const struct elbow_layer_instance *at = &network->layers[layer];
    struct elbow_layer_call call = backward_call(network, slot, layer, parameters, rows, x, dy, dx);
    if (call.dx && at->row->backward_inputs)
        at->row->backward_inputs(at, &call);
}

float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x)
{
    repeat_inputs(network, 0, rows, x);
    for (size_t i = 0; i < network->count; ++i) {
        struct elbow_layer_call call = call_of(network, 0, i, parameters, rows, x);
        elbow_layer_forward(&network->layers[i], &call);
    }
    bound_outputs(network, 0, rows);
    return elbow_network_output(network, 0);
}

void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx)
{
    bound_gradient(network, 0, rows, dy);
    for (size_t i = network->count; i-- > 0;) {
        struct elbow_layer_call call = backward_call(network, 0, i, parameters, rows, x, dy, dx);
        call.gradient = gradient;
        elbow_layer_backward(&network->layers[i], &call);
    }
}

size_t elbow_network_bytes(const struct elbow_network *network)
{
    size_t floats = 2 * widest_hidden(network) + (network->repeats ? network->inputs : 0);
    for (size_t i = 0; i < network->count; ++i)
        floats += network->layers[i].outputs + elbow_layer_kept(&network->layers[i]);
    return (network->slot_count * network->rows_max * floats + workspace_size(network)) * sizeof(float);
}

const char *elbow_network_lacks_onnx(const struct elbow_network *network)
{
    const char *word = NULL;
    for (size_t i = 0; i < network->count && word == NULL; ++i)
        word = elbow_layer_lacks_onnx(&network->layers[i]);
    return word;
}

elbow_onnx_value elbow_network_onnx(const struct elbow_network *network, const float *parameters,
                                    struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct elbow_network_bounds *bounds = &network->bounds;
    for (size_t i = 0; i < network->count; ++i)
        x = network->layers[i].row->onnx(&network->layers[i], parameters, onnx, x);
    if (bounds->count == 0)
        return x;
    ELBOW_CHECK(bounds->first + bounds->count == network->outputs);
    elbow_onnx_value bounded = elbow_onnx_slice(onnx, x, 1, bounds->first, network->outputs);
    bounded = elbow_onnx_two(onnx, "Max", bounded, elbow_onnx_float(onnx, bounds->least));
    bounded = elbow_onnx_two(onnx, "Min", bounded, elbow_onnx_float(onnx, bounds->most));
    return elbow_onnx_concat(onnx, elbow_onnx_slice(onnx, x, 1, 0, bounds->first), bounded, 1);
}
