// SPDX-License-Identifier: BSD-3-Clause
// Threads change no bit: whole training steps of models large enough for every loop to be spread, each stage of which
// (products, convolutions, activations, likelihood, latent, optimiser) would show in the gradient or in the statistics.
#include "elbow/base/memory.h"
#include "elbow/math/blas.h"
#include "elbow/math/random.h"
#include "elbow/math/threads.h"
#include "elbow/nn/optimizer.h"
#include "elbow/vae/model.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

enum { THREADS_MOST = 4 };

struct outcome {
    size_t size, count; // of gradient and parameters; of statistics
    float *gradient, *parameters;
    double *statistics;
};

static void *workspace(size_t count, size_t size)
{
    void *values = NULL;
    ck_assert_int_eq(elbow_allocate(&values, count, size, "a test", NULL), ELBOW_OK);
    return values;
}

static struct elbow_config configure(const char *const *settings)
{
    struct elbow_config config;
    struct elbow_error error = {0};
    elbow_config_default(&config);
    for (; *settings != NULL; ++settings)
        ck_assert_msg(elbow_config_set(&config, *settings, &error) == ELBOW_OK, "%s", error.message);
    return config;
}

// A forward and a backward pass and an update.
static struct outcome train(const struct elbow_config *config, struct elbow_shape shape, size_t rows)
{
    struct elbow_model *model = NULL;
    struct elbow_optimizer optimizer;
    struct elbow_error error = {0};
    size_t values = shape.height * shape.width * shape.channels, latent = (size_t)config->model.latent;
    ck_assert_msg(elbow_model_create_shaped(config, shape, rows, &model, &error) == ELBOW_OK, "%s", error.message);
    size_t size = model->parameters.size, statistics = elbow_model_statistics(model, false);
    struct outcome outcome = {size, statistics, workspace(size, sizeof(float)), workspace(size, sizeof(float)),
                              workspace(statistics, sizeof(double))};
    float *x = workspace(rows * values, sizeof *x), *noise = workspace(rows * latent, sizeof *noise);
    elbow_random_uniform((struct elbow_stream){3, ELBOW_PURPOSE_SYNTHETIC, 0, 0}, rows * values, x);
    elbow_random_normal((struct elbow_stream){3, ELBOW_PURPOSE_SYNTHETIC, 1, 0}, rows * latent, noise);
    elbow_model_initialize(model, 5, NULL, outcome.parameters);
    struct elbow_microbatch microbatch = {.rows = rows, .values = x, .noise = noise};
    elbow_model_train(model, outcome.parameters, microbatch, (struct elbow_terms){.beta = 1.5, .free_bits = 0.1},
                      outcome.gradient, outcome.statistics);
    ck_assert_int_eq(elbow_optimizer_create(config, &model->parameters, size, &optimizer, NULL), ELBOW_OK);
    elbow_optimizer_apply(&optimizer, (struct elbow_optimizer_part){0, size, 0}, 1, 0.01, 0.5, outcome.gradient,
                          outcome.parameters);
    elbow_optimizer_destroy(&optimizer);
    elbow_model_destroy(model);
    elbow_release(&x);
    elbow_release(&noise);
    return outcome;
}

static void clear(struct outcome *outcome)
{
    elbow_release(&outcome->gradient);
    elbow_release(&outcome->parameters);
    elbow_release(&outcome->statistics);
}

static void check(const char *const *settings, struct elbow_shape shape, size_t rows)
{
    struct elbow_config config = configure(settings);
    struct outcome one = train(&config, shape, rows);
    for (int threads = 2; threads <= THREADS_MOST; ++threads) {
        elbow_threads_set(threads);
        ck_assert_int_eq(elbow_blas_find_cuts(NULL), ELBOW_OK);
        struct outcome many = train(&config, shape, rows);
        elbow_threads_set(1);
        ck_assert_msg(memcmp(one.statistics, many.statistics, one.count * sizeof(double)) == 0,
                      "%s, %d threads: other statistics", settings[0], threads);
        ck_assert_msg(memcmp(one.gradient, many.gradient, one.size * sizeof(float)) == 0,
                      "%s, %d threads: another gradient", settings[0], threads);
        ck_assert_msg(memcmp(one.parameters, many.parameters, one.size * sizeof(float)) == 0,
                      "%s, %d threads: other parameters", settings[0], threads);
        clear(&many);
    }
    clear(&one);
}

START_TEST(dense_models)
{
    static const char *const activations[] = {"relu", "leaky_relu", "tanh", "sigmoid", "softplus", "silu", "none"};
    elbow_blas_start();
    for (size_t i = 0; i < sizeof activations / sizeof *activations; ++i) {
        char encoder[128], decoder[128];
        snprintf(encoder, sizeof encoder, "model.encoder=[dense: {units: 311, activation: %s}]", activations[i]);
        snprintf(decoder, sizeof decoder, "model.decoder=[dense: {units: 290, activation: %s}]", activations[i]);
        check((const char *const[]){encoder, decoder, "model.latent=50", NULL}, (struct elbow_shape){1, 1, 777, 0},
              131);
    }
}
END_TEST

START_TEST(a_gaussian_with_a_learned_variance_by_momentum)
{
    elbow_blas_start();
    check((const char *const[]){"model.likelihood=gaussian", "model.learn_variance=true", "train.optimizer=sgd",
                                "model.encoder=[dense: {units: 200}]", "model.decoder=[dense: {units: 200}]",
                                "model.latent=60", NULL},
          (struct elbow_shape){1, 1, 500, 0}, 97);
}
END_TEST

START_TEST(convolutions)
{
    elbow_blas_start();
    check(
        (const char *const[]){
            "model.encoder=[conv2d: {filters: 32, kernel: 4, stride: 2, padding: 1}, "
            "conv2d: {filters: 50, kernel: 4, stride: 2, padding: 1}]",
            "model.decoder=[dense: {units: 2450}, conv_transpose2d: {filters: 32, kernel: 4, stride: 2, padding: 1}, "
            "conv_transpose2d: {filters: 1, kernel: 4, stride: 2, padding: 1, activation: none}]",
            "model.latent=20", NULL},
        (struct elbow_shape){28, 28, 1, 0}, 37);
    check(
        (const char *const[]){
            "model.encoder=[conv2d: {filters: 17, kernel: 3, stride: 1, padding: 1}, "
            "conv2d: {filters: 64, kernel: 4, stride: 2, padding: 1, activation: silu}]",
            "model.decoder=[dense: {units: 512}, conv_transpose2d: {filters: 40, kernel: 4, stride: 2, padding: 1}, "
            "conv_transpose2d: {filters: 3, kernel: 4, stride: 2, padding: 1, activation: none}]",
            "model.latent=10", NULL},
        (struct elbow_shape){32, 32, 3, 0}, 33);
}
END_TEST

UNIT_MAIN("vae/model, threads", dense_models, a_gaussian_with_a_learned_variance_by_momentum, convolutions)
