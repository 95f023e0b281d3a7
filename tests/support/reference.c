// SPDX-License-Identifier: BSD-3-Clause
// Plain loops from the formulas.
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double reference_sigmoid(double a)
{
    return 1.0 / (1.0 + exp(-a));
}

double reference_activation(enum elbow_activation activation, double a)
{
    switch (activation) {
    case ELBOW_ACTIVATION_NONE:
        return a;
    case ELBOW_ACTIVATION_RELU:
        return a > 0.0 ? a : 0.0;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        return a > 0.0 ? a : 0.01 * a;
    case ELBOW_ACTIVATION_TANH:
        return tanh(a);
    case ELBOW_ACTIVATION_SIGMOID:
        return reference_sigmoid(a);
    case ELBOW_ACTIVATION_SOFTPLUS:
        return a > 0.0 ? a + log1p(exp(-a)) : log1p(exp(a));
    case ELBOW_ACTIVATION_SILU:
        return a * reference_sigmoid(a);
    case ELBOW_ACTIVATION_GELU:
        return a * 0.5 * erfc(-a / sqrt(2.0));
    case ELBOW_ACTIVATION_ELU:
        return a > 0.0 ? a : expm1(a);
    case ELBOW_ACTIVATION_EXP:
        return exp(fmin(a, 20.0));
    case ELBOW_ACTIVATION_HARD_TANH:
        return fmax(-1.0, fmin(a, 1.0));
    case ELBOW_ACTIVATIONS:
        break;
    }
    abort();
}

double reference_derivative(enum elbow_activation activation, double a)
{
    double s = reference_sigmoid(a);
    switch (activation) {
    case ELBOW_ACTIVATION_NONE:
        return 1.0;
    case ELBOW_ACTIVATION_RELU:
        return a > 0.0 ? 1.0 : 0.0;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        return a > 0.0 ? 1.0 : 0.01;
    case ELBOW_ACTIVATION_TANH:
        return 1.0 / (cosh(a) * cosh(a));
    case ELBOW_ACTIVATION_SIGMOID:
        return s * reference_sigmoid(-a);
    case ELBOW_ACTIVATION_SOFTPLUS:
        return s;
    case ELBOW_ACTIVATION_SILU:
        return s + a * s * reference_sigmoid(-a);
    case ELBOW_ACTIVATION_GELU:
        return 0.5 * erfc(-a / sqrt(2.0)) + a * exp(-0.5 * a * a) / sqrt(8.0 * atan(1.0));
    case ELBOW_ACTIVATION_ELU:
        return a > 0.0 ? 1.0 : exp(a);
    case ELBOW_ACTIVATION_EXP:
        return a >= 20.0 ? 0.0 : exp(a);
    case ELBOW_ACTIVATION_HARD_TANH:
        return fabs(a) < 1.0 ? 1.0 : 0.0;
    case ELBOW_ACTIVATIONS:
        break;
    }
    abort();
}

double *reference_room(size_t count)
{
    double *room = calloc(count > 0 ? count : 1, sizeof *room);
    if (!room)
        abort();
    return room;
}

double *reference_copy(size_t count, const float *values)
{
    double *copy = reference_room(count);
    for (size_t i = 0; i < count; ++i)
        copy[i] = (double)values[i];
    return copy;
}
