// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/architecture.h"

#include "unit.h"

#include <string.h>

static struct elbow_layer dense(int64_t units)
{
    return (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = units, .activation = ELBOW_ACTIVATION_RELU};
}

static struct elbow_layer conv(int64_t filters, int64_t kernel, int64_t stride, int64_t padding)
{
    return (struct elbow_layer){.kind = ELBOW_LAYER_CONV2D,
                                .filters = filters,
                                .kernel = kernel,
                                .stride = stride,
                                .padding = padding,
                                .activation = ELBOW_ACTIVATION_RELU};
}

static struct elbow_layer transpose(int64_t filters, int64_t kernel, int64_t stride, int64_t padding)
{
    struct elbow_layer layer = conv(filters, kernel, stride, padding);
    layer.kind = ELBOW_LAYER_CONV_TRANSPOSE2D;
    return layer;
}

static struct elbow_layer last(struct elbow_layer layer)
{
    layer.activation = ELBOW_ACTIVATION_NONE;
    return layer;
}

static const struct elbow_shape image = {28, 28, 1, 0}, colour = {64, 64, 3, 0}, flat = {1, 1, 784, 0};

static void check(struct elbow_shape shape, size_t height, size_t width, size_t channels)
{
    ck_assert_msg(shape.height == height && shape.width == width && shape.channels == channels, "%zu x %zu x %zu",
                  shape.height, shape.width, shape.channels);
}

START_TEST(encoders_flatten)
{
    struct elbow_architecture plan;
    struct elbow_layers layers = {3, {conv(32, 4, 2, 1), conv(64, 4, 2, 1), dense(256)}};
    ck_assert_int_eq(elbow_architecture_plan("encoder", image, &layers, (struct elbow_shape){1, 1, 64, 0}, &plan, NULL),
                     ELBOW_OK);
    ck_assert(plan.has_dense_head);
    check(plan.inputs[0], 28, 28, 1);
    check(plan.outputs[0], 14, 14, 32);
    check(plan.outputs[1], 7, 7, 64);
    check(plan.inputs[2], 7, 7, 64);
    check(plan.outputs[2], 1, 1, 256);
    check(plan.inputs[3], 1, 1, 256);
    check(plan.outputs[3], 1, 1, 64);
    layers.count = 2; // the head behind a convolution
    ck_assert_int_eq(elbow_architecture_plan("encoder", image, &layers, (struct elbow_shape){1, 1, 64, 0}, &plan, NULL),
                     ELBOW_OK);
    ck_assert(plan.has_dense_head);
    check(plan.inputs[2], 7, 7, 64);
}
END_TEST

START_TEST(decoders_reshape_and_end_in_the_image)
{
    struct elbow_architecture plan;
    struct elbow_layers layers = {4, {dense(256), dense(3136), transpose(32, 4, 2, 1), last(transpose(1, 4, 2, 1))}};
    struct elbow_shape latent = {1, 1, 32, 0};
    ck_assert_int_eq(elbow_architecture_plan("decoder", latent, &layers, image, &plan, NULL), ELBOW_OK);
    ck_assert(!plan.has_dense_head);
    check(plan.outputs[1], 1, 1, 3136);
    check(plan.inputs[2], 7, 7, 64);
    check(plan.outputs[2], 14, 14, 32);
    check(plan.outputs[3], 28, 28, 1);
    // Odd sizes by output padding, a stride of one by a conv2d.
    layers = (struct elbow_layers){3, {dense(90), transpose(8, 3, 2, 1), last(conv(3, 3, 1, 1))}};
    layers.layers[1].output_padding = 1;
    ck_assert_int_eq(
        elbow_architecture_plan("decoder", latent, &layers, (struct elbow_shape){6, 10, 3, 0}, &plan, NULL), ELBOW_OK);
    check(plan.inputs[1], 3, 5, 6);
    check(plan.inputs[2], 6, 10, 8);
    // From the latent variables at once.
    layers = (struct elbow_layers){2, {transpose(8, 7, 1, 0), last(transpose(1, 4, 4, 0))}};
    ck_assert_int_eq(elbow_architecture_plan("decoder", latent, &layers, image, &plan, NULL), ELBOW_OK);
    check(plan.inputs[0], 1, 1, 32);
}
END_TEST

START_TEST(dense_decoders_have_a_dense_head)
{
    struct elbow_architecture plan;
    struct elbow_layers layers = {1, {dense(256)}};
    ck_assert_int_eq(elbow_architecture_plan("decoder", (struct elbow_shape){1, 1, 32, 0}, &layers, image, &plan, NULL),
                     ELBOW_OK);
    ck_assert(plan.has_dense_head);
    layers.count = 0;
    ck_assert_int_eq(elbow_architecture_plan("decoder", (struct elbow_shape){1, 1, 32, 0}, &layers, image, &plan, NULL),
                     ELBOW_OK);
    ck_assert(plan.has_dense_head);
    check(plan.inputs[0], 1, 1, 32);
    check(plan.outputs[0], 28, 28, 1);
}
END_TEST

static struct elbow_layer of_kind(enum elbow_layer_kind kind, struct elbow_layer layer)
{
    layer.kind = kind;
    return layer;
}

static const struct elbow_shape series = {1, 64, 2, 0}, volume = {12, 10, 1, 8};

// As images, along one axis and along three.
START_TEST(series_and_volumes_have_places)
{
    struct elbow_architecture plan;
    struct elbow_shape latent = {1, 1, 32, 0};
    struct elbow_layers layers = {2, {of_kind(ELBOW_LAYER_CONV1D, conv(8, 4, 2, 1)), dense(9)}};
    ck_assert_int_eq(elbow_architecture_plan("encoder", series, &layers, latent, &plan, NULL), ELBOW_OK);
    check(plan.outputs[0], 1, 32, 8);
    check(plan.outputs[1], 1, 1, 9);
    layers = (struct elbow_layers){2, {dense(96), of_kind(ELBOW_LAYER_CONV_TRANSPOSE1D, last(transpose(2, 4, 2, 1)))}};
    ck_assert_int_eq(elbow_architecture_plan("decoder", latent, &layers, series, &plan, NULL), ELBOW_OK);
    ck_assert(!plan.has_dense_head);
    check(plan.inputs[1], 1, 32, 3);
    check(plan.outputs[1], 1, 64, 2);
    layers = (struct elbow_layers){2, {of_kind(ELBOW_LAYER_CONV3D, conv(8, 4, 2, 1)), dense(9)}};
    ck_assert_int_eq(elbow_architecture_plan("encoder", volume, &layers, latent, &plan, NULL), ELBOW_OK);
    check(plan.outputs[0], 6, 5, 8);
    ck_assert_uint_eq(plan.outputs[0].depth, 4);
    check(plan.outputs[1], 1, 1, 9);
    ck_assert_uint_eq(plan.outputs[1].depth, 0);
    layers = (struct elbow_layers){2, {dense(360), of_kind(ELBOW_LAYER_CONV_TRANSPOSE3D, last(transpose(1, 4, 2, 1)))}};
    ck_assert_int_eq(elbow_architecture_plan("decoder", latent, &layers, volume, &plan, NULL), ELBOW_OK);
    check(plan.inputs[1], 6, 5, 3);
    ck_assert_uint_eq(plan.inputs[1].depth, 4);
    ck_assert(elbow_shape_is_same(plan.outputs[1], volume));
}
END_TEST

static void refused(struct elbow_shape input, struct elbow_layers layers, struct elbow_shape output, const char *text)
{
    struct elbow_architecture plan;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_architecture_plan("decoder", input, &layers, output, &plan, &error), ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
}

START_TEST(misfits_are_told)
{
    struct elbow_shape latent = {1, 1, 32, 0}, head = {1, 1, 64, 0};
    refused(
        flat, (struct elbow_layers){1, {conv(32, 4, 2, 1)}}, head,
        "for flat rows of images, or rows with further axes of length 1, set data.shape: [height, width, channels]");
    refused((struct elbow_shape){4, 4, 1, 0}, (struct elbow_layers){2, {conv(8, 4, 2, 0), conv(8, 4, 2, 1)}}, head,
            "model.decoder.1: a conv2d of kernel 4, stride 2, padding 1 does not fit an input of 1 x 1 x 8");
    refused(latent, (struct elbow_layers){2, {dense(300), last(transpose(1, 4, 2, 1))}}, image,
            "model.decoder.1: the 300 values before this conv_transpose2d cannot become 14 x 14 x channels");
    refused(latent, (struct elbow_layers){2, {dense(196), transpose(1, 4, 2, 1)}}, image,
            "model.decoder.1: the last conv_transpose2d is the output layer, which has no activation");
    refused(latent, (struct elbow_layers){2, {dense(1024), last(transpose(1, 4, 2, 1))}}, colour,
            "must give 64 x 64 x 3 (height, width, channels) for the data, but gives 64 x 64 x 1");
    refused(latent, (struct elbow_layers){2, {dense(196), last(transpose(1, 3, 2, 1))}}, image,
            "model.decoder.1: no input of a conv_transpose2d of kernel 3, stride 2, padding 1, output_padding 0 gives "
            "the 28 x 28 places");
    struct elbow_layer extra = last(transpose(1, 4, 2, 1));
    extra.output_padding = 2;
    refused(latent, (struct elbow_layers){2, {dense(169), extra}}, image,
            "an output_padding of 2 must be below the stride, 2");
    refused(image, (struct elbow_layers){1, {last(conv(1, 3, 1, 0))}}, image, "but gives 26 x 26 x 1");
}
END_TEST

START_TEST(other_axes_are_told)
{
    struct elbow_shape latent = {1, 1, 32, 0}, head = {1, 1, 64, 0};
    struct elbow_layer line = of_kind(ELBOW_LAYER_CONV1D, conv(3, 3, 1, 0));
    struct elbow_layer block = of_kind(ELBOW_LAYER_CONV3D, conv(3, 3, 1, 0));
    refused(flat, (struct elbow_layers){1, {line}}, head,
            "model.decoder.0: a conv1d needs series; if samples are series, set data.layout: series (with data.shape: "
            "[time, channels] if rows are flat)");
    refused(flat, (struct elbow_layers){1, {block}}, head,
            "a conv3d needs volumes; if samples are volumes, set data.layout: volume");
    refused(image, (struct elbow_layers){1, {line}}, head,
            "model.decoder.0: a conv1d needs series, and the samples are images of 28 x 28 x 1 (height, width, "
            "channels); data.layout: series declares them to be series");
    refused(image, (struct elbow_layers){1, {block}}, head, "a conv3d needs volumes, and the samples are images");
    refused(series, (struct elbow_layers){1, {block}}, head,
            "a conv3d needs volumes, and the samples are series of 64 x 2 (time, channels)");
    refused(latent, (struct elbow_layers){1, {last(conv(3, 3, 1, 0))}}, volume,
            "a conv2d needs images, and the samples are volumes of 8 x 12 x 10 x 1 (depth, height, width, channels)");
    refused(volume, (struct elbow_layers){1, {line}}, head, "a conv1d needs series, and the samples are volumes");
    refused(series, (struct elbow_layers){2, {conv(3, 2, 1, 1), line}}, head,
            "model.decoder.1: a conv1d goes along one axis, and cannot take 2 x 65 places");
    refused(latent, (struct elbow_layers){2, {dense(9), of_kind(ELBOW_LAYER_CONV1D, last(conv(3, 3, 1, 1)))}}, series,
            "model.decoder.1: the 9 values before this conv1d cannot become 64 x channels, which are needed to end in "
            "the data's 64; make them a multiple of 64");
    refused(series, (struct elbow_layers){1, {of_kind(ELBOW_LAYER_CONV1D, last(conv(3, 3, 1, 1)))}}, series,
            "the output layer and must give 64 x 2 (time, channels) for the data, but gives 64 x 3");
    refused(volume, (struct elbow_layers){1, {of_kind(ELBOW_LAYER_CONV3D, conv(3, 9, 1, 0))}}, head,
            "a conv3d of kernel 9, stride 1, padding 0 does not fit an input of 8 x 12 x 10 x 1 (depth, height, width, "
            "channels)");
    struct elbow_layer pool = {.kind = ELBOW_LAYER_POOL, .size = 9};
    refused(volume, (struct elbow_layers){1, {pool}}, head,
            "a window of 9 x 9 x 9 does not fit into its input of 8 x 12 x 10 places");
    struct elbow_layer upsample = {.kind = ELBOW_LAYER_UPSAMPLE, .factor = 4};
    refused(latent, (struct elbow_layers){3, {dense(9), upsample, of_kind(ELBOW_LAYER_CONV3D, last(conv(1, 3, 1, 1)))}},
            volume, "an upsample by 4 cannot give the 8 x 12 x 10 places");
    struct elbow_shape vast = {1 << 12, 1 << 12, 1, 1 << 12};
    refused(vast, (struct elbow_layers){1, {of_kind(ELBOW_LAYER_CONV3D, conv(9, 1, 1, 0))}}, head,
            "gives 4096 x 4096 x 4096 x 9 values (depth, height, width, channels), more than 2^31");
}
END_TEST

static struct elbow_layer moving(enum elbow_layer_kind kind)
{
    return (struct elbow_layer){.kind = kind, .size = 2, .stride = 2, .factor = 2};
}

// Of flat values they would do nothing without a word; convolutions are trained there.
START_TEST(what_moves_places_needs_them)
{
    struct elbow_shape latent = {1, 1, 32, 0}, head = {1, 1, 64, 0};
    struct elbow_architecture plan;
    struct elbow_error error = {0};
    struct elbow_layer pool = moving(ELBOW_LAYER_POOL), upsample = moving(ELBOW_LAYER_UPSAMPLE);
    refused(
        latent, (struct elbow_layers){2, {dense(64), upsample}}, image,
        "model.decoder.1: an upsample has no effect here, because the values have no height and width; put it behind "
        "the dense layers, with a convolution at the end, or remove it");
    refused(latent, (struct elbow_layers){3, {upsample, dense(196), last(transpose(1, 4, 2, 1))}}, image,
            "model.decoder.0: an upsample has no effect");
    refused(latent, (struct elbow_layers){3, {dense(64), conv(8, 3, 1, 1), pool}}, image,
            "model.decoder.2: a pool has no effect");
    refused(image, (struct elbow_layers){2, {dense(64), pool}}, head, "model.decoder.1: a pool has no effect");
    refused(flat, (struct elbow_layers){1, {upsample}}, head, "model.decoder.0: an upsample needs samples with");
    const struct elbow_layers decoders[] = {{3, {dense(64), conv(8, 3, 1, 1), dense(64)}}, // as version 0.1 has it
                                            {2, {transpose(8, 7, 1, 0), upsample}},        // unfolded
                                            {3, {dense(98), upsample, last(conv(1, 3, 1, 1))}}}; // in the run
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; ++i)
        ck_assert_msg(elbow_architecture_plan("decoder", latent, &decoders[i], (struct elbow_shape){14, 14, 1, 0},
                                              &plan, &error) == ELBOW_OK,
                      "%s", error.message);
    const struct elbow_layers encoder = {2, {conv(8, 28, 1, 0), pool}}; // one place is left
    ck_assert_int_eq(elbow_architecture_plan("encoder", image, &encoder, head, &plan, &error), ELBOW_OK);
}
END_TEST

// A list of which the last layer is a residual, of one layer; it is in front of others, or behind.
static struct elbow_layers around(struct elbow_layer inner, struct elbow_layer before, struct elbow_layer behind)
{
    struct elbow_layers layers = {3,
                                  {before, {.kind = ELBOW_LAYER_RESIDUAL, .inner = {.ahead = 2, .count = 1}}, behind}};
    layers.layers[3] = inner;
    return layers;
}

START_TEST(residuals_are_what_they_hold)
{
    struct elbow_shape latent = {1, 1, 32, 0}, head = {1, 1, 64, 0};
    struct elbow_architecture plan;
    struct elbow_error error = {0};
    // It is a part of the run that gets places from the image that the decoder ends in.
    struct elbow_layers decoder = around(conv(8, 3, 1, 1), dense(98), last(transpose(1, 4, 2, 1)));
    ck_assert_int_eq(
        elbow_architecture_plan("decoder", latent, &decoder, (struct elbow_shape){14, 14, 1, 0}, &plan, &error),
        ELBOW_OK);
    check(plan.inputs[1], 7, 7, 2);
    check(plan.outputs[1], 7, 7, 8);
    decoder = around(conv(8, 3, 2, 1), dense(98), last(transpose(1, 4, 2, 1))); // 13 x 13 at least
    refused(latent, decoder, (struct elbow_shape){14, 14, 1, 0},
            "model.decoder.1: the 98 values before this residual cannot become 13 x 13 x channels");
    struct elbow_layers encoder = around(dense(10), conv(2, 4, 2, 1), dense(3)); // places are lost
    ck_assert_int_eq(elbow_architecture_plan("encoder", image, &encoder, head, &plan, &error), ELBOW_OK);
    check(plan.outputs[1], 1, 1, 10);
    refused(image, around(transpose(2, 4, 2, 1), conv(2, 4, 2, 1), dense(3)), head,
            "model.decoder.1: its layers make 28 x 28 places of 14 x 14, and the projection around them can only keep "
            "or skip places; use layers that keep their number, or divide it by a whole number");
    refused(image, around(conv(2, 40, 1, 0), conv(2, 4, 2, 1), dense(3)), head, "model.decoder.1: layers.0: ");
    refused(image, around(transpose(65536, 255, 255, 0), conv(2, 4, 2, 1), dense(3)), head,
            "model.decoder.1: layers.0: gives more than 2^31 values");
    refused(flat, around(conv(2, 3, 1, 1), dense(3), dense(3)), head, "model.decoder.1: a conv2d needs samples with");
    refused(latent, around(moving(ELBOW_LAYER_UPSAMPLE), dense(64), dense(64)), image,
            "model.decoder.1: an upsample has no effect here");
}
END_TEST

UNIT_MAIN("nn/architecture", encoders_flatten, decoders_reshape_and_end_in_the_image, dense_decoders_have_a_dense_head,
          series_and_volumes_have_places, misfits_are_told, other_axes_are_told, what_moves_places_needs_them,
          residuals_are_what_they_hold)
