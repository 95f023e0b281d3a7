// SPDX-License-Identifier: BSD-3-Clause
#include "reference_conv.h"

#include <stdlib.h>

// clang-format off: one case a row reads best as a table
const struct reference_sizes reference_conv_sizes[] = {
    // the first layer of mnist-conv
    {.height = 28, .width = 28, .channels = 1, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 14, .width = 14, .channels = 32, .filters = 64, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 7, .width = 7, .channels = 64, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    // a colour decoder's last
    {.height = 8, .width = 8, .channels = 32, .filters = 3, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 7, .width = 5, .channels = 3, .filters = 17, .kernel = 3, .stride = 1, .padding = 1, .rows = 41},
    // a column that no patch reaches
    {.height = 9, .width = 8, .channels = 17, .filters = 3, .kernel = 3, .stride = 2, .padding = 0, .rows = 11},
    // 1x1
    {.height = 5, .width = 7, .channels = 1, .filters = 1, .kernel = 1, .stride = 1, .padding = 0, .rows = 3},
    {.height = 5, .width = 6, .channels = 17, .filters = 16, .kernel = 1, .stride = 1, .padding = 0, .rows = 3},
    // pixels that no tap meets
    {.height = 6, .width = 7, .channels = 3, .filters = 5, .kernel = 1, .stride = 2, .padding = 0, .rows = 3},
    {.height = 8, .width = 9, .channels = 2, .filters = 3, .kernel = 2, .stride = 3, .padding = 1, .rows = 41},
    // likewise, and without patches
    {.height = 8, .width = 7, .channels = 9, .filters = 20, .kernel = 2, .stride = 5, .padding = 1, .rows = 3},
    // more padding than kernel
    {.height = 4, .width = 4, .channels = 3, .filters = 4, .kernel = 3, .stride = 2, .padding = 4, .rows = 41},
    {.height = 3, .width = 4, .channels = 17, .filters = 18, .kernel = 2, .stride = 2, .padding = 3, .rows = 3},
    {.height = 5, .width = 5, .channels = 17, .filters = 16, .kernel = 5, .stride = 5, .padding = 2, .rows = 3},
    {.height = 3, .width = 4, .channels = 9, .filters = 33, .kernel = 3, .stride = 1, .padding = 2, .rows = 41},
    {.height = 11, .width = 3, .channels = 1, .filters = 3, .kernel = 3, .stride = 3, .padding = 1, .rows = 3},
    // two panels of columns
    {.height = 4, .width = 5, .channels = 10, .filters = 100, .kernel = 3, .stride = 2, .padding = 1, .rows = 3},
    {.height = 4, .width = 3, .channels = 100, .filters = 9, .kernel = 3, .stride = 1, .padding = 0, .rows = 3},
    // a kernel larger than the input
    {.height = 1, .width = 1, .channels = 5, .filters = 6, .kernel = 4, .stride = 2, .padding = 2, .rows = 3},
    {.height = 2, .width = 1, .channels = 16, .filters = 1, .kernel = 2, .stride = 2, .padding = 1, .rows = 3},
    // tiles: broken ones
    {.height = 13, .width = 19, .channels = 16, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 9},
    // whole ones
    {.height = 16, .width = 16, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 1, .rows = 2},
    // pixels behind the last patch
    {.height = 12, .width = 14, .channels = 16, .filters = 48, .kernel = 4, .stride = 2, .padding = 0, .rows = 3},
    // stride 1
    {.height = 7, .width = 8, .channels = 32, .filters = 16, .kernel = 2, .stride = 1, .padding = 0, .rows = 41},
    // wide padding
    {.height = 10, .width = 9, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 3, .rows = 3},
    // stride 3
    {.height = 19, .width = 25, .channels = 16, .filters = 16, .kernel = 6, .stride = 3, .padding = 2, .rows = 3},
    // several blocks, the last one broken
    {.height = 4, .width = 3, .channels = 2, .filters = 5, .kernel = 3, .stride = 2, .padding = 1, .rows = 135},
    // likewise, tiles
    {.height = 8, .width = 6, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 1, .rows = 135},
    // a kernel larger than the padded input
    {.height = 2, .width = 2, .channels = 1, .filters = 1, .kernel = 5, .stride = 1, .padding = 0, .rows = 1},
};
// clang-format on
enum { SIZES = sizeof reference_conv_sizes / sizeof *reference_conv_sizes, SMALL = 4 };
const size_t reference_conv_count = SIZES;

struct reference_case reference_conv_case(const struct reference_sizes *sizes, enum elbow_layer_kind kind,
                                          int activation, int64_t output_padding)
{
    return (struct reference_case){.options = {.kind = kind,
                                               .activation = activation,
                                               .filters = sizes->filters,
                                               .kernel = sizes->kernel,
                                               .stride = sizes->stride,
                                               .padding = sizes->padding,
                                               .output_padding = output_padding},
                                   .input = {sizes->height, sizes->width, sizes->channels},
                                   .rows = sizes->rows};
}

static bool conv2d_at(size_t i, struct reference_case *found)
{
    if (i >= SIZES + ELBOW_ACTIVATIONS)
        return false;
    bool is_size = i < SIZES;
    *found = reference_conv_case(&reference_conv_sizes[is_size ? i : SMALL], ELBOW_LAYER_CONV2D,
                                 is_size ? ELBOW_ACTIVATION_TANH : (int)(i - SIZES), 0);
    return true;
}

// Each size with an output padding below the stride; one of them with all, and with as much as the stride.
static bool conv_transpose2d_at(size_t i, struct reference_case *found)
{
    enum { STRIDE_THREE = 9, ALL = SIZES + 4 };
    if (i >= ALL + ELBOW_ACTIVATIONS)
        return false;
    size_t number = i < SIZES ? i : i < ALL ? STRIDE_THREE : SMALL;
    const struct reference_sizes *sizes = &reference_conv_sizes[number];
    int64_t extra = i < SIZES ? (int64_t)i % sizes->stride : i < ALL ? (int64_t)(i - SIZES) : 0;
    *found = reference_conv_case(sizes, ELBOW_LAYER_CONV_TRANSPOSE2D, i < ALL ? ELBOW_ACTIVATION_SILU : (int)(i - ALL),
                                 extra);
    return true;
}

// The places of a kernel's first tap that lie in the padded input, one by one.
static size_t conv2d_side(const struct elbow_layer *options, size_t input)
{
    size_t places = 0;
    int64_t padded = (int64_t)input + 2 * options->padding;
    for (int64_t first = 0; first + options->kernel <= padded; first += options->stride)
        ++places;
    return places;
}

static bool conv2d_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    *output = (struct elbow_shape){conv2d_side(options, input.height), conv2d_side(options, input.width),
                                   (size_t)options->filters};
    return output->height > 0 && output->width > 0;
}

// From the first tap of the first place to the last tap of the last one, less the padding at both ends.
static int64_t conv_transpose2d_side(const struct elbow_layer *options, size_t input)
{
    int64_t last = ((int64_t)input - 1) * options->stride + options->kernel - 1;
    return last + 1 - 2 * options->padding + options->output_padding;
}

static bool conv_transpose2d_shape(const struct elbow_layer *options, struct elbow_shape input,
                                   struct elbow_shape *output)
{
    int64_t height = conv_transpose2d_side(options, input.height);
    int64_t width = conv_transpose2d_side(options, input.width);
    *output = (struct elbow_shape){(size_t)height, (size_t)width, (size_t)options->filters};
    return height > 0 && width > 0 && options->output_padding < options->stride;
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

static void visit(const struct reference_call *call, struct visitor visitor)
{
    const struct elbow_layer *options = call->options;
    bool is_transposed = options->kind == ELBOW_LAYER_CONV_TRANSPOSE2D;
    struct elbow_shape small = is_transposed ? call->input : call->output;
    struct elbow_shape large = is_transposed ? call->output : call->input;
    for (size_t y = 0; y < small.height; ++y)
        for (size_t x = 0; x < small.width; ++x)
            for (int64_t i = 0; i < options->kernel; ++i)
                for (int64_t j = 0; j < options->kernel; ++j) {
                    int64_t row = (int64_t)y * options->stride + i - options->padding;
                    int64_t column = (int64_t)x * options->stride + j - options->padding;
                    if (row < 0 || column < 0 || row >= (int64_t)large.height || column >= (int64_t)large.width)
                        continue;
                    size_t at_small = y * small.width + x, at_large = (size_t)row * large.width + (size_t)column;
                    visit_tap(call, is_transposed ? at_small : at_large, is_transposed ? at_large : at_small,
                              (size_t)(i * options->kernel + j), visitor);
                }
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
            da[i] = call->dy[at] * reference_slope((enum elbow_activation)call->options->activation, a[at]);
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

// Kernels of twice the stride may go by tiles, which add and subtract sums that are multiplied by up to 8. Slopes of
// exp are no numbers about 1: of these sums up to exp(3).
static double coarse_of(const struct elbow_layer *options)
{
    double tiles = options->kernel == 2 * options->stride ? 3 : 1;
    return options->activation == ELBOW_ACTIVATION_EXP ? 20 * tiles : tiles;
}

static struct reference_terms terms(const struct reference_call *call)
{
    const struct elbow_layer *options = call->options;
    double taps = (double)(options->kernel * options->kernel), y = taps * (double)call->input.channels;
    double places = (double)(call->rows * call->output.height * call->output.width);
    return (struct reference_terms){
        .y = y, .gradient = y + places, .dx = y + taps * (double)call->output.channels, .coarse = coarse_of(options)};
}

const struct reference_layer reference_conv2d = {
    .at = conv2d_at, .shape = conv2d_shape, .forward = forward, .backward = backward, .terms = terms};

const struct reference_layer reference_conv_transpose2d = {.at = conv_transpose2d_at,
                                                           .shape = conv_transpose2d_shape,
                                                           .forward = forward,
                                                           .backward = backward,
                                                           .terms = terms};
