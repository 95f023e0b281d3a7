// SPDX-License-Identifier: BSD-3-Clause
// Convolutional layers in double precision, written plainly from the definition: every output place, tap, channel and
// filter one by one. Weights are (k, k, input channels, filters).
#ifndef ELBOW_TESTS_REFERENCE_CONV_H
#define ELBOW_TESTS_REFERENCE_CONV_H

#include "elbow/nn/conv2d.h"
#include "reference.h"

// Calls visit(a, b, w, user) for every triple of places in x, y and the weights that belong together in one sample.
struct reference_conv_visitor {
    void (*visit)(size_t x, size_t y, size_t w, void *user);
    void *user;
};

struct reference_conv_sums {
    const double *x, *weight, *da;
    double *a, *dweight, *dx;
};

// Into a and y (rows, outputs).
void reference_conv_forward(const struct elbow_conv2d *conv, const struct elbow_layer *layer, const double *parameters,
                            size_t rows, const double *x, double *a, double *y);

// Adds the layer's gradients to `gradient` and dx.
void reference_conv_backward(const struct elbow_conv2d *conv, const struct elbow_layer *layer, const double *parameters,
                             size_t rows, const double *x, const double *a, const double *dy, double *gradient,
                             double *dx);

#endif
