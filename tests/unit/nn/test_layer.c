// SPDX-License-Identifier: BSD-3-Clause
// Properties of single layers; tests/conformance/test_layer.c has those of all.
#include "elbow/nn/layer.h"

#include "layer_fixture.h"
#include "panic.h"
#include "unit.h"

#include <string.h>

static struct elbow_layer conv_of(enum elbow_layer_kind kind)
{
    return (struct elbow_layer){
        .kind = kind, .filters = 8, .kernel = 4, .stride = 2, .padding = 1, .activation = ELBOW_ACTIVATION_RELU};
}

static void check_tensors(const struct elbow_layer *options, struct elbow_shape input,
                          const struct elbow_tensor *expected)
{
    struct elbow_parameters parameters = {0};
    struct elbow_layer_instance layer;
    ck_assert_int_eq(create_layer(options, input, 1, &parameters, &layer, NULL), ELBOW_OK);
    const struct elbow_tensor *weight = elbow_parameters_find(&parameters, "l/weight");
    const struct elbow_tensor *bias = elbow_parameters_find(&parameters, "l/bias");
    ck_assert(weight && bias && weight->rank == expected->rank && weight->is_weight && !bias->is_weight);
    for (int i = 0; i < expected->rank; ++i)
        ck_assert_uint_eq(weight->shape[i], expected->shape[i]);
    ck_assert_uint_eq(weight->fan_in, expected->fan_in);
    ck_assert_uint_eq(weight->fan_out, expected->fan_out);
    ck_assert_int_eq(weight->initial, ELBOW_INITIAL_HE);
    ck_assert(bias->rank == 1 && bias->shape[0] == expected->shape[expected->rank - 1]);
    ck_assert(bias->initial == ELBOW_INITIAL_CONSTANT && bias->value == 0);
    elbow_layer_destroy(&layer);
    elbow_parameters_clear(&parameters);
}

START_TEST(layers_add_their_tensors)
{
    struct elbow_layer dense = {.kind = ELBOW_LAYER_DENSE, .units = 3, .activation = ELBOW_ACTIVATION_RELU};
    struct elbow_layer conv = conv_of(ELBOW_LAYER_CONV2D), transpose = conv_of(ELBOW_LAYER_CONV_TRANSPOSE2D);
    check_tensors(&dense, (struct elbow_shape){1, 1, 5, 0},
                  &(struct elbow_tensor){.rank = 2, .shape = {5, 3}, .fan_in = 5, .fan_out = 3});
    struct elbow_tensor weight = {.rank = 4, .shape = {4, 4, 3, 8}, .fan_in = 48, .fan_out = 128};
    check_tensors(&conv, (struct elbow_shape){28, 28, 3, 0}, &weight);
    check_tensors(&transpose, (struct elbow_shape){7, 7, 3, 0}, &weight);
    conv.kind = ELBOW_LAYER_CONV1D;
    weight = (struct elbow_tensor){.rank = 3, .shape = {4, 3, 8}, .fan_in = 12, .fan_out = 32};
    check_tensors(&conv, (struct elbow_shape){1, 28, 3, 0}, &weight);
    transpose.kind = ELBOW_LAYER_CONV_TRANSPOSE3D;
    weight = (struct elbow_tensor){.rank = 5, .shape = {4, 4, 4, 3, 8}, .fan_in = 192, .fan_out = 512};
    check_tensors(&transpose, (struct elbow_shape){7, 6, 3, 5}, &weight);
}
END_TEST

static void check_shape(const struct elbow_layer *options, struct elbow_shape input, size_t height, size_t width)
{
    struct elbow_shape output;
    char reason[ELBOW_LAYER_REASON_SIZE];
    ck_assert(elbow_layer_row(options->kind)->shape(options, input, &output, reason));
    ck_assert(output.height == height && output.width == width && output.channels == (size_t)options->filters);
}

static void check_misfit(const struct elbow_layer *options, struct elbow_shape input, const char *expected)
{
    struct elbow_shape output;
    char reason[ELBOW_LAYER_REASON_SIZE];
    ck_assert(!elbow_layer_row(options->kind)->shape(options, input, &output, reason));
    ck_assert_str_eq(reason, expected);
}

START_TEST(sizes_follow_the_formulas)
{
    struct elbow_layer layer = conv_of(ELBOW_LAYER_CONV2D);
    check_shape(&layer, (struct elbow_shape){28, 29, 3, 0}, 14, 14);
    check_misfit(&layer, (struct elbow_shape){1, 28, 3, 0},
                 "a conv2d of kernel 4, stride 2, padding 1 does not fit an input of 1 x 28 x 3 (height, width, "
                 "channels)");
    layer.kind = ELBOW_LAYER_CONV_TRANSPOSE2D;
    check_shape(&layer, (struct elbow_shape){7, 14, 3, 0}, 14, 28);
    layer.output_padding = 1;
    check_shape(&layer, (struct elbow_shape){7, 14, 3, 0}, 15, 29);
    layer.output_padding = 2;
    check_misfit(&layer, (struct elbow_shape){7, 14, 3, 0}, "an output_padding of 2 must be below the stride, 2");
    layer.output_padding = 0;
    layer.padding = 2; // takes all there is
    check_misfit(&layer, (struct elbow_shape){1, 14, 3, 0},
                 "a conv_transpose2d of kernel 4, stride 2, padding 2 does not fit an input of 1 x 14 x 3 (height, "
                 "width, channels)");
}
END_TEST

START_TEST(a_sample_larger_than_the_tables_is_refused)
{
    struct elbow_parameters parameters = {0};
    struct elbow_layer_instance layer;
    struct elbow_error error = {0};
    struct elbow_layer conv = {.kind = ELBOW_LAYER_CONV2D, .filters = 1, .kernel = 1, .stride = 1};
    ck_assert_int_eq(create_layer(&conv, (struct elbow_shape){1 << 16, 1 << 16, 3, 0}, 1, &parameters, &layer, &error),
                     ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "65536 x 65536 x 3") != NULL, "%s", error.message);
    elbow_parameters_clear(&parameters);
    conv.kind = ELBOW_LAYER_CONV3D;
    ck_assert_int_eq(
        create_layer(&conv, (struct elbow_shape){1 << 11, 1 << 11, 3, 1 << 11}, 1, &parameters, &layer, &error),
        ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "2048 x 2048 x 2048 x 3") != NULL, "%s", error.message);
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

static void kernel_larger_than_input(void)
{
    struct elbow_parameters parameters = {0};
    struct elbow_layer_instance layer;
    struct elbow_layer conv = conv_of(ELBOW_LAYER_CONV2D);
    (void)create_layer(&conv, (struct elbow_shape){1, 1, 1, 0}, 1, &parameters, &layer, NULL);
}

START_TEST(layers_must_fit)
{
    ck_assert(panics(kernel_larger_than_input));
}
END_TEST

UNIT_MAIN("nn/layer", layers_add_their_tensors, sizes_follow_the_formulas, a_sample_larger_than_the_tables_is_refused,
          layers_must_fit)
