// SPDX-License-Identifier: BSD-3-Clause
// Models of many architectures with random parameters, data and noise, beside their double-precision reference.
#ifndef ELBOW_TESTS_MODEL_FIXTURE_H
#define ELBOW_TESTS_MODEL_FIXTURE_H

#include "reference_vae.h"

#include <check.h>
#include <stdlib.h>

enum { RELU = ELBOW_ACTIVATION_RELU, TANH = ELBOW_ACTIVATION_TANH };

struct architecture {
    const char *what;
    int encoder_layers, decoder_layers, activation;
    int likelihood;
    bool learned;
    double variance, beta, free_bits;
    size_t rows, values, latent;
};

static const struct architecture ARCHITECTURES[] = {
    {"linear", 0, 0, 0, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 5, 13, 3},
    {"one row", 1, 1, RELU, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 1, 9, 2},
    {"three and one", 3, 1, RELU, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 7, 31, 5},
    {"one and three", 1, 3, RELU, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 0.25, 0, 7, 31, 5},
    {"none and three", 0, 3, TANH, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 17, 4},
    {"three and none", 3, 0, TANH, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 4, 0, 6, 17, 4},
    {"leaky_relu", 2, 2, ELBOW_ACTIVATION_LEAKY_RELU, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"tanh", 2, 2, TANH, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"sigmoid", 2, 2, ELBOW_ACTIVATION_SIGMOID, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"softplus", 2, 2, ELBOW_ACTIVATION_SOFTPLUS, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"silu", 3, 3, ELBOW_ACTIVATION_SILU, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"none", 2, 2, ELBOW_ACTIVATION_NONE, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 1, 0, 6, 11, 3},
    {"gaussian, fixed", 1, 2, TANH, ELBOW_LIKELIHOOD_GAUSSIAN, false, 0.3, 1, 0, 7, 19, 3},
    {"gaussian, learned", 2, 1, TANH, ELBOW_LIKELIHOOD_GAUSSIAN, true, 0.3, 1, 0, 7, 19, 3},
    {"gaussian, linear, learned", 0, 0, 0, ELBOW_LIKELIHOOD_GAUSSIAN, true, 2, 0.5, 0, 5, 21, 4},
    {"poisson", 1, 2, TANH, ELBOW_LIKELIHOOD_POISSON, false, 1, 1, 0, 7, 19, 3},
    {"free bits", 1, 1, TANH, ELBOW_LIKELIHOOD_BERNOULLI, false, 1, 2, 0.4, 9, 15, 6},
    {"free bits, one latent", 0, 1, RELU, ELBOW_LIKELIHOOD_GAUSSIAN, true, 1, 1, 0.3, 9, 1, 1},
};
enum { ARCHITECTURE_COUNT = sizeof ARCHITECTURES / sizeof *ARCHITECTURES };

// Everything of one case.
struct fixture {
    struct elbow_config config;
    struct elbow_model *model;
    struct reference_vae reference;
    size_t size, rows;
    float *parameters, *gradient, *values, *noise;
    double *exact_parameters, *exact_gradient, *statistics;
};

static inline void *allocate(size_t count, size_t size)
{
    void *pointer = calloc(count, size);
    ck_assert_ptr_nonnull(pointer);
    return pointer;
}

static inline struct elbow_layers hidden(int count, int activation)
{
    struct elbow_layers layers = {.count = (size_t)count};
    for (int k = 0; k < count; ++k)
        layers.layers[k] =
            (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = 7 + 5 * k, .activation = activation};
    return layers;
}

static inline void configure(const struct architecture *architecture, struct elbow_config *config)
{
    config->model.latent = (int64_t)architecture->latent;
    config->model.likelihood = architecture->likelihood;
    config->model.likelihood_options.learn_variance = architecture->learned;
    config->model.likelihood_options.variance = architecture->variance;
    config->model.encoder = hidden(architecture->encoder_layers, architecture->activation);
    config->model.decoder = hidden(architecture->decoder_layers, architecture->activation);
    config->objective.beta = architecture->beta;
    config->objective.free_bits = architecture->free_bits;
}

// Random parameters (biases too), data and noise, keyed by the seed.
static inline struct fixture *fixture_create(const struct architecture *architecture, uint64_t seed)
{
    struct fixture *f = allocate(1, sizeof *f);
    configure(architecture, &f->config);
    f->rows = architecture->rows;
    struct elbow_error error = {0};
    enum elbow_status status = elbow_model_create(&f->config, architecture->values, f->rows, &f->model, &error);
    ck_assert_msg(status == ELBOW_OK, "%s", error.message);
    f->size = f->model->parameters.size;
    f->reference = reference_vae(&f->config, f->model);
    f->parameters = allocate(f->size, sizeof(float));
    f->gradient = allocate(f->size, sizeof(float));
    f->exact_parameters = allocate(f->size, sizeof(double));
    f->exact_gradient = allocate(f->size, sizeof(double));
    f->statistics = allocate(elbow_statistics_size(architecture->latent, true), sizeof(double));
    f->values = allocate(f->rows * architecture->values, sizeof(float));
    f->noise = allocate(f->rows * architecture->latent, sizeof(float));
    uint64_t state = seed;
    for (size_t t = 0; t < f->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
        double width = tensor->rank == 2 ? 1.5 / sqrt((double)tensor->shape[0]) : 0.5;
        for (size_t k = 0; k < tensor->count; ++k)
            f->parameters[tensor->offset + k] = (float)(width * reference_random(&state));
    }
    for (size_t k = 0; k < f->size; ++k)
        f->exact_parameters[k] = f->parameters[k];
    for (size_t k = 0; k < f->rows * architecture->values; ++k) {
        double u = reference_random(&state);
        f->values[k] = (float)f->reference.likelihood->value(u);
    }
    for (size_t k = 0; k < f->rows * architecture->latent; ++k)
        f->noise[k] = (float)reference_normal(&state);
    return f;
}

static inline void fixture_destroy(struct fixture *f)
{
    elbow_model_destroy(f->model);
    free(f->parameters);
    free(f->gradient);
    free(f->exact_parameters);
    free(f->exact_gradient);
    free(f->statistics);
    free(f->values);
    free(f->noise);
    free(f);
}

static inline struct elbow_microbatch microbatch(const struct fixture *f)
{
    return (struct elbow_microbatch){f->rows, f->values, f->noise};
}

static inline struct reference_parts exact(struct fixture *f, double *gradient)
{
    return reference_rows(&f->reference, f->size, f->exact_parameters, f->rows, f->values, f->noise, gradient);
}

static inline struct elbow_terms terms(const struct fixture *f)
{
    return elbow_objective_terms(&f->config, f->config.objective.beta);
}

static inline void train(struct fixture *f)
{
    memset(f->gradient, 0xFF, f->size * sizeof(float)); // NaN: what is not overwritten shows
    elbow_model_train(f->model, f->parameters, microbatch(f), terms(f), f->gradient, f->statistics);
}

#endif
