// SPDX-License-Identifier: BSD-3-Clause
// A stack of dense layers. All room is made at creation; forward and backward allocate nothing. Between layers the
// gradient goes to and fro between two buffers, since a layer needs the one above while it writes its own.
#include "elbow/nn/network.h"

#include "elbow/base/memory.h"

#include <stdio.h>

static enum elbow_status add_layers(struct elbow_parameters *parameters, const char *name,
                                    const struct elbow_layers *hidden, enum elbow_initializer initializer,
                                    struct elbow_network *network, struct elbow_error *error)
{
    size_t inputs = network->inputs;
    for (size_t i = 0; i < network->count; ++i) {
        bool is_head = i == hidden->count;
        size_t units = is_head ? network->outputs : (size_t)hidden->layers[i].units;
        enum elbow_activation activation =
            is_head ? ELBOW_ACTIVATION_NONE : (enum elbow_activation)hidden->layers[i].activation;
        char layer[ELBOW_TENSOR_NAME_SIZE];
        int length =
            is_head ? snprintf(layer, sizeof layer, "%s.head", name) : snprintf(layer, sizeof layer, "%s.%zu", name, i);
        ELBOW_CHECK(length > 0 && (size_t)length < sizeof layer);
        enum elbow_status status =
            elbow_dense_create(parameters, layer, inputs, units, activation, initializer, &network->layers[i], error);
        if (status != ELBOW_OK)
            return status;
        inputs = units;
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
    return status;
}

enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, size_t inputs,
                                       const struct elbow_layers *hidden, size_t outputs,
                                       enum elbow_initializer initializer, size_t rows_max,
                                       struct elbow_network *network, struct elbow_error *error)
{
    ELBOW_CHECK(inputs > 0 && outputs > 0 && rows_max > 0);
    size_t count = hidden->count + 1;
    *network = (struct elbow_network){.inputs = inputs, .outputs = outputs, .count = count, .rows_max = rows_max};
    enum elbow_status status = elbow_allocate(&network->layers, count, sizeof *network->layers, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&network->outputs_of, count, sizeof *network->outputs_of, "layers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&network->slopes_of, count, sizeof *network->slopes_of, "layers", error);
    if (status == ELBOW_OK)
        status = add_layers(parameters, name, hidden, initializer, network, error);
    if (status == ELBOW_OK)
        status = make_room(network, error);
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
    }
    elbow_release(&network->delta[0]);
    elbow_release(&network->delta[1]);
    elbow_release(&network->outputs_of);
    elbow_release(&network->slopes_of);
    elbow_release(&network->layers);
    *network = (struct elbow_network){0};
}

float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x)
{
    ELBOW_CHECK(rows <= network->rows_max);
    for (size_t i = 0; i < network->count; ++i) {
        elbow_dense_forward(&network->layers[i], parameters, rows, x, network->outputs_of[i], network->slopes_of[i]);
        x = network->outputs_of[i];
    }
    return network->outputs_of[network->count - 1];
}

void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx)
{
    ELBOW_CHECK(rows <= network->rows_max);
    for (size_t i = network->count; i-- > 0;) {
        const float *input = i > 0 ? network->outputs_of[i - 1] : x;
        float *input_gradient = i > 0 ? network->delta[i % 2] : dx;
        elbow_dense_backward(&network->layers[i], parameters, rows, input, network->outputs_of[i],
                             network->slopes_of[i], dy, gradient, input_gradient);
        dy = input_gradient;
    }
}

size_t elbow_network_bytes(const struct elbow_network *network)
{
    size_t floats = 2 * widest_hidden(network);
    for (size_t i = 0; i < network->count; ++i)
        floats += network->layers[i].units * (network->slopes_of[i] ? 2 : 1);
    return network->rows_max * floats * sizeof(float);
}

double elbow_network_operations(const struct elbow_network *network)
{
    double operations = 0.0;
    for (size_t i = 0; i < network->count; ++i)
        operations += (double)network->layers[i].inputs * (double)network->layers[i].units;
    return operations;
}
