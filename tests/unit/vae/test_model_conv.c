// SPDX-License-Identifier: BSD-3-Clause
// A convolutional VAE: gradients as signed differences of the objective, the start of the output bias, and bits that do
// not depend on old contents of memory.
#include "elbow/vae/model.h"

#include "elbow/math/random.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4, LATENT = 3, PLACES = 64, CHANNELS = 3, VALUES = PLACES * CHANNELS };

static const struct elbow_shape sample = {8, 8, CHANNELS, 0};

static void configure(struct elbow_config *config)
{
    elbow_config_default(config);
    static const char *const assignments[] = {
        "data.synthetic=10", "model.latent=3",
        "model.encoder=[conv2d: {filters: 5, kernel: 4, stride: 2, padding: 1, activation: tanh}, dense: {units: 9}]",
        ("model.decoder=[dense: {units: 64, activation: tanh}, conv_transpose2d: {filters: 3, kernel: 4, stride: 2, "
         "padding: 1, activation: none}]")}; // in parentheses: one of three
    struct elbow_error error = {0};
    for (size_t i = 0; i < sizeof assignments / sizeof *assignments; ++i)
        ck_assert_msg(elbow_config_set(config, assignments[i], &error) == ELBOW_OK, "%s", error.message);
    ck_assert_msg(elbow_config_finish(config, "test", &error) == ELBOW_OK, "%s", error.message);
}

struct fixture {
    struct elbow_config config;
    struct elbow_model *model;
    float *parameters, *gradient, values[ROWS * VALUES], noise[ROWS * LATENT];
    double statistics[64];
};

static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct elbow_error error = {0};
    ck_assert_ptr_nonnull(f);
    configure(&f->config);
    ck_assert_msg(elbow_model_create_shaped(&f->config, sample, ROWS, &f->model, &error) == ELBOW_OK, "%s",
                  error.message);
    f->parameters = calloc(f->model->parameters.size, sizeof *f->parameters);
    f->gradient = calloc(f->model->parameters.size, sizeof *f->gradient);
    ck_assert(f->parameters && f->gradient);
    elbow_model_initialize(f->model, 7, NULL, f->parameters);
    struct elbow_stream stream = {7, ELBOW_PURPOSE_SYNTHETIC, 0, 0};
    elbow_random_uniform(stream, ROWS * VALUES, f->values);
    stream.id = 1;
    elbow_random_normal(stream, ROWS * LATENT, f->noise);
    return f;
}

static void tear_down(struct fixture *f)
{
    elbow_model_destroy(f->model);
    free(f->parameters);
    free(f->gradient);
    free(f);
}

static double objective(struct fixture *f)
{
    struct elbow_row_results none = {0};
    elbow_model_evaluate(f->model, f->parameters,
                         (struct elbow_microbatch){.rows = ROWS, .values = f->values, .noise = f->noise},
                         (struct elbow_terms){.beta = 1}, f->statistics, none);
    return f->statistics[ELBOW_STATISTIC_OBJECTIVE];
}

START_TEST(gradients_are_differences)
{
    struct fixture *f = set_up();
    ck_assert_uint_le(elbow_statistics_size(LATENT, true), 64);
    elbow_model_train(f->model, f->parameters,
                      (struct elbow_microbatch){.rows = ROWS, .values = f->values, .noise = f->noise},
                      (struct elbow_terms){.beta = 1}, f->gradient, f->statistics);
    for (size_t t = 0; t < f->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
        for (size_t k = 0; k < tensor->count; k += tensor->count / 7 + 1) {
            float *parameter = f->parameters + tensor->offset + k, before = *parameter;
            const float step = 0x1p-7f;
            *parameter = before + step;
            double above = objective(f);
            *parameter = before - step;
            double below = objective(f);
            *parameter = before;
            double derivative = -(above - below) / (2 * (double)step);
            // Rounding of an objective of 500 over the step: 1e-2 at worst; the third derivative times step^2: 1e-2.
            double found = (double)f->gradient[tensor->offset + k];
            ck_assert_msg(fabs(found - derivative) <= 0.03 + 0.01 * fabs(derivative), "%s[%zu]: %g, difference %g",
                          tensor->name, k, found, derivative);
        }
    }
    tear_down(f);
}
END_TEST

START_TEST(the_output_bias_is_the_channels_mean)
{
    struct fixture *f = set_up();
    float mean[VALUES];
    for (size_t i = 0; i < VALUES; ++i)
        mean[i] = i % CHANNELS == 0 ? 0.5f : i % CHANNELS == 1 ? 0.0f : (float)(i / CHANNELS % 2) * 0.5f;
    elbow_model_initialize(f->model, 7, mean, f->parameters);
    const struct elbow_tensor *bias = elbow_parameters_find(&f->model->parameters, "decoder.head/bias");
    ck_assert(bias && bias->count == CHANNELS);
    const float *values = f->parameters + bias->offset;
    ck_assert_float_eq(values[0], 0.0f);
    ck_assert_double_eq_tol((double)values[1], log(0.001 / 0.999), 1e-6); // clipped
    ck_assert_double_eq_tol((double)values[2], log(0.25 / 0.75), 1e-6);   // the mean of 0 and 1/2
    tear_down(f);
}
END_TEST

static void check_sample(const struct elbow_config *config, enum elbow_layout layout, size_t rank,
                         const uint64_t *shape, struct elbow_shape expected)
{
    struct elbow_shape found = elbow_model_sample(config, layout, rank, shape);
    ck_assert_mem_eq(&found, &expected, sizeof found);
}

START_TEST(samples_have_shapes)
{
    static const uint64_t shape[] = {6, 5, 4, 3};
    static const struct elbow_shape images[] = {{1, 1, 6, 0}, {6, 5, 1, 0}, {6, 5, 4, 0}, {1, 1, 360, 0}};
    static const struct elbow_shape series[] = {{1, 6, 1, 0}, {1, 6, 5, 0}, {1, 1, 120, 0}, {1, 1, 360, 0}};
    static const struct elbow_shape volumes[] = {{1, 1, 6, 0}, {1, 1, 30, 0}, {5, 4, 1, 6}, {5, 4, 3, 6}};
    struct elbow_config *config = calloc(1, sizeof *config);
    for (size_t rank = 1; rank <= 4; ++rank) {
        struct elbow_shape flat = {1, 1, 1, 0};
        for (size_t i = 0; i < rank; ++i)
            flat.channels *= (size_t)shape[i];
        config->model.encoder = (struct elbow_layers){1, {{.kind = ELBOW_LAYER_LAYER_NORM}}};
        check_sample(config, ELBOW_LAYOUT_AUTO, rank, shape, images[rank - 1]);
        check_sample(config, ELBOW_LAYOUT_IMAGE, rank, shape, images[rank - 1]);
        check_sample(config, ELBOW_LAYOUT_SERIES, rank, shape, flat); // no layer uses places
        check_sample(config, ELBOW_LAYOUT_VOLUME, rank, shape, flat);
        config->model.encoder.layers[0].kind = ELBOW_LAYER_POOL;
        check_sample(config, ELBOW_LAYOUT_AUTO, rank, shape, images[rank - 1]);
        check_sample(config, ELBOW_LAYOUT_SERIES, rank, shape, series[rank - 1]);
        check_sample(config, ELBOW_LAYOUT_VOLUME, rank, shape, volumes[rank - 1]);
        check_sample(config, ELBOW_LAYOUT_ROWS, rank, shape, flat);
    }
    free(config);
}
END_TEST

START_TEST(flat_samples_are_refused_with_advice)
{
    struct elbow_config *config = calloc(1, sizeof *config);
    struct elbow_model *model = NULL;
    struct elbow_error error = {0};
    ck_assert_ptr_nonnull(config);
    configure(config);
    ck_assert_int_eq(elbow_model_create(config, VALUES, ROWS, &model, &error), ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "model.encoder.0") && strstr(error.message, "data.shape"), "%s", error.message);
    ck_assert_ptr_null(model);
    free(config);
}
END_TEST

// The filters of a head are channels and outputs; both numbers are named.
START_TEST(several_outputs_of_a_value_are_told)
{
    struct elbow_config *config = calloc(1, sizeof *config);
    struct elbow_model *model = NULL;
    struct elbow_error error = {0};
    ck_assert_ptr_nonnull(config);
    configure(config);
    ck_assert_int_eq(elbow_config_set(config, "model.likelihood={gaussian: {variance: predicted}}", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_model_create_shaped(config, sample, ROWS, &model, &error), ELBOW_CONFIG);
    ck_assert_msg(
        strstr(error.message, "must give 8 x 8 x 6 (height, width, channels) for the data, but gives 8 x 8 x 3") &&
            strstr(error.message, "2 outputs for each value: 2 x 3 channels"),
        "%s", error.message);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(elbow_config_set(config, "model.decoder.1.conv_transpose2d.filters=6", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_model_create_shaped(config, sample, ROWS, &model, &error), ELBOW_OK);
    elbow_model_destroy(model);
    free(config);
}
END_TEST

UNIT_MAIN("vae/model with convolutions", gradients_are_differences, the_output_bias_is_the_channels_mean,
          samples_have_shapes, flat_samples_are_refused_with_advice, several_outputs_of_a_value_are_told)
