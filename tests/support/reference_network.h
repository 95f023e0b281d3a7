// SPDX-License-Identifier: BSD-3-Clause
// A network in double precision: the references of its layers, one after the other.
#ifndef ELBOW_TESTS_REFERENCE_NETWORK_H
#define ELBOW_TESTS_REFERENCE_NETWORK_H

#include "elbow/nn/network.h"
#include "reference_layer.h"

enum { REFERENCE_NETWORK_LAYERS = 8 };

// Owned: layers without another owner.
struct reference_network {
    size_t count, rows;
    struct elbow_layer options[REFERENCE_NETWORK_LAYERS];
    struct reference_call calls[REFERENCE_NETWORK_LAYERS]; // y and dx: owned
};

// Of the network's parameters, in an arena of doubles beside that of the gradients.
struct reference_network reference_network_create(const struct elbow_network *network,
                                                  const struct elbow_layers *hidden,
                                                  const struct elbow_parameters *parameters, size_t rows,
                                                  const double *values, double *gradient);

void reference_network_destroy(struct reference_network *network);

// The last layer's output (rows, outputs).
const double *reference_network_forward(struct reference_network *network, const double *x);

// After a forward: adds the gradients of all tensors to the arena; returns dx (rows, inputs).
const double *reference_network_backward(struct reference_network *network, const double *dy);

#endif
