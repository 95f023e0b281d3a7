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

static enum elbow_status make_room(struct elbow_network *network, struct elbow_error *error)
{
    size_t rows = network->rows_max;
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < network->count && status == ELBOW_OK; ++i) {
        size_t row_size = network->layers[i].units * sizeof(float);
        status = elbow_allocate(&network->outputs_of[i], rows, row_size, "the activations of a layer", error);
        if (status == ELBOW_OK && elbow_activation_keeps_slope(network->layers[i].activation))
            status = elbow_allocate(&network->slopes_of[i], rows, row_size, "the slopes of a layer", error);
    }
    size_t row_size = widest_hidden(network) * sizeof(float);
    for (int i = 0; i < 2 && row_size > 0 && status == ELBOW_OK; ++i)
        status = elbow_allocate(&network->delta[i], rows, row_size, "the gradients between layers", error);
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
        status = elbow_allocate(&network->outputs_of, count, sizeof *network->outputs_of, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&network->slopes_of, count, sizeof *network->slopes_of, "layers", error);
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
    for (size_t i = 0; i < network->count; ++i) {
        if (network->outputs_of)
            elbow_release(&network->outputs_of[i]);
        if (network->slopes_of)
            elbow_release(&network->slopes_of[i]);
        if (network->convs)
            elbow_conv2d_destroy(&network->convs[i]);
    }
    elbow_release(&network->delta[0]);
    elbow_release(&network->delta[1]);
    elbow_release(&network->outputs_of);
    elbow_release(&network->slopes_of);
    elbow_release(&network->room);
    elbow_release(&network->convs);
    elbow_release(&network->layers);
    *network = (struct elbow_network){0};
}

float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x)
{
    ELBOW_CHECK(rows <= network->rows_max);
    for (size_t i = 0; i < network->count; ++i) {
        if (is_conv(network, i))
            elbow_conv2d_forward(&network->convs[i], parameters, rows, x, network->room, network->outputs_of[i],
                                 network->slopes_of[i]);
        else
            elbow_dense_forward(&network->layers[i], parameters, rows, x, network->outputs_of[i],
                                network->slopes_of[i]);
        x = network->outputs_of[i];
    }
    return network->outputs_of[network->count - 1];
}

void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx, const struct elbow_watch *watch)
{
    ELBOW_CHECK(rows <= network->rows_max);
    for (size_t i = network->count; i-- > 0;) {
        const float *input = i > 0 ? network->outputs_of[i - 1] : x;
        float *input_gradient = i > 0 ? network->delta[i % 2] : dx;
        if (is_conv(network, i))
            elbow_conv2d_backward(&network->convs[i], parameters, rows, input, network->outputs_of[i],
                                  network->slopes_of[i], network->room, dy, gradient, input_gradient);
        else
            elbow_dense_backward(&network->layers[i], parameters, rows, input, network->outputs_of[i],
                                 network->slopes_of[i], dy, gradient, input_gradient);
        dy = input_gradient;
        if (watch != NULL)
            watch->done(watch->user, network->layers[i].weight);
    }
}

size_t elbow_network_bytes(const struct elbow_network *network)
{
    size_t floats = 2 * widest_hidden(network);
    for (size_t i = 0; i < network->count; ++i)
        floats += network->layers[i].units * (network->slopes_of[i] ? 2 : 1);
    return (network->rows_max * floats + room_size(network)) * sizeof(float);
}

double elbow_network_operations(const struct elbow_network *network)
{
    double operations = 0.0;
    for (size_t i = 0; i < network->count; ++i)
        operations += is_conv(network, i) ? elbow_conv2d_operations(&network->convs[i])
                                          : (double)network->layers[i].inputs * (double)network->layers[i].units;
    return operations;
}
