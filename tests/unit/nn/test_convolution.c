// SPDX-License-Identifier: BSD-3-Clause
// Relations between convolutions for any values: gathering and scattering are adjoint; and the choice between the two
// implementations.
#include "elbow/nn/convolution.h"

#include "layer_fixture.h"
#include "reference_conv.h"
#include "unit.h"

static double dot(size_t count, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static const struct elbow_window *square(size_t kernel, size_t stride, size_t padding)
{
    static struct elbow_window window;
    window = (struct elbow_window){{1, kernel, kernel}, {1, stride, stride}, {0, padding, padding}};
    return &window;
}

static struct elbow_shape input_of(const struct reference_sizes *sizes)
{
    return (struct elbow_shape){sizes->height, sizes->width, sizes->channels, 0};
}

// The transposed layer that leads back; false if its two sides need different output paddings.
static bool set_up_adjoint(const struct setting *conv, const struct reference_sizes *sizes, struct setting *transpose)
{
    struct elbow_shape small = conv->layer.output;
    int64_t beyond = sizes->kernel - 2 * sizes->padding - sizes->stride;
    int64_t extra = (int64_t)sizes->height - (sizes->stride * (int64_t)small.height + beyond);
    if (extra != (int64_t)sizes->width - (sizes->stride * (int64_t)small.width + beyond))
        return false;
    struct elbow_layer back = conv->options;
    back.kind = ELBOW_LAYER_CONV_TRANSPOSE2D;
    back.filters = (int64_t)sizes->channels;
    back.output_padding = extra;
    ck_assert(set_up(transpose, &back, small, 2));
    ck_assert_uint_eq(transpose->layer.outputs, conv->layer.inputs);
    return true;
}

// The same weights with their last two dimensions exchanged, and no biases.
static void make_adjoint(const struct reference_sizes *sizes, struct setting *conv, struct setting *transpose)
{
    size_t channels = sizes->channels, filters = (size_t)sizes->filters;
    float *weight = conv->values + tensor_of(conv, 0)->offset;
    float *back = transpose->values + tensor_of(transpose, 0)->offset;
    for (size_t tap = 0; tap < (size_t)(sizes->kernel * sizes->kernel); ++tap)
        for (size_t c = 0; c < channels; ++c)
            for (size_t n = 0; n < filters; ++n)
                back[(tap * filters + n) * channels + c] = weight[(tap * channels + c) * filters + n];
    memset(conv->values + tensor_of(conv, 1)->offset, 0, filters * sizeof(float));
    memset(transpose->values + tensor_of(transpose, 1)->offset, 0, channels * sizeof(float));
}

// <conv(x), y> = <x, conv_transpose(y)>
static bool check_adjoint(const struct reference_sizes *sizes)
{
    struct setting conv, transpose;
    struct elbow_layer options = reference_conv_case(sizes, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_NONE, 0).options;
    if (!set_up(&conv, &options, input_of(sizes), 2))
        return false;
    bool has_adjoint = set_up_adjoint(&conv, sizes, &transpose);
    if (has_adjoint) {
        make_adjoint(sizes, &conv, &transpose);
        run_forward(&conv);
        run_forward(&transpose);
        size_t outputs = 2 * conv.layer.outputs, inputs = 2 * conv.layer.inputs;
        double norms = sqrt(dot(outputs, conv.y, conv.y) * dot(outputs, transpose.x, transpose.x));
        // Some units of 2^-24 of the norms.
        ck_assert_double_eq_tol(dot(outputs, conv.y, transpose.x), dot(inputs, conv.x, transpose.y),
                                1e-12 + 1e-6 * norms);
        tear_down(&transpose);
    }
    tear_down(&conv);
    return has_adjoint;
}

START_TEST(the_transpose_is_the_adjoint)
{
    int compared = 0;
    for (size_t i = 0; i < reference_conv_count; ++i)
        compared += check_adjoint(&reference_conv_sizes[i]);
    ck_assert_int_ge(compared, 12);
}
END_TEST

// Kernels twice the stride, whole vectors of channels and filters, and maps that fill their tiles well enough.
START_TEST(sizes_alone_choose_tiles)
{
    struct elbow_shape image = {14, 14, 32, 0}, map = {7, 7, 64, 0}, thin = {14, 14, 24, 0}, small = {4, 4, 32, 0};
    ck_assert(elbow_tiles_suit(image, map, square(4, 2, 1)));
    ck_assert(!elbow_tiles_suit(image, map, square(3, 2, 1)));
    ck_assert(!elbow_tiles_suit(thin, map, square(4, 2, 1)));
    ck_assert(!elbow_tiles_suit(small, (struct elbow_shape){2, 2, 64, 0}, square(4, 2, 1)));
    struct elbow_shape volume = {14, 14, 32, 6}, deep = {7, 7, 64, 3};
    const struct elbow_window cube = {{4, 4, 4}, {2, 2, 2}, {1, 1, 1}}, slab = {{3, 4, 4}, {1, 2, 2}, {0, 1, 1}};
    ck_assert(elbow_tiles_suit(volume, deep, &cube));
    ck_assert(!elbow_tiles_suit(volume, deep, &slab));
    const struct elbow_window line = {{1, 1, 4}, {1, 1, 2}, {0, 0, 1}};
    ck_assert(!elbow_tiles_suit((struct elbow_shape){1, 64, 32, 0}, (struct elbow_shape){1, 32, 64, 0}, &line));
    struct elbow_shape large = {1 << 13, 1 << 13, 1024, 0};
    ck_assert(!elbow_tiles_suit(large, (struct elbow_shape){1 << 12, 1 << 12, 16, 0},
                                square(4, 2, 1))); // offsets beyond 2^32
}
END_TEST

// The cases of the conformance tests use both implementations, with rows of more than two blocks.
START_TEST(cases_go_both_ways_in_blocks)
{
    size_t blocks[2] = {0};
    for (size_t i = 0; i < reference_conv_count; ++i) {
        const struct reference_sizes *sizes = &reference_conv_sizes[i];
        struct elbow_layer options = reference_conv_case(sizes, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_NONE, 0).options;
        struct elbow_shape map;
        struct elbow_convolution convolution;
        if (!reference_conv2d.shape(&options, input_of(sizes), &map))
            continue;
        ck_assert_int_eq(
            elbow_convolution_create(input_of(sizes), map,
                                     square((size_t)sizes->kernel, (size_t)sizes->stride, (size_t)sizes->padding),
                                     &convolution, NULL),
            ELBOW_OK);
        size_t number = sizes->rows / convolution.block;
        if (number > blocks[convolution.by_tiles])
            blocks[convolution.by_tiles] = number;
        elbow_convolution_destroy(&convolution);
    }
    ck_assert_uint_ge(blocks[0], 2);
    ck_assert_uint_ge(blocks[1], 2);
}
END_TEST

UNIT_MAIN("nn/convolution", the_transpose_is_the_adjoint, sizes_alone_choose_tiles, cases_go_both_ways_in_blocks)
