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
    case ELBOW_ACTIVATIONS:
        break;
    }
    abort();
}

double reference_slope(enum elbow_activation activation, double a)
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

void reference_dense_forward(const struct elbow_dense *dense, const double *parameters, size_t rows, const double *x,
                             double *a, double *y)
{
    for (size_t row = 0; row < rows; ++row)
        for (size_t unit = 0; unit < dense->units; ++unit) {
            double sum = parameters[dense->bias + unit];
            for (size_t i = 0; i < dense->inputs; ++i)
                sum += x[row * dense->inputs + i] * parameters[dense->weight + i * dense->units + unit];
            a[row * dense->units + unit] = sum;
            y[row * dense->units + unit] = reference_activation(dense->activation, sum);
        }
}

void reference_dense_backward(const struct elbow_dense *dense, const double *parameters, size_t rows, const double *x,
                              const double *a, const double *dy, double *gradient, double *dx)
{
    for (size_t row = 0; row < rows; ++row)
        for (size_t unit = 0; unit < dense->units; ++unit) {
            size_t at = row * dense->units + unit;
            double da = dy[at] * reference_slope(dense->activation, a[at]);
            gradient[dense->bias + unit] += da;
            for (size_t i = 0; i < dense->inputs; ++i) {
                size_t weight = dense->weight + i * dense->units + unit;
                gradient[weight] += x[row * dense->inputs + i] * da;
                if (dx)
                    dx[row * dense->inputs + i] += da * parameters[weight];
            }
        }
}

struct reference_network reference_network_create(size_t count, const struct elbow_dense *layers, size_t rows)
{
    struct reference_network network = {count, rows, layers, calloc(count, sizeof(double *)),
                                        calloc(count, sizeof(double *))};
    if (!network.a || !network.y)
        abort();
    for (size_t i = 0; i < count; ++i) {
        network.a[i] = reference_room(rows * layers[i].units);
        network.y[i] = reference_room(rows * layers[i].units);
    }
    return network;
}

void reference_network_destroy(struct reference_network *network)
{
    for (size_t i = 0; i < network->count; ++i) {
        free(network->a[i]);
        free(network->y[i]);
    }
    free(network->a);
    free(network->y);
}

const double *reference_network_forward(struct reference_network *network, const double *parameters, const double *x)
{
    for (size_t i = 0; i < network->count; ++i) {
        reference_dense_forward(&network->layers[i], parameters, network->rows, x, network->a[i], network->y[i]);
        x = network->y[i];
    }
    return x;
}

void reference_network_backward(const struct reference_network *network, const double *parameters, const double *x,
                                const double *dy, double *gradient, double *dx)
{
    double *above = NULL;
    for (size_t i = network->count; i-- > 0;) {
        const struct elbow_dense *layer = &network->layers[i];
        double *below = i > 0 ? reference_room(network->rows * layer->inputs) : dx;
        reference_dense_backward(layer, parameters, network->rows, i > 0 ? network->y[i - 1] : x, network->a[i],
                                 above ? above : dy, gradient, below);
        free(above);
        above = below;
    }
}
