// SPDX-License-Identifier: BSD-3-Clause
// A training pass in pieces, with microbatches that take turns, against elbow_model_train: the same bits.
#include "elbow/vae/layerwise.h"

#include "elbow/math/dense_product.h"

#include "model_fixture.h"
#include "unit.h"

enum { SLOTS = 3 };

struct outcome {
    float *gradient;
    double *statistics;
};

static struct outcome make_outcome(const struct fixture *f)
{
    // NaN: reveals values that are not overwritten
    struct outcome outcome = {allocate(f->size, sizeof(float)),
                              allocate(elbow_model_statistics(f->model, false), sizeof(double))};
    memset(outcome.gradient, 0xFF, f->size * sizeof(float));
    return outcome;
}

// Microbatch `slot` of the fixture's rows: the rows from the slot's own on.
static struct elbow_microbatch microbatch_of(const struct fixture *f, size_t slot)
{
    size_t first = f->rows > slot ? slot : 0;
    return (struct elbow_microbatch){.rows = f->rows - first,
                                     .values = f->values + first * f->model->values,
                                     .noise = f->noise + first * f->model->latent};
}

static void go_backward(struct fixture *f, const struct elbow_layerwise *layerwise_passes, struct outcome *outcomes)
{
    size_t before = f->size;
    for (size_t layer = elbow_layerwise_layers(f->model); layer-- > 0;) {
        for (size_t part = elbow_layerwise_parts(f->model, layer); part-- > 0;) {
            size_t first = elbow_layerwise_first(f->model, layer, part),
                   end = elbow_layerwise_end(f->model, layer, part);
            // Parts lie one behind the other; behind the last one at most a learned variance.
            ck_assert(first < end && (end == before || (before == f->size && end == f->model->parts[0].shared.offset)));
            before = first;
            for (size_t slot = 0; slot < SLOTS; ++slot) {
                elbow_layerwise_backward(f->model, &layerwise_passes[slot], layer, part, f->parameters,
                                         outcomes[slot].gradient);
                for (size_t i = first; i < end; ++i)
                    ck_assert(!isnan(outcomes[slot].gradient[i]));
            }
        }
        for (size_t slot = 0; slot < SLOTS; ++slot)
            elbow_layerwise_backward_inputs(f->model, &layerwise_passes[slot], layer, f->parameters);
    }
    ck_assert_uint_eq(before, 0);
}

static void go_together(struct fixture *f, struct outcome *outcomes)
{
    struct elbow_layerwise layerwise_passes[SLOTS];
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_model_widen(f->model, SLOTS, &error), ELBOW_OK);
    for (size_t slot = 0; slot < SLOTS; ++slot)
        layerwise_passes[slot] = (struct elbow_layerwise){slot, microbatch_of(f, slot), terms(f)};
    for (size_t layer = 0; layer < elbow_layerwise_layers(f->model); ++layer)
        for (size_t part = 0; part < elbow_layerwise_parts(f->model, layer); ++part)
            for (size_t slot = 0; slot < SLOTS; ++slot)
                elbow_layerwise_forward(f->model, &layerwise_passes[slot], layer, part, f->parameters);
    for (size_t slot = 0; slot < SLOTS; ++slot)
        elbow_model_score(f->model, slot, f->parameters, layerwise_passes[slot].microbatch, terms(f),
                          outcomes[slot].gradient, outcomes[slot].statistics);
    go_backward(f, layerwise_passes, outcomes);
}

// Together against one after the other.
static void check(struct fixture *f, const char *what)
{
    struct outcome expected[SLOTS], outcomes[SLOTS];
    size_t statistics = elbow_model_statistics(f->model, false);
    for (size_t slot = 0; slot < SLOTS; ++slot) {
        expected[slot] = make_outcome(f);
        outcomes[slot] = make_outcome(f);
        elbow_model_train(f->model, f->parameters, microbatch_of(f, slot), terms(f), expected[slot].gradient,
                          expected[slot].statistics);
    }
    go_together(f, outcomes);
    for (size_t slot = 0; slot < SLOTS; ++slot) {
        ck_assert_msg(memcmp(expected[slot].gradient, outcomes[slot].gradient, f->size * sizeof(float)) == 0,
                      "%s: gradient of slot %zu", what, slot);
        ck_assert_mem_eq(expected[slot].statistics, outcomes[slot].statistics, statistics * sizeof(double));
        free(expected[slot].gradient);
        free(expected[slot].statistics);
        free(outcomes[slot].gradient);
        free(outcomes[slot].statistics);
    }
}

START_TEST(pieces_give_the_bits_of_the_whole)
{
    for (size_t i = 0; i < ARCHITECTURE_COUNT; ++i) {
        struct fixture *f = fixture_create(&ARCHITECTURES[i], 11);
        check(f, ARCHITECTURES[i].what);
        fixture_destroy(f);
    }
}
END_TEST

// Models that are too large for the reference: their layers are in the configuration.
static struct fixture create_large(const struct elbow_config *config, struct elbow_shape sample, size_t rows)
{
    struct fixture f = {.rows = rows, .config = *config};
    size_t values = elbow_shape_values(sample), latent = (size_t)config->model.latent;
    struct elbow_error error = {0};
    enum elbow_status status = elbow_model_create_shaped(&f.config, sample, rows, &f.model, &error);
    ck_assert_msg(status == ELBOW_OK, "%s", error.message);
    f.size = f.model->parameters.size;
    f.parameters = allocate(f.size, sizeof(float));
    f.values = allocate(rows * values, sizeof(float));
    f.noise = allocate(rows * latent, sizeof(float));
    elbow_model_initialize(f.model, 5, NULL, f.parameters);
    uint64_t state = 9;
    for (size_t i = 0; i < rows * values; ++i)
        f.values[i] = (float)(reference_random(&state) > 0);
    for (size_t i = 0; i < rows * latent; ++i)
        f.noise[i] = (float)reference_normal(&state);
    return f;
}

static void destroy_large(struct fixture *f)
{
    elbow_model_destroy(f->model);
    free(f->parameters);
    free(f->values);
    free(f->noise);
}

// Layers of several parts where the kernels are our own: 700 by 300 weights are three times 2^16.
START_TEST(large_layers_fall_into_parts)
{
    struct elbow_config config = {.objective = {.beta = 2, .free_bits = 0.1}};
    struct elbow_layer layer = {.kind = ELBOW_LAYER_DENSE, .units = 300, .activation = ELBOW_ACTIVATION_SILU};
    config.model.latent = 3;
    config.model.likelihood = ELBOW_LIKELIHOOD_GAUSSIAN;
    config.model.likelihood_options.learn_variance = true;
    config.model.likelihood_options.variance = 0.5;
    config.model.encoder = config.model.decoder = (struct elbow_layers){.count = 1, .layers = {layer}};
    struct fixture f = create_large(&config, (struct elbow_shape){1, 1, 700, 0}, 7);
    ck_assert_uint_eq(elbow_layerwise_parts(f.model, 0), elbow_dense_product_is_own() ? 3 : 1);
    check(&f, "large");
    destroy_large(&f);
}
END_TEST

// Both kinds of convolution beside dense layers.
START_TEST(convolutions_go_in_pieces)
{
    struct elbow_config config = {.objective = {.beta = 1}};
    struct elbow_layer conv = {.kind = ELBOW_LAYER_CONV2D, .filters = 3, .kernel = 4, .stride = 2, .padding = 1};
    struct elbow_layer back = conv,
                       dense = {.kind = ELBOW_LAYER_DENSE, .units = 48, .activation = ELBOW_ACTIVATION_RELU};
    conv.activation = ELBOW_ACTIVATION_SILU;
    back.kind = ELBOW_LAYER_CONV_TRANSPOSE2D;
    back.filters = 1;
    back.activation = ELBOW_ACTIVATION_NONE;
    config.model.latent = 2;
    config.model.likelihood = ELBOW_LIKELIHOOD_BERNOULLI;
    config.model.encoder = (struct elbow_layers){.count = 1, .layers = {conv}};
    config.model.decoder = (struct elbow_layers){.count = 2, .layers = {dense, back}};
    struct fixture f = create_large(&config, (struct elbow_shape){8, 8, 1, 0}, 4);
    check(&f, "convolutions");
    destroy_large(&f);
}
END_TEST

UNIT_MAIN("vae/layerwise", pieces_give_the_bits_of_the_whole, large_layers_fall_into_parts, convolutions_go_in_pieces)
