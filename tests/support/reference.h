// SPDX-License-Identifier: BSD-3-Clause
// Activations in double precision, written plainly from the formulas, for comparison with the float kernels.
#ifndef ELBOW_TESTS_REFERENCE_H
#define ELBOW_TESTS_REFERENCE_H

#include "elbow/nn/activation.h"

double reference_sigmoid(double a);
double reference_activation(enum elbow_activation activation, double a);

// The derivative at a, from textbook formulas in a (the kernels use y).
double reference_derivative(enum elbow_activation activation, double a);
double *reference_room(size_t count);
double *reference_copy(size_t count, const float *values);

#endif
