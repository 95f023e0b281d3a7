// SPDX-License-Identifier: BSD-3-Clause
#include "reference_network.h"

#include <stdlib.h>
#include <string.h>

struct reference_network reference_network_create(const struct elbow_network *network,
                                                  const struct elbow_layers *hidden,
                                                  const struct elbow_parameters *parameters, size_t rows,
                                                  const double *values, double *gradient)
{
    struct reference_network result = {.count = network->count, .rows = rows};
    if (network->count > REFERENCE_NETWORK_LAYERS)
        abort();
    for (size_t i = 0; i < network->count; ++i) {
        const struct elbow_layer_instance *layer = &network->layers[i];
        size_t end = i + 1 < network->count ? network->layers[i + 1].begin : parameters->size, tensors = 0;
        struct reference_call *call = &result.calls[i];
        result.options[i] = i < hidden->count
                                ? hidden->layers[i]
                                : (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = (int64_t)network->outputs};
        *call = (struct reference_call){.input = layer->input,
                                        .output = layer->output,
                                        .rows = rows,
                                        .y = reference_room(rows * layer->outputs),
                                        .dx = reference_room(rows * layer->inputs)};
        for (size_t t = 0; t < parameters->count; ++t) {
            size_t offset = parameters->tensors[t].offset;
            if (offset < layer->begin || offset >= end)
                continue;
            call->tensors[tensors] = values + offset;
            call->gradients[tensors++] = gradient + offset;
        }
    }
    return result;
}

void reference_network_destroy(struct reference_network *network)
{
    for (size_t i = 0; i < network->count; ++i) {
        free(network->calls[i].y);
        free(network->calls[i].dx);
    }
}

const double *reference_network_forward(struct reference_network *network, const double *x)
{
    for (size_t i = 0; i < network->count; ++i) {
        struct reference_call *call = &network->calls[i];
        call->options = &network->options[i];
        call->x = x;
        reference_layer(call->options->kind)->forward(call);
        x = call->y;
    }
    return x;
}

const double *reference_network_backward(struct reference_network *network, const double *dy)
{
    for (size_t i = network->count; i-- > 0;) {
        struct reference_call *call = &network->calls[i];
        memset(call->dx, 0, network->rows * reference_inputs(call) * sizeof *call->dx);
        call->dy = dy;
        reference_layer(call->options->kind)->backward(call);
        dy = call->dx;
    }
    return dy;
}
