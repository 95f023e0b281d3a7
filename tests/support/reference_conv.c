// SPDX-License-Identifier: BSD-3-Clause
// Plain loops over all places, taps, channels and filters.
#include "reference_conv.h"

#include <stdlib.h>

static void reference_conv_visit_tap(const struct elbow_conv2d *conv, size_t input, size_t output, size_t tap,
                                     struct reference_conv_visitor visitor)
{
    size_t channels = conv->input.channels, filters = conv->output.channels;
    for (size_t c = 0; c < channels; ++c)
        for (size_t n = 0; n < filters; ++n)
            visitor.visit(input * channels + c, output * filters + n, (tap * channels + c) * filters + n, visitor.user);
}

static void reference_conv_visit(const struct elbow_conv2d *conv, const struct elbow_layer *layer,
                                 struct reference_conv_visitor visitor)
{
    struct elbow_shape small = conv->is_transposed ? conv->input : conv->output;
    struct elbow_shape large = conv->is_transposed ? conv->output : conv->input;
    for (size_t y = 0; y < small.height; ++y)
        for (size_t x = 0; x < small.width; ++x)
            for (int64_t i = 0; i < layer->kernel; ++i)
                for (int64_t j = 0; j < layer->kernel; ++j) {
                    int64_t row = (int64_t)y * layer->stride + i - layer->padding;
                    int64_t column = (int64_t)x * layer->stride + j - layer->padding;
                    if (row < 0 || column < 0 || row >= (int64_t)large.height || column >= (int64_t)large.width)
                        continue;
                    size_t at_small = y * small.width + x, at_large = (size_t)row * large.width + (size_t)column;
                    reference_conv_visit_tap(conv, conv->is_transposed ? at_small : at_large,
                                             conv->is_transposed ? at_large : at_small, (size_t)(i * layer->kernel + j),
                                             visitor);
                }
}

static void reference_conv_add_forward(size_t x, size_t y, size_t w, void *user)
{
    struct reference_conv_sums *sums = user;
    sums->a[y] += sums->x[x] * sums->weight[w];
}

static void reference_conv_add_backward(size_t x, size_t y, size_t w, void *user)
{
    struct reference_conv_sums *sums = user;
    sums->dweight[w] += sums->x[x] * sums->da[y];
    sums->dx[x] += sums->da[y] * sums->weight[w];
}

void reference_conv_forward(const struct elbow_conv2d *conv, const struct elbow_layer *layer, const double *parameters,
                            size_t rows, const double *x, double *a, double *y)
{
    for (size_t row = 0; row < rows; ++row) {
        double *a_row = a + row * conv->outputs;
        for (size_t i = 0; i < conv->outputs; ++i)
            a_row[i] = parameters[conv->bias + i % conv->output.channels];
        struct reference_conv_sums sums = {
            .x = x + row * conv->inputs, .weight = parameters + conv->weight, .a = a_row};
        reference_conv_visit(conv, layer, (struct reference_conv_visitor){reference_conv_add_forward, &sums});
        for (size_t i = 0; i < conv->outputs; ++i)
            y[row * conv->outputs + i] = reference_activation(conv->activation, a_row[i]);
    }
}

void reference_conv_backward(const struct elbow_conv2d *conv, const struct elbow_layer *layer, const double *parameters,
                             size_t rows, const double *x, const double *a, const double *dy, double *gradient,
                             double *dx)
{
    double *da = reference_room(conv->outputs);
    for (size_t row = 0; row < rows; ++row) {
        for (size_t i = 0; i < conv->outputs; ++i) {
            size_t at = row * conv->outputs + i;
            da[i] = dy[at] * reference_slope(conv->activation, a[at]);
            gradient[conv->bias + i % conv->output.channels] += da[i];
        }
        struct reference_conv_sums sums = {.x = x + row * conv->inputs,
                                           .weight = parameters + conv->weight,
                                           .da = da,
                                           .dweight = gradient + conv->weight,
                                           .dx = dx + row * conv->inputs};
        reference_conv_visit(conv, layer, (struct reference_conv_visitor){reference_conv_add_backward, &sums});
    }
    free(da);
}
