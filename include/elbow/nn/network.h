// SPDX-License-Identifier: BSD-3-Clause
// A network: hidden layers in a row, then a head without activation: a dense one, or for images the last convolution
// of the list (architecture.h). It owns room for the activations of one microbatch.
#ifndef ELBOW_NN_NETWORK_H
#define ELBOW_NN_NETWORK_H

#include "elbow/nn/architecture.h"
#include "elbow/nn/dense.h"

struct elbow_network {
    size_t inputs, outputs;     // values of a sample at either end
    size_t count;               // layers, the head included
    struct elbow_dense *layers; // sizes, activation and tensors of every layer, dense or not; owned
    struct elbow_conv2d *convs; // [count] the convolutions; zeroed where a layer is dense; owned
    size_t rows_max;
    float **outputs_of; // [count] activations (rows_max, units), owned
    float **slopes_of;  // [count] or NULL each, owned
    float *delta[2];    // (rows_max, widest hidden) or NULL, owned: gradients on their way down
    float *room;        // that the convolutions share; NULL without any; owned
};

// Who wants to know how far a backward pass has come.
struct elbow_watch {
    void *user;
    void (*done)(void *user, size_t first); // from element `first` of the arena on the gradient is complete
};

// Local. Adds the tensors `name`.0/weight, ..., `name`.head/bias, and makes room for microbatches of up to rows_max
// rows (0: it has its tensors, and cannot compute). CONFIG if a layer does not fit.
enum elbow_status elbow_network_create(struct elbow_parameters *parameters, const char *name, struct elbow_shape input,
                                       const struct elbow_layers *hidden, struct elbow_shape output,
                                       enum elbow_initializer initializer, size_t rows_max,
                                       struct elbow_network *network, struct elbow_error *error);

// Local. Gives all back; a zeroed struct is legal.
void elbow_network_destroy(struct elbow_network *network);

// Local. The head's output (rows, outputs), valid until the next forward; the caller may change it.
float *elbow_network_forward(struct elbow_network *network, const float *parameters, size_t rows, const float *x);

// Local. After a forward with the same x: from the gradient dy (rows, outputs; destroyed) of the head's output writes
// the gradient of every tensor (overwritten, not added to), and dx (rows, inputs) unless it is NULL. `watch`, unless
// NULL, is told after each layer, from the last to the first.
void elbow_network_backward(struct elbow_network *network, const float *parameters, size_t rows, const float *x,
                            float *dy, float *gradient, float *dx, const struct elbow_watch *watch);

// Local. Bytes of activations, deltas and the convolutions' room.
size_t elbow_network_bytes(const struct elbow_network *network);

// Local. Multiply-adds of the forward pass of one sample.
double elbow_network_operations(const struct elbow_network *network);

#endif
