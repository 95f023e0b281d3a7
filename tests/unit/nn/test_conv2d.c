// SPDX-License-Identifier: BSD-3-Clause
// Both kinds of layers over every class of stride, padding and size, against the definition in double precision.
#include "conv_fixture.h"
#include "panic.h"
#include "reference_conv.h"
#include "unit.h"

// Sums of `terms` products of numbers about 1 whose rounding grows with the root of their number: some sixteen units of
// the last place of a term. Tiles add and subtract sums that are multiplied by up to 8: three times that.
static double tolerance_of(const struct elbow_conv2d *conv, double terms)
{
    return 0x1p-20 * (1 + sqrt(terms)) * (conv->convolution.by_tiles ? 3 : 1);
}

static void check_close(size_t count, const float *values, const double *expected, double tolerance, const char *what,
                        size_t number)
{
    size_t wrong = count; // the first one: an assertion that holds costs a system call
    for (size_t i = count; i-- > 0;)
        if (!(fabs((double)values[i] - expected[i]) <= tolerance * (1 + fabs(expected[i]) * 0.25)))
            wrong = i;
    ck_assert_msg(wrong == count, "%s of sizes %zu at %zu: %g, expected %g", what, number, wrong,
                  wrong == count ? 0 : (double)values[wrong], wrong == count ? 0 : expected[wrong]);
}

static void compare(struct setting *setting, size_t number)
{
    const struct elbow_conv2d *conv = &setting->conv;
    size_t rows = setting->rows, size = setting->parameters.size;
    double *parameters = reference_copy(size, setting->values);
    double *x = reference_copy(rows * conv->inputs, setting->x),
           *dy = reference_copy(rows * conv->outputs, setting->dy);
    double *a = reference_room(rows * conv->outputs), *y = reference_room(rows * conv->outputs);
    double *gradient = reference_room(size), *dx = reference_room(rows * conv->inputs);
    reference_conv_forward(conv, &setting->layer, parameters, rows, x, a, y);
    reference_conv_backward(conv, &setting->layer, parameters, rows, x, a, dy, gradient, dx);
    elbow_conv2d_forward(conv, setting->values, rows, setting->x, setting->room, setting->y, setting->slope);
    double taps = (double)(setting->layer.kernel * setting->layer.kernel);
    double terms = taps * (double)conv->input.channels; // of a, whose rounding is in all that follows
    check_close(rows * conv->outputs, setting->y, y, tolerance_of(conv, terms), "y", number);
    elbow_conv2d_backward(conv, setting->values, rows, setting->x, setting->y, setting->slope, setting->room,
                          setting->dy, setting->gradient, setting->dx);
    double places = (double)(rows * conv->output.height * conv->output.width);
    check_close(size, setting->gradient, gradient, tolerance_of(conv, terms + places), "gradient", number);
    terms += taps * (double)conv->output.channels;
    check_close(rows * conv->inputs, setting->dx, dx, tolerance_of(conv, terms), "dx", number);
    double *all[] = {parameters, x, dy, a, y, gradient, dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        free(all[i]);
}

START_TEST(conv2d_of_every_size)
{
    for (size_t i = 0; i < SIZES; ++i) {
        struct setting setting;
        const struct sizes *sizes = &all_sizes[i];
        ck_assert(set_up(&setting, sizes, layer_of(sizes, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_TANH, 0), 3));
        compare(&setting, i);
        tear_down(&setting);
    }
}
END_TEST

// The whole output is swallowed by its padding.
static bool is_swallowed(const struct sizes *sizes)
{
    size_t shorter = sizes->height < sizes->width ? sizes->height : sizes->width;
    return sizes->kernel + sizes->stride * ((int64_t)shorter - 1) <= 2 * sizes->padding;
}

START_TEST(conv_transpose2d_of_every_size)
{
    for (size_t i = 0; i < SIZES; ++i) {
        const struct sizes *sizes = &all_sizes[i];
        int fitting = 0;
        for (int64_t extra = 0; extra < sizes->stride; ++extra) {
            struct setting setting;
            struct elbow_layer layer = layer_of(sizes, ELBOW_LAYER_CONV_TRANSPOSE2D, ELBOW_ACTIVATION_SILU, extra);
            if (!set_up(&setting, sizes, layer, 3))
                continue;
            ++fitting;
            compare(&setting, i);
            tear_down(&setting);
        }
        ck_assert(fitting == sizes->stride || is_swallowed(sizes));
    }
}
END_TEST

START_TEST(every_activation)
{
    for (int activation = 0; activation < ELBOW_ACTIVATIONS; ++activation)
        for (int kind = ELBOW_LAYER_CONV2D; kind <= ELBOW_LAYER_CONV_TRANSPOSE2D; ++kind) {
            struct setting setting;
            ck_assert(set_up(&setting, &all_sizes[4],
                             layer_of(&all_sizes[4], (enum elbow_layer_kind)kind, (enum elbow_activation)activation, 0),
                             2));
            compare(&setting, 4);
            tear_down(&setting);
        }
}
END_TEST

// Many small samples: several blocks, the last one broken.
START_TEST(more_samples_than_a_block)
{
    static const struct sizes both[] = {{4, 3, 2, 5, 3, 2, 1}, {8, 6, 16, 16, 4, 2, 1}};
    for (int i = 0; i < 4; ++i) {
        const struct sizes *sizes = &both[i / 2];
        enum elbow_layer_kind kind = i % 2 ? ELBOW_LAYER_CONV_TRANSPOSE2D : ELBOW_LAYER_CONV2D;
        struct setting setting;
        ck_assert(set_up(&setting, sizes, layer_of(sizes, kind, ELBOW_ACTIVATION_TANH, 0), 135));
        ck_assert_uint_gt(135, 2 * setting.conv.convolution.block);
        ck_assert(setting.conv.convolution.by_tiles == (i / 2 == 1));
        compare(&setting, 0);
        tear_down(&setting);
    }
}
END_TEST

// The loss is the sum of dy y; parameter i moves by +-step.
static double loss_at(const struct setting *setting, double *parameters, size_t i, double step, const double *x)
{
    const struct elbow_conv2d *conv = &setting->conv;
    size_t outputs = setting->rows * conv->outputs;
    double *a = reference_room(outputs), *y = reference_room(outputs), before = parameters[i], sum = 0;
    parameters[i] += step;
    reference_conv_forward(conv, &setting->layer, parameters, setting->rows, x, a, y);
    parameters[i] = before;
    for (size_t at = 0; at < outputs; ++at)
        sum += (double)setting->dy[at] * y[at];
    free(a);
    free(y);
    return sum;
}

static double difference(const struct setting *setting, double *parameters, size_t i, const double *x)
{
    const double step = 1e-5;
    return (loss_at(setting, parameters, i, step, x) - loss_at(setting, parameters, i, -step, x)) / (2 * step);
}

// Some forty weights and all biases.
START_TEST(gradients_are_differences)
{
    for (int which = 0; which < 4; ++which) {
        struct setting setting;
        const struct sizes *sizes = &all_sizes[which / 2 ? 21 : 4]; // with tiles, without
        enum elbow_layer_kind kind = which % 2 ? ELBOW_LAYER_CONV_TRANSPOSE2D : ELBOW_LAYER_CONV2D;
        ck_assert(set_up(&setting, sizes, layer_of(sizes, kind, ELBOW_ACTIVATION_TANH, 0), 2));
        ck_assert(setting.conv.convolution.by_tiles == (which / 2 == 1));
        const struct elbow_conv2d *conv = &setting.conv;
        double *parameters = reference_copy(setting.parameters.size, setting.values);
        double *x = reference_copy(setting.rows * conv->inputs, setting.x);
        double *expected = reference_room(setting.parameters.size);
        size_t weights = (size_t)(sizes->kernel * sizes->kernel * sizes->filters) * sizes->channels;
        size_t stride = weights / 40 + 1, filters = (size_t)sizes->filters;
        for (size_t i = 0; i < weights; i += stride)
            expected[conv->weight + i] = difference(&setting, parameters, conv->weight + i, x);
        for (size_t i = 0; i < filters; ++i)
            expected[conv->bias + i] = difference(&setting, parameters, conv->bias + i, x);
        elbow_conv2d_forward(conv, setting.values, setting.rows, setting.x, setting.room, setting.y, NULL);
        elbow_conv2d_backward(conv, setting.values, setting.rows, setting.x, setting.y, NULL, setting.room, setting.dy,
                              setting.gradient, setting.dx);
        // Differences of this step are good to 1e-9, float sums of a hundred terms to 1e-4.
        for (size_t i = 0; i < weights; i += stride)
            ck_assert_double_eq_tol((double)setting.gradient[conv->weight + i], expected[conv->weight + i], 1e-4);
        for (size_t i = 0; i < filters; ++i)
            ck_assert_double_eq_tol((double)setting.gradient[conv->bias + i], expected[conv->bias + i], 1e-4);
        free(parameters);
        free(x);
        free(expected);
        tear_down(&setting);
    }
}
END_TEST

START_TEST(sizes_follow_the_formulas)
{
    struct elbow_shape output;
    struct elbow_layer layer = layer_of(&(struct sizes){.filters = 8, .kernel = 4, .stride = 2, .padding = 1},
                                        ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_RELU, 0);
    ck_assert(elbow_conv2d_shape(&layer, (struct elbow_shape){28, 29, 3}, &output));
    ck_assert(output.height == 14 && output.width == 14 && output.channels == 8);
    ck_assert(!elbow_conv2d_shape(&layer, (struct elbow_shape){1, 28, 3}, &output));
    layer.kind = ELBOW_LAYER_CONV_TRANSPOSE2D;
    ck_assert(elbow_conv2d_shape(&layer, (struct elbow_shape){7, 14, 3}, &output));
    ck_assert(output.height == 14 && output.width == 28);
    layer.output_padding = 1;
    ck_assert(elbow_conv2d_shape(&layer, (struct elbow_shape){7, 14, 3}, &output));
    ck_assert(output.height == 15 && output.width == 29);
    layer.output_padding = 2; // not below the stride
    ck_assert(!elbow_conv2d_shape(&layer, (struct elbow_shape){7, 14, 3}, &output));
    layer.output_padding = 0;
    layer.padding = 2; // takes all there is
    ck_assert(!elbow_conv2d_shape(&layer, (struct elbow_shape){1, 14, 3}, &output));
}
END_TEST

START_TEST(layers_add_their_tensors)
{
    struct elbow_parameters parameters = {0};
    struct elbow_conv2d conv;
    struct elbow_layer layer = layer_of(&(struct sizes){.filters = 8, .kernel = 4, .stride = 2, .padding = 1},
                                        ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_RELU, 0);
    ck_assert_int_eq(elbow_conv2d_create(&parameters, "encoder.0", &layer, (struct elbow_shape){28, 28, 3},
                                         ELBOW_INITIALIZER_AUTO, &conv, NULL),
                     ELBOW_OK);
    const struct elbow_tensor *weight = elbow_parameters_find(&parameters, "encoder.0/weight");
    const struct elbow_tensor *bias = elbow_parameters_find(&parameters, "encoder.0/bias");
    ck_assert(weight && bias && weight->rank == 4 && weight->is_weight && !bias->is_weight);
    ck_assert(weight->shape[0] == 4 && weight->shape[1] == 4 && weight->shape[2] == 3 && weight->shape[3] == 8);
    ck_assert(weight->fan_in == 48 && weight->fan_out == 128 && weight->initial == ELBOW_INITIAL_HE);
    ck_assert(bias->rank == 1 && bias->shape[0] == 8 && bias->initial == ELBOW_INITIAL_CONSTANT);
    ck_assert(conv.weight == weight->offset && conv.bias == bias->offset);
    elbow_conv2d_destroy(&conv);
    elbow_parameters_clear(&parameters);
}
END_TEST

START_TEST(forward_and_backward_allocate_nothing)
{
    struct setting setting;
    ck_assert(set_up(&setting, &all_sizes[3],
                     layer_of(&all_sizes[3], ELBOW_LAYER_CONV_TRANSPOSE2D, ELBOW_ACTIVATION_RELU, 0), 4));
    uint64_t before = elbow_memory_count().allocations;
    elbow_conv2d_forward(&setting.conv, setting.values, 4, setting.x, setting.room, setting.y, NULL);
    elbow_conv2d_backward(&setting.conv, setting.values, 4, setting.x, setting.y, NULL, setting.room, setting.dy,
                          setting.gradient, setting.dx);
    ck_assert_uint_eq(elbow_memory_count().allocations, before);
    tear_down(&setting);
}
END_TEST

// Every allocation fails once; gives back how many there are.
static uint64_t fail_everywhere(const struct sizes *sizes)
{
    size_t blocks = elbow_memory_count().blocks;
    struct elbow_layer layer = layer_of(sizes, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_RELU, 0);
    struct elbow_shape input = {sizes->height, sizes->width, sizes->channels};
    for (uint64_t n = 1;; ++n) {
        struct elbow_parameters parameters = {0};
        struct elbow_conv2d conv = {0};
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        enum elbow_status status =
            elbow_conv2d_create(&parameters, "c", &layer, input, ELBOW_INITIALIZER_AUTO, &conv, &error);
        elbow_memory_fail_at(0);
        elbow_conv2d_destroy(&conv);
        elbow_parameters_clear(&parameters);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
        if (status == ELBOW_OK)
            return n - 1;
        ck_assert_int_eq(status, ELBOW_MEMORY);
    }
}

START_TEST(out_of_memory_leaves_nothing)
{
    ck_assert_uint_ge(fail_everywhere(&all_sizes[5]), 7);
    ck_assert_uint_ge(fail_everywhere(&all_sizes[1]), 6);
}
END_TEST

START_TEST(a_sample_larger_than_the_tables_is_refused)
{
    struct elbow_parameters parameters = {0};
    struct elbow_conv2d conv = {0};
    struct elbow_error error = {0};
    struct elbow_layer layer =
        layer_of(&(struct sizes){.filters = 1, .kernel = 1, .stride = 1}, ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_RELU, 0);
    ck_assert_int_eq(elbow_conv2d_create(&parameters, "c", &layer, (struct elbow_shape){1 << 16, 1 << 16, 3},
                                         ELBOW_INITIALIZER_AUTO, &conv, &error),
                     ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "65536 x 65536 x 3") != NULL, "%s", error.message);
    elbow_conv2d_destroy(&conv);
    elbow_parameters_clear(&parameters);
}
END_TEST

static void kernel_larger_than_input(void)
{
    struct elbow_parameters parameters = {0};
    struct elbow_conv2d conv;
    struct elbow_layer layer = layer_of(&all_sizes[0], ELBOW_LAYER_CONV2D, ELBOW_ACTIVATION_RELU, 0);
    (void)elbow_conv2d_create(&parameters, "c", &layer, (struct elbow_shape){1, 1, 1}, ELBOW_INITIALIZER_AUTO, &conv,
                              NULL);
}

START_TEST(layers_must_fit)
{
    ck_assert(panics(kernel_larger_than_input));
}
END_TEST

UNIT_MAIN("nn/conv2d", conv2d_of_every_size, conv_transpose2d_of_every_size, every_activation,
          more_samples_than_a_block, gradients_are_differences, sizes_follow_the_formulas, layers_add_their_tensors,
          forward_and_backward_allocate_nothing, out_of_memory_leaves_nothing,
          a_sample_larger_than_the_tables_is_refused, layers_must_fit)
