// SPDX-License-Identifier: BSD-3-Clause
// A model with a classifier.
#include "elbow/vae/detail/model.h"

#include "model_fixture.h"
#include "unit.h"

enum { D = 9, Z = 3, CLASSES = 4, ROWS = 6 };

struct world {
    struct elbow_config config;
    struct elbow_model *model;
    float values[ROWS * D], noise[ROWS * CLASSES * Z], *parameters, *gradient;
};

static struct world *create(void)
{
    struct world *world = allocate(1, sizeof *world);
    struct elbow_error error = {0};
    elbow_config_default(&world->config);
    world->config.model.latent = Z;
    world->config.model.encoder = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.decoder = fixture_hidden(2, ELBOW_ACTIVATION_TANH);
    world->config.model.classifier = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.classes = CLASSES;
    ck_assert_msg(elbow_model_create(&world->config, D, ROWS, &world->model, &error) == ELBOW_OK, "%s", error.message);
    size_t size = world->model->parameters.size;
    world->parameters = allocate(size, sizeof(float));
    world->gradient = allocate(size, sizeof(float));
    elbow_model_initialize(world->model, 3, NULL, world->parameters);
    uint64_t state = 20141;
    for (size_t k = 0; k < ROWS * D; ++k)
        world->values[k] = reference_random(&state) > 0 ? 1 : 0;
    for (size_t k = 0; k < ROWS * CLASSES * Z; ++k)
        world->noise[k] = (float)reference_normal(&state);
    return world;
}

static void destroy(struct world *world)
{
    elbow_model_destroy(world->model);
    free(world->parameters);
    free(world->gradient);
    free(world);
}

START_TEST(probabilities_are_those_of_the_logits)
{
    struct world *world = create();
    float q[ROWS * CLASSES];
    const struct elbow_microbatch rows = {.rows = ROWS, .values = world->values};
    elbow_model_classify(world->model, world->parameters, rows, q);
    const float *logits = elbow_network_output(&world->model->classifier, 0);
    for (size_t i = 0; i < ROWS; ++i) {
        double sum = 0;
        for (size_t y = 0; y < CLASSES; ++y)
            sum += exp((double)logits[i * CLASSES + y]);
        for (size_t y = 0; y < CLASSES; ++y)
            ck_assert_double_eq_tol((double)q[i * CLASSES + y], exp((double)logits[i * CLASSES + y]) / sum, 1e-7);
    }
    destroy(world);
}
END_TEST

UNIT_MAIN("vae/model_classes", probabilities_are_those_of_the_logits)
