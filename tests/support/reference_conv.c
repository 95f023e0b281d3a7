// SPDX-License-Identifier: BSD-3-Clause
#include "reference_conv.h"

#include <stdlib.h>

static bool is_transposed(const struct elbow_layer *options)
{
    switch (options->kind) {
    case ELBOW_LAYER_CONV_TRANSPOSE1D:
    case ELBOW_LAYER_CONV_TRANSPOSE2D:
    case ELBOW_LAYER_CONV_TRANSPOSE3D:
        return true;
    default:
        return false;
    }
}

// The places of a kernel's first tap that lie in the padded input, one by one; or from the first tap of the first place
// to the last tap of the last one, less the padding at both ends.
static int64_t side_of(const struct elbow_layer *options, size_t input)
{
    int64_t places = 0, padded = (int64_t)input + 2 * options->padding;
    if (is_transposed(options)) {
        int64_t last = ((int64_t)input - 1) * options->stride + options->kernel - 1;
        return last + 1 - 2 * options->padding + options->output_padding;
    }
    for (int64_t first = 0; first + options->kernel <= padded; first += options->stride)
        ++places;
    return places;
}

static bool shape_along(int axes, const struct elbow_layer *options, struct elbow_shape input,
                        struct elbow_shape *output)
{
    int64_t width = side_of(options, input.width), height = axes >= 2 ? side_of(options, input.height) : 1;
    int64_t depth = axes == 3 ? side_of(options, input.depth) : 0;
    *output = (struct elbow_shape){(size_t)height, (size_t)width, (size_t)options->filters, (size_t)depth};
    if (is_transposed(options) && options->output_padding >= options->stride)
        return false;
    return width > 0 && height > 0 && (axes < 3 || depth > 0) && (axes > 1 || input.height == 1);
}

// Calls visit(x, y, w, user) for every triple of places in x, y and the weights that belong together in one sample.
struct visitor {
    void (*visit)(size_t x, size_t y, size_t w, void *user);
    void *user;
};

static void visit_tap(const struct reference_call *call, size_t input, size_t output, size_t tap,
                      struct visitor visitor)
{
    size_t channels = call->input.channels, filters = call->output.channels;
    for (size_t c = 0; c < channels; ++c)
        for (size_t n = 0; n < filters; ++n)
            visitor.visit(input * channels + c, output * filters + n, (tap * channels + c) * filters + n, visitor.user);
}

// The taps of a kernel along one axis that a place of the smaller side has in the larger one.
struct reach {
    int64_t taps, first; // the place of the first tap
};

static struct reach reach_of(const struct elbow_layer *options, bool has_axis, size_t place)
{
    if (!has_axis)
        return (struct reach){1, (int64_t)place};
    return (struct reach){options->kernel, (int64_t)place * options->stride - options->padding};
}

static bool is_inside(int64_t place, size_t side)
{
    return place >= 0 && place < (int64_t)side;
}

// All taps of one place (z, y, x) of the smaller side.
static void visit_place(const struct reference_call *call, struct elbow_shape small, struct elbow_shape large, size_t z,
                        size_t y, size_t x, struct visitor visitor)
{
    const struct elbow_layer *options = call->options;
    bool has_rows = options->kind != ELBOW_LAYER_CONV1D && options->kind != ELBOW_LAYER_CONV_TRANSPOSE1D;
    bool has_planes = options->kind == ELBOW_LAYER_CONV3D || options->kind == ELBOW_LAYER_CONV_TRANSPOSE3D;
    struct reach planes = reach_of(options, has_planes, z), rows = reach_of(options, has_rows, y);
    struct reach columns = reach_of(options, true, x);
    size_t at_small = (z * small.height + y) * small.width + x, tap = 0;
    for (int64_t h = 0; h < planes.taps; ++h)
        for (int64_t i = 0; i < rows.taps; ++i)
            for (int64_t j = 0; j < columns.taps; ++j, ++tap) {
                int64_t plane = planes.first + h, row = rows.first + i, column = columns.first + j;
                if (!is_inside(plane, large.depth) || !is_inside(row, large.height) || !is_inside(column, large.width))
                    continue;
                size_t at_large = ((size_t)plane * large.height + (size_t)row) * large.width + (size_t)column;
                visit_tap(call, is_transposed(options) ? at_small : at_large,
                          is_transposed(options) ? at_large : at_small, tap, visitor);
            }
}

static void visit(const struct reference_call *call, struct visitor visitor)
{
    bool back = is_transposed(call->options);
    struct elbow_shape small = back ? call->input : call->output, large = back ? call->output : call->input;
    small.depth = small.depth > 0 ? small.depth : 1;
    large.depth = large.depth > 0 ? large.depth : 1;
    for (size_t z = 0; z < small.depth; ++z)
        for (size_t y = 0; y < small.height; ++y)
            for (size_t x = 0; x < small.width; ++x)
                visit_place(call, small, large, z, y, x, visitor);
}

struct sums {
    const double *x, *weight, *da;
    double *a, *dweight, *dx;
};

static void add_forward(size_t x, size_t y, size_t w, void *user)
{
    struct sums *sums = user;
    sums->a[y] += sums->x[x] * sums->weight[w];
}

static void add_backward(size_t x, size_t y, size_t w, void *user)
{
    struct sums *sums = user;
    sums->dweight[w] += sums->x[x] * sums->da[y];
    if (sums->dx)
        sums->dx[x] += sums->da[y] * sums->weight[w];
}

static double *sums_of(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), outputs = reference_outputs(call);
    double *a = reference_room(call->rows * outputs);
    for (size_t row = 0; row < call->rows; ++row) {
        for (size_t i = 0; i < outputs; ++i)
            a[row * outputs + i] = call->tensors[1][i % call->output.channels];
        struct sums sums = {.x = call->x + row * inputs, .weight = call->tensors[0], .a = a + row * outputs};
        visit(call, (struct visitor){add_forward, &sums});
    }
    return a;
}

static void forward(const struct reference_call *call)
{
    double *a = sums_of(call);
    reference_activate(call, a);
    free(a);
}

static void backward(const struct reference_call *call)
{
    size_t inputs = reference_inputs(call), outputs = reference_outputs(call);
    double *a = sums_of(call), *da = reference_room(outputs);
    for (size_t row = 0; row < call->rows; ++row) {
        for (size_t i = 0; i < outputs; ++i) {
            size_t at = row * outputs + i;
            da[i] = call->dy[at] * reference_derivative((enum elbow_activation)call->options->activation, a[at]);
            call->gradients[1][i % call->output.channels] += da[i];
        }
        struct sums sums = {.x = call->x + row * inputs,
                            .weight = call->tensors[0],
                            .da = da,
                            .dweight = call->gradients[0],
                            .dx = call->dx ? call->dx + row * inputs : NULL};
        visit(call, (struct visitor){add_backward, &sums});
    }
    free(a);
    free(da);
}

// Kernels of twice the stride may be computed by tiles, which add and subtract sums that are multiplied by up to 8.
// Derivatives of exp are not numbers about 1: of these sums up to exp(3).
static double coarse_of(const struct elbow_layer *options)
{
    double tiles = options->kernel == 2 * options->stride ? 3 : 1;
    return options->activation == ELBOW_ACTIVATION_EXP ? 20 * tiles : tiles;
}

static double taps_of(const struct elbow_layer *options)
{
    double side = (double)options->kernel;
    switch (options->kind) {
    case ELBOW_LAYER_CONV1D:
    case ELBOW_LAYER_CONV_TRANSPOSE1D:
        return side;
    case ELBOW_LAYER_CONV3D:
    case ELBOW_LAYER_CONV_TRANSPOSE3D:
        return side * side * side;
    default:
        return side * side;
    }
}

static struct reference_terms terms(const struct reference_call *call)
{
    const struct elbow_layer *options = call->options;
    double taps = taps_of(options), y = taps * (double)call->input.channels;
    double places = (double)(call->rows * elbow_shape_places(call->output));
    return (struct reference_terms){
        .y = y, .gradient = y + places, .dx = y + taps * (double)call->output.channels, .coarse = coarse_of(options)};
}

#define CONV(axes, word, kind, cases_at)                                                                               \
    static bool word##_at(size_t i, struct reference_case *found)                                                      \
    {                                                                                                                  \
        return cases_at(axes, kind, i, found);                                                                         \
    }                                                                                                                  \
    static bool word##_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)  \
    {                                                                                                                  \
        return shape_along(axes, options, input, output);                                                              \
    }                                                                                                                  \
    const struct reference_layer reference_##word = {                                                                  \
        .at = word##_at, .shape = word##_shape, .forward = forward, .backward = backward, .terms = terms};

CONV(1, conv1d, ELBOW_LAYER_CONV1D, reference_conv_at)
CONV(2, conv2d, ELBOW_LAYER_CONV2D, reference_conv_at)
CONV(3, conv3d, ELBOW_LAYER_CONV3D, reference_conv_at)
CONV(1, conv_transpose1d, ELBOW_LAYER_CONV_TRANSPOSE1D, reference_conv_transpose_at)
CONV(2, conv_transpose2d, ELBOW_LAYER_CONV_TRANSPOSE2D, reference_conv_transpose_at)
CONV(3, conv_transpose3d, ELBOW_LAYER_CONV_TRANSPOSE3D, reference_conv_transpose_at)
