// SPDX-License-Identifier: BSD-3-Clause
// What holds between convolutions whatever their values: gathering and scattering are adjoint, and bits do not depend
// on how samples are put together.
#include "elbow/nn/convolution.h"

#include "conv_fixture.h"
#include "unit.h"

#include <math.h>

static double dot(size_t count, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// The transposed layer that leads back; false if its two sides need different output paddings.
static bool set_up_adjoint(const struct setting *conv, const struct sizes *sizes, struct setting *transpose)
{
    struct elbow_shape small = conv->conv.output;
    int64_t beyond = sizes->kernel - 2 * sizes->padding - sizes->stride;
    int64_t extra = (int64_t)sizes->height - (sizes->stride * (int64_t)small.height + beyond);
    if (extra != (int64_t)sizes->width - (sizes->stride * (int64_t)small.width + beyond))
        return false;
    struct sizes back = {.height = small.height,
                         .width = small.width,
                         .channels = small.channels,
                         .filters = (int64_t)sizes->channels,
                         .kernel = sizes->kernel,
                         .stride = sizes->stride,
                         .padding = sizes->padding};
    ck_assert(set_up(transpose, &back, layer_of(&back, ELBOW_LAYER_CONV_TRANSPOSE2D, ELBOW_ACTIVATION_NONE, extra), 2));
    ck_assert_uint_eq(transpose->conv.outputs, conv->conv.inputs);
    return true;
}

// The same weights with their last two dimensions exchanged, and no biases.
static void make_adjoint(const struct sizes *sizes, struct setting *conv, struct setting *transpose)
{
    size_t channels = sizes->channels, filters = (size_t)sizes->filters;
    for (size_t tap = 0; tap < (size_t)(sizes->kernel * sizes->kernel); ++tap)
        for (size_t c = 0; c < channels; ++c)
            for (size_t n = 0; n < filters; ++n)
                transpose->values[transpose->conv.weight + (tap * filters + n) * channels + c] =
                    conv->values[conv->conv.weight + (tap * channels + c) * filters + n];
    memset(conv->values + conv->conv.bias, 0, filters * sizeof(float));
    memset(transpose->values + transpose->conv.bias, 0, channels * sizeof(float));
}

// <conv(x), y> = <x, conv_transpose(y)>
START_TEST(the_transpose_is_the_adjoint)
{
    int compared = 0;
    for (size_t i = 0; i < SIZES; ++i) {
        const struct sizes *sizes = &all_sizes[i];
        struct setting conv, transpose;
        ck_assert(set_up(&conv, sizes, layer_of(sizes, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_NONE, 0), 2));
        if (set_up_adjoint(&conv, sizes, &transpose)) {
            make_adjoint(sizes, &conv, &transpose);
            elbow_conv2d_forward(&conv.conv, conv.values, 2, conv.x, conv.room, conv.y, NULL);
            elbow_conv2d_forward(&transpose.conv, transpose.values, 2, transpose.x, transpose.room, transpose.y, NULL);
            size_t outputs = 2 * conv.conv.outputs, inputs = 2 * conv.conv.inputs;
            double norms = sqrt(dot(outputs, conv.y, conv.y) * dot(outputs, transpose.x, transpose.x));
            // Some units of 2^-24 of the norms.
            ck_assert_double_eq_tol(dot(outputs, conv.y, transpose.x), dot(inputs, conv.x, transpose.y),
                                    1e-12 + 1e-6 * norms);
            ++compared;
            tear_down(&transpose);
        }
        tear_down(&conv);
    }
    ck_assert_int_ge(compared, 12);
}
END_TEST

// The bits of y and dx of a row are its own; so are dy's, in place.
START_TEST(any_split_of_rows)
{
    enum { ROWS = 41 };
    static const size_t numbers[] = {0, 1, 3, 4, 5, 9, 11, 14, 20, 23};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; ++n)
        for (int kind = ELBOW_LAYER_CONV2D; kind <= ELBOW_LAYER_CONV_TRANSPOSE2D; ++kind) {
            const struct sizes *sizes = &all_sizes[numbers[n]];
            struct setting whole, part;
            struct elbow_layer layer = layer_of(sizes, (enum elbow_layer_kind)kind, ELBOW_ACTIVATION_RELU, 0);
            if (!set_up(&whole, sizes, layer, ROWS))
                continue;
            ck_assert(set_up(&part, sizes, layer, ROWS));
            size_t inputs = whole.conv.inputs, outputs = whole.conv.outputs;
            elbow_conv2d_forward(&whole.conv, whole.values, ROWS, whole.x, whole.room, whole.y, NULL);
            elbow_conv2d_backward(&whole.conv, whole.values, ROWS, whole.x, whole.y, NULL, whole.room, whole.dy,
                                  whole.gradient, whole.dx);
            for (size_t first = 0, count = 1; first < ROWS; first += count, count += 3) {
                count = count > ROWS - first ? ROWS - first : count;
                elbow_conv2d_forward(&part.conv, part.values, count, part.x + first * inputs, part.room,
                                     part.y + first * outputs, NULL);
                elbow_conv2d_backward(&part.conv, part.values, count, part.x + first * inputs, part.y + first * outputs,
                                      NULL, part.room, part.dy + first * outputs, part.gradient,
                                      part.dx + first * inputs);
            }
            ck_assert(memcmp(whole.y, part.y, ROWS * outputs * sizeof(float)) == 0);
            ck_assert(memcmp(whole.dx, part.dx, ROWS * inputs * sizeof(float)) == 0);
            tear_down(&whole);
            tear_down(&part);
        }
}
END_TEST

// Rows behind the last have no part in a gradient, and it does not depend on what the room held.
START_TEST(gradients_repeat)
{
    for (int i = 0; i < 4; ++i) {
        const struct sizes *sizes = &all_sizes[i / 2 ? 21 : 4]; // with tiles, without
        enum elbow_layer_kind kind = i % 2 ? ELBOW_LAYER_CONV_TRANSPOSE2D : ELBOW_LAYER_CONV2D;
        struct elbow_layer layer = layer_of(sizes, kind, ELBOW_ACTIVATION_NONE, 0);
        struct setting first, second;
        ck_assert(set_up(&first, sizes, layer, 9) && set_up(&second, sizes, layer, 5));
        memset(second.room, 0, elbow_conv2d_room(&second.conv) * sizeof(float));
        struct setting *both[] = {&first, &second};
        for (int j = 0; j < 2; ++j) {
            struct setting *s = both[j];
            elbow_conv2d_forward(&s->conv, s->values, 5, s->x, s->room, s->y, NULL);
            elbow_conv2d_backward(&s->conv, s->values, 5, s->x, s->y, NULL, s->room, s->dy, s->gradient,
                                  j == 0 ? s->dx : NULL);
        }
        ck_assert(memcmp(first.gradient, second.gradient, first.parameters.size * sizeof(float)) == 0);
        tear_down(&first);
        tear_down(&second);
    }
}
END_TEST

// Kernels twice the stride, whole vectors of channels and filters, and maps that fill their tiles well enough.
START_TEST(sizes_alone_choose_tiles)
{
    struct elbow_shape image = {14, 14, 32}, map = {7, 7, 64}, thin = {14, 14, 24}, small = {4, 4, 32};
    ck_assert(elbow_tiles_suit(image, map, 4, 2, 1));
    ck_assert(!elbow_tiles_suit(image, map, 3, 2, 1));
    ck_assert(!elbow_tiles_suit(thin, map, 4, 2, 1));
    ck_assert(!elbow_tiles_suit(small, (struct elbow_shape){2, 2, 64}, 4, 2, 1));
    struct elbow_shape large = {1 << 13, 1 << 13, 1024};
    ck_assert(!elbow_tiles_suit(large, (struct elbow_shape){1 << 12, 1 << 12, 16}, 4, 2, 1)); // offsets beyond 2^32
}
END_TEST

UNIT_MAIN("nn/convolution", the_transpose_is_the_adjoint, any_split_of_rows, gradients_repeat, sizes_alone_choose_tiles)
