// SPDX-License-Identifier: BSD-3-Clause
// The architectures, and random arrays for one of them.
#include "model_fixture.h"

#include "elbow/vae/layerwise.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A small model, for a likelihood.
#define USUAL(what_, likelihood_)                                                                                      \
    {                                                                                                                  \
        .what = what_, .encoder_layers = 1, .decoder_layers = 2, .activation = ELBOW_ACTIVATION_TANH,                  \
        .likelihood = likelihood_, .beta = 1, .rows = 7, .values = 19, .latent = 3                                     \
    }

const struct architecture ARCHITECTURES[] = {
    {.what = "linear", .likelihood = "bernoulli", .beta = 1, .rows = 5, .values = 13, .latent = 3},
    {.what = "one row",
     .encoder_layers = 1,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_RELU,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 1,
     .values = 9,
     .latent = 2},
    {.what = "three and one",
     .encoder_layers = 3,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_RELU,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 7,
     .values = 31,
     .latent = 5},
    {.what = "one and three",
     .encoder_layers = 1,
     .decoder_layers = 3,
     .activation = ELBOW_ACTIVATION_RELU,
     .likelihood = "bernoulli",
     .beta = 0.25,
     .rows = 7,
     .values = 31,
     .latent = 5},
    {.what = "none and three",
     .decoder_layers = 3,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 17,
     .latent = 4},
    {.what = "three and none",
     .encoder_layers = 3,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "bernoulli",
     .beta = 4,
     .rows = 6,
     .values = 17,
     .latent = 4},
    {.what = "leaky_relu",
     .encoder_layers = 2,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_LEAKY_RELU,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "tanh",
     .encoder_layers = 2,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "sigmoid",
     .encoder_layers = 2,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_SIGMOID,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "softplus",
     .encoder_layers = 2,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_SOFTPLUS,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "silu",
     .encoder_layers = 3,
     .decoder_layers = 3,
     .activation = ELBOW_ACTIVATION_SILU,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "none",
     .encoder_layers = 2,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_NONE,
     .likelihood = "bernoulli",
     .beta = 1,
     .rows = 6,
     .values = 11,
     .latent = 3},
    {.what = "gaussian, fixed",
     .encoder_layers = 1,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "{gaussian: 0.3}",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "gaussian, learned",
     .encoder_layers = 2,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "{gaussian: {learned: 0.3}}",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "gaussian, linear, learned",
     .likelihood = "{gaussian: {learned: 2}}",
     .beta = 0.5,
     .rows = 5,
     .values = 21,
     .latent = 4},
    {.what = "gaussian, optimal",
     .encoder_layers = 1,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "{gaussian: optimal}",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "gaussian, of each value",
     .encoder_layers = 1,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "{gaussian: per_value}",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "gaussian, predicted",
     .encoder_layers = 1,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "{gaussian: {variance: predicted, floor: 0.05}}",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "poisson",
     .encoder_layers = 1,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "poisson",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    {.what = "continuous bernoulli",
     .encoder_layers = 1,
     .decoder_layers = 2,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "continuous_bernoulli",
     .beta = 1,
     .rows = 7,
     .values = 19,
     .latent = 3},
    USUAL("laplace, predicted", "{laplace: predicted}"),
    USUAL("laplace, learned", "{laplace: {learned: 0.5}}"),
    USUAL("student_t, predicted", "{student_t: {scale: predicted, df: predicted}}"),
    USUAL("student_t, learned", "{student_t: {scale: {learned: 0.5}, df: {learned: 7}}}"),
    USUAL("binomial", "{binomial: 16}"),
    USUAL("categorical", "{categorical: 3}"),
    USUAL("discretized logistic, predicted", "{discretized_logistic: {levels: 16, scale: predicted}}"),
    USUAL("negative binomial", "negative_binomial"),
    USUAL("negative binomial, predicted", "{negative_binomial: {dispersion: predicted}}"),
    USUAL("negative binomial of totals", "{negative_binomial: {size: total}}"),
    USUAL("zero-inflated negative binomial", "zero_inflated_negative_binomial"),
    USUAL("zero-inflated negative binomial of totals",
          "{zero_inflated_negative_binomial: {dispersion: predicted, size: total}}"),
    {.what = "free bits",
     .encoder_layers = 1,
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_TANH,
     .likelihood = "bernoulli",
     .beta = 2,
     .free_bits = 0.4,
     .rows = 9,
     .values = 15,
     .latent = 6},
    {.what = "free bits, one latent",
     .decoder_layers = 1,
     .activation = ELBOW_ACTIVATION_RELU,
     .likelihood = "{gaussian: {learned: 1}}",
     .beta = 1,
     .free_bits = 0.3,
     .rows = 9,
     .values = 1,
     .latent = 1},
};
const size_t ARCHITECTURE_COUNT = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;

void *allocate(size_t count, size_t size)
{
    void *pointer = calloc(count, size);
    ck_assert_ptr_nonnull(pointer);
    return pointer;
}

struct elbow_layers fixture_hidden(int count, int activation)
{
    struct elbow_layers layers = {.count = (size_t)count};
    for (int k = 0; k < count; ++k)
        layers.layers[k] =
            (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = 7 + 5 * k, .activation = activation};
    return layers;
}

void configure(const struct architecture *architecture, struct elbow_config *config)
{
    config->model.latent = (int64_t)architecture->latent;
    reference_set_likelihood(architecture->likelihood, config);
    config->model.encoder = fixture_hidden(architecture->encoder_layers, architecture->activation);
    config->model.decoder = fixture_hidden(architecture->decoder_layers, architecture->activation);
    config->objective.beta = architecture->beta;
    config->objective.free_bits = architecture->free_bits;
}

struct fixture *fixture_create(const struct architecture *architecture, uint64_t seed)
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
    f->statistics = allocate(elbow_model_statistics(f->model, true), sizeof(double));
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

void fixture_destroy(struct fixture *f)
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

struct elbow_microbatch microbatch(const struct fixture *f)
{
    return (struct elbow_microbatch){.rows = f->rows, .values = f->values, .noise = f->noise};
}

struct reference_parts exact(struct fixture *f, double *gradient)
{
    return reference_rows(&f->reference, f->size, f->exact_parameters, f->rows, f->values, f->noise, gradient);
}

struct elbow_terms terms(const struct fixture *f)
{
    return elbow_objective_terms(&f->config, f->config.objective.beta);
}

void train(struct fixture *f)
{
    memset(f->gradient, 0xFF, f->size * sizeof(float)); // NaN: reveals values that are not overwritten
    elbow_model_train(f->model, f->parameters, microbatch(f), terms(f), f->gradient, f->statistics);
}

const struct architecture *architecture(const char *what)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a)
        if (strcmp(ARCHITECTURES[a].what, what) == 0)
            return &ARCHITECTURES[a];
    ck_abort_msg("no architecture is called %s", what);
    return NULL;
}

void expect_pieces(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                   struct elbow_terms terms, const float *gradient)
{
    struct elbow_layerwise pieces = {0, microbatch, terms};
    size_t size = model->parameters.size;
    float *found = allocate(size, sizeof *found);
    double *statistics = allocate(elbow_model_statistics(model, false), sizeof *statistics);
    memset(found, 0xFF, size * sizeof *found); // NaN
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        for (size_t part = 0; part < elbow_layerwise_parts(model, layer); ++part)
            elbow_layerwise_forward(model, &pieces, layer, part, parameters);
    elbow_model_score(model, 0, parameters, microbatch, terms, found, statistics);
    for (size_t layer = elbow_layerwise_layers(model); layer-- > 0;) {
        for (size_t part = elbow_layerwise_parts(model, layer); part-- > 0;)
            elbow_layerwise_backward(model, &pieces, layer, part, parameters, found);
        elbow_layerwise_backward_inputs(model, &pieces, layer, parameters);
    }
    ck_assert(memcmp(found, gradient, size * sizeof *found) == 0);
    free(found);
    free(statistics);
}
