// SPDX-License-Identifier: BSD-3-Clause
// Dense networks in double precision, written plainly from the formulas: what the float kernels are measured against.
// Parameters are doubles at the offsets of the arena.
#ifndef ELBOW_TESTS_REFERENCE_H
#define ELBOW_TESTS_REFERENCE_H

#include "elbow/nn/dense.h"

double reference_sigmoid(double a);
double reference_activation(enum elbow_activation activation, double a);

// The derivative at a, from textbook formulas in a (the kernels use y).
double reference_slope(enum elbow_activation activation, double a);
double *reference_room(size_t count);
double *reference_copy(size_t count, const float *values);

// Into a and y (rows, units) from x (rows, inputs).
void reference_dense_forward(const struct elbow_dense *dense, const double *parameters, size_t rows, const double *x,
                             double *a, double *y);

// Adds the layer's gradients to `gradient` and, unless it is NULL, to dx.
void reference_dense_backward(const struct elbow_dense *dense, const double *parameters, size_t rows, const double *x,
                              const double *a, const double *dy, double *gradient, double *dx);

// A run of layers with its activations; layers are not owned.
struct reference_network {
    size_t count, rows;
    const struct elbow_dense *layers;
    double **a, **y; // of each layer
};

struct reference_network reference_network_create(size_t count, const struct elbow_dense *layers, size_t rows);
void reference_network_destroy(struct reference_network *network);

// The last layer's output (rows, units).
const double *reference_network_forward(struct reference_network *network, const double *parameters, const double *x);

// After a forward: adds the gradients of all tensors to `gradient`, and to dx unless it is NULL.
void reference_network_backward(const struct reference_network *network, const double *parameters, const double *x,
                                const double *dy, double *gradient, double *dx);

#endif
