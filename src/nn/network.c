// SPDX-License-Identifier: BSD-3-Clause
// A stack of layers. All room is made at creation; forward and backward allocate nothing. Between layers the gradient
// goes to and fro between two buffers, since a layer needs the one above while it writes its own.
#include "elbow/nn/network.h"

#include "elbow/base/memory.h"

#include <stdio.h>

static bool is_conv(const struct elbow_network *network, size_t i)
{
    return network->convs[i].outputs > 0;
}

static enum elbow_status add_conv(struct elbow_parameters *parameters, const char *name,
                                  const struct elbow_layer *layer, struct elbow_shape input,
                                  enum elbow_initializer initializer, struct elbow_network *network, size_t i,
                                  struct elbow_error *error)
{
    struct elbow_conv2d *conv = &network->convs[i];
    enum elbow_status status = network->rows_max == 0
                                   ? elbow_conv2d_layout(parameters, name, layer, input, initializer, conv, error)
                                   : elbow_conv2d_create(parameters, name, layer, input, initializer, conv, error);
    network->layers[i] = (struct elbow_dense){.inputs = conv->inputs,
                                              .units = conv->outputs,
                                              .activation = conv->activation,
                                              .weight = conv->weight,
                                              .bias = conv->bias};
    return status;
}

static enum elbow_status add_layers(struct elbow_parameters *parameters, const char *name,
                                    const struct elbow_layers *hidden, const struct elbow_architecture *architecture,
                                    enum elbow_initializer initializer, struct elbow_network *network,
                                    struct elbow_error *error)
{
    for (size_t i = 0; i < network->count; ++i) {
        bool is_head = i + 1 == network->count;
        const struct elbow_layer *layer = i < hidden->count ? &hidden->layers[i] : NULL; // NULL: the dense head
        char tensor[ELBOW_TENSOR_NAME_SIZE];
        int length = is_head ? snprintf(tensor, sizeof tensor, "%s.head", name)
                             : snprintf(tensor, sizeof tensor, "%s.%zu", name, i);
        ELBOW_CHECK(length > 0 && (size_t)length < sizeof tensor);
        enum elbow_status status;
        if (layer && layer->kind != ELBOW_LAYER_DENSE)
            status = add_conv(parameters, tensor, layer, architecture->inputs[i], initializer, network, i, error);
        else
            status = elbow_dense_create(parameters, tensor, elbow_shape_values(architecture->inputs[i]),
                                        elbow_shape_values(architecture->outputs[i]),
                                        layer ? (enum elbow_activation)layer->activation : ELBOW_ACTIVATION_NONE,
                                        initializer, &network->layers[i], error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static size_t widest_hidden(const struct elbow_network *network)
{
    size_t widest = 0;
    for (size_t i = 0; i + 1 < network->count; ++i)
        if (network->layers[i].units > widest)
            widest = network->layers[i].units;
    return widest;
}

// Floats that the convolutions work in.
static size_t room_size(const struct elbow_network *network)
{
    size_t largest = 0;
    for (size_t i = 0; i < network->count; ++i) {
        size_t size = is_conv(network, i) ? elbow_conv2d_room(&network->convs[i]) : 0;
        if (size > largest)
            largest = size;
    }
    return largest;
}

static void release_lane(const struct elbow_network *network, struct elbow_lane *lane)
{
    for (size_t i = 0; i < network->count; ++i) {
        if (lane->outputs_of)
            elbow_release(&lane->outputs_of[i]);
        if (lane->slopes_of)
            elbow_release(&lane->slopes_of[i]);
    }
    elbow_release(&lane->outputs_of);
    elbow_release(&lane->slopes_of);
    elbow_release(&lane->delta[0]);
    elbow_release(&lane->delta[1]);
}

static enum elbow_status make_lane(const struct elbow_network *network, struct elbow_lane *lane,
                                   struct elbow_error *error)
{
    size_t rows = network->rows_max, count = network->count;
    enum elbow_status status = elbow_allocate(&lane->outputs_of, count, sizeof *lane->outputs_of, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&lane->slopes_of, count, sizeof *lane->slopes_of, "layers", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        size_t row_size = network->layers[i].units * sizeof(float);
        status = elbow_allocate(&lane->outputs_of[i], rows, row_size, "the activations of a layer", error);
        if (status == ELBOW_OK && elbow_activation_keeps_slope(network->layers[i].activation))
            status = elbow_allocate(&lane->slopes_of[i], rows, row_size, "the slopes of a layer", error);
    }
    size_t row_size = widest_hidden(network) * sizeof(float);
    for (int i = 0; i < 2 && row_size > 0 && status == ELBOW_OK; ++i)
        status = elbow_allocate(&lane->delta[i], rows, row_size, "the gradients between layers", error);
    return status;
}

enum elbow_status elbow_network_widen(struct elbow_network *network, size_t lanes, struct elbow_error *error)
{
    struct elbow_lane *wide;
    enum elbow_status status = ELBOW_OK;
    if (lanes <= network->lane_count)
        return ELBOW_OK;
    status = elbow_allocate(&wide, lanes, sizeof *wide, "layers", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < network->lane_count; ++i)
        wide[i] = network->lanes[i];
    elbow_release(&network->lanes);
    network->lanes = wide;
    while (network->lane_count < lanes && status == ELBOW_OK) // what has been begun is released with the network
        status = make_lane(network, &network->lanes[network->lane_count++], error);
    return status;
}

static enum elbow_status make_room(struct elbow_network *network, struct elbow_error *error)
{
    enum elbow_status status = elbow_network_widen(network, 1, error);
    size_t room = room_size(network);
    if (room > 0 && status == ELBOW_OK)
        status = elbow_allocate(&network->room, room, sizeof(float), "the room of the convolutions", error);
    return status;
}

static enum elbow_status create_layers(struct elbow_parameters *parameters, const char *name,
                                       const struct elbow_layers *hidden, const struct elbow_architecture *architecture,
                                       enum elbow_initializer initializer, struct elbow_network *network,
                                       struct elbow_error *error)
{
    size_t count = network->count;
    enum elbow_status status = elbow_allocate(&network->layers, count, sizeof *network->layers, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&network->convs, count, sizeof *network->convs, "layers", error);
    if (status == ELBOW_OK)
        status = add_layers(parameters, name, hidden, architecture, initializer, network, error);
    if (status == ELBOW_OK && network->rows_max > 0)
        status = make_room(network, error);
    return status;
}

enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, struct elbow_shape input,
                                       const struct elbow_layers *hidden, struct elbow_shape output,
                                       enum elbow_initializer initializer, size_t rows_max,
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
    status = create_layers(parameters, name, hidden, &architecture, initializer, network, error);
    if (status != ELBOW_OK)
        elbow_network_destroy(network);
    return status;
}

void elbow_network_destroy(struct elbow_network *network)
{
    for (size_t i = 0; i < network->lane_count; ++i)
        release_lane(network, &network->lanes[i]);
    for (size_t i = 0; i < network->count && network->convs; ++i)
        elbow_conv2d_destroy(&network->convs[i]);
    elbow_release(&network->lanes);
    elbow_release(&network->room);
    elbow_release(&network->convs);
    elbow_release(&network->layers);
    *network = (struct elbow_network){0};
}

size_t elbow_network_parts(const struct elbow_network *network, size_t layer)
{
    return is_conv(network, layer) ? 1 : elbow_dense_parts(&network->layers[layer]);
}

size_t elbow_network_part_first(const struct elbow_network *network, size_t layer, size_t part)
{
    return is_conv(network, layer) ? network->layers[layer].weight
                                   : elbow_dense_part_first(&network->layers[layer], part);
}

void elbow_network_forward_part(struct elbow_network *network, size_t lane, size_t layer, size_t part,
                                const float *parameters, size_t rows, const float *x)
{
    ELBOW_CHECK(rows <= network->rows_max && lane < network->lane_count);
    struct elbow_lane *at = &network->lanes[lane];
    const float *input = layer > 0 ? at->outputs_of[layer - 1] : x;
    if (is_conv(network, layer))
        elbow_conv2d_forward(&network->convs[layer], parameters, rows, input, network->room, at->outputs_of[layer],
                             at->slopes_of[layer]);
    else
        elbow_dense_forward_part(&network->layers[layer], part, parameters, rows, input, at->outputs_of[layer],
                                 at->slopes_of[layer]);
}

float *elbow_network_output(const struct elbow_network *network, size_t lane)
{
    return network->lanes[lane].outputs_of[network->count - 1];
}

// The gradient of a layer's outputs, and that of its inputs.
static float *above(const struct elbow_network *network, size_t lane, size_t layer, float *dy)
{
    return layer + 1 == network->count ? dy : network->lanes[lane].delta[(layer + 1) % 2];
}

static float *below(const struct elbow_network *network, size_t lane, size_t layer, float *dx)
{
    return layer == 0 ? dx : network->lanes[lane].delta[layer % 2];
}

void elbow_network_backward_part(struct elbow_network *network, size_t lane, size_t layer, size_t part,
                                 const float *parameters, size_t rows, const float *x, float *dy, float *gradient,
                                 float *dx)
{
    ELBOW_CHECK(rows <= network->rows_max && lane < network->lane_count);
    const struct elbow_lane *at = &network->lanes[lane];
    const float *input = layer > 0 ? at->outputs_of[layer - 1] : x;
    dy = above(network, lane, layer, dy);
    if (is_conv(network, layer))
        elbow_conv2d_backward(&network->convs[layer], parameters, rows, input, at->outputs_of[layer],
                              at->slopes_of[layer], network->room, dy, gradient, below(network, lane, layer, dx));
    else
        elbow_dense_backward_part(&network->layers[layer], part, rows, input, at->outputs_of[layer],
                                  at->slopes_of[layer], dy, gradient);
}

void elbow_network_backward_inputs(struct elbow_network *network, size_t lane, size_t layer, const float *parameters,
                                   size_t rows, float *dy, float *dx)
{
    dx = below(network, lane, layer, dx);
    if (dx != NULL && !is_conv(network, layer))
        elbow_dense_backward_inputs(&network->layers[layer], parameters, rows, above(network, lane, layer, dy), dx);
}

float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x)
{
    ELBOW_CHECK(rows <= network->rows_max);
    const struct elbow_lane *lane = &network->lanes[0];
    for (size_t i = 0; i < network->count; ++i) {
        if (is_conv(network, i))
            elbow_conv2d_forward(&network->convs[i], parameters, rows, x, network->room, lane->outputs_of[i],
                                 lane->slopes_of[i]);
        else
            elbow_dense_forward(&network->layers[i], parameters, rows, x, lane->outputs_of[i], lane->slopes_of[i]);
        x = lane->outputs_of[i];
    }
    return lane->outputs_of[network->count - 1];
}

void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx)
{
    ELBOW_CHECK(rows <= network->rows_max);
    const struct elbow_lane *lane = &network->lanes[0];
    for (size_t i = network->count; i-- > 0;) {
        const float *input = i > 0 ? lane->outputs_of[i - 1] : x;
        float *da = above(network, 0, i, dy), *input_gradient = below(network, 0, i, dx);
        if (is_conv(network, i))
            elbow_conv2d_backward(&network->convs[i], parameters, rows, input, lane->outputs_of[i], lane->slopes_of[i],
                                  network->room, da, gradient, input_gradient);
        else
            elbow_dense_backward(&network->layers[i], parameters, rows, input, lane->outputs_of[i], lane->slopes_of[i],
                                 da, gradient, input_gradient);
    }
}

size_t elbow_network_bytes(const struct elbow_network *network)
{
    size_t floats = 2 * widest_hidden(network);
    for (size_t i = 0; i < network->count; ++i)
        floats += network->layers[i].units * (elbow_activation_keeps_slope(network->layers[i].activation) ? 2 : 1);
    return (network->lane_count * network->rows_max * floats + room_size(network)) * sizeof(float);
}

double elbow_network_operations(const struct elbow_network *network)
{
    double operations = 0.0;
    for (size_t i = 0; i < network->count; ++i)
        operations += is_conv(network, i) ? elbow_conv2d_operations(&network->convs[i])
                                          : (double)network->layers[i].inputs * (double)network->layers[i].units;
    return operations;
}
