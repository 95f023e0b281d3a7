// SPDX-License-Identifier: BSD-3-Clause
// A model with a classifier.
#include "elbow/vae/detail/model.h"

#include "model_fixture.h"
#include "unit.h"

enum { D = 9, Z = 3, CLASSES = 4, ROWS = 6, DRAWS = 3 };

struct world {
    struct elbow_config config;
    struct elbow_model *model;
    float values[ROWS * D], noise[DRAWS * ROWS * CLASSES * Z], *parameters, *gradient;
};

// Several draws of z for each row and class, and the bound that is climbed.
static struct world *create_of(size_t draws, enum elbow_objective_kind bound)
{
    struct world *world = allocate(1, sizeof *world);
    struct elbow_error error = {0};
    elbow_config_default(&world->config);
    world->config.model.latent = Z;
    world->config.model.encoder = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.decoder = fixture_hidden(2, ELBOW_ACTIVATION_TANH);
    world->config.model.classifier = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.classes = CLASSES;
    world->config.objective.draws = (int64_t)draws;
    world->config.objective.bound = (int)bound;
    ck_assert_msg(elbow_model_create(&world->config, D, ROWS, &world->model, &error) == ELBOW_OK, "%s", error.message);
    size_t size = world->model->parameters.size;
    world->parameters = allocate(size, sizeof(float));
    world->gradient = allocate(size, sizeof(float));
    elbow_model_initialize(world->model, 3, NULL, world->parameters);
    uint64_t state = 20141;
    for (size_t k = 0; k < ROWS * D; ++k)
        world->values[k] = reference_random(&state) > 0 ? 1 : 0;
    for (size_t k = 0; k < draws * ROWS * CLASSES * Z; ++k)
        world->noise[k] = (float)reference_normal(&state);
    return world;
}

static struct world *create(void)
{
    return create_of(1, ELBOW_OBJECTIVE_ELBO);
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

static const int64_t LABELS[ROWS] = {2, -1, -1, 0, -1, 3};
static const float WEIGHTS[ROWS] = {1, 0.5F, 2, 1.5F, 1, 0.25F};

static struct elbow_microbatch rows_of(const struct world *world)
{
    return (struct elbow_microbatch){.rows = ROWS,
                                     .values = world->values,
                                     .noise = world->noise,
                                     .draws = CLASSES * (size_t)world->config.objective.draws,
                                     .labels = LABELS,
                                     .weights = WEIGHTS};
}

static struct elbow_terms terms_of(const struct world *world)
{
    bool is_elbo = world->config.objective.bound == (int)ELBOW_OBJECTIVE_ELBO; // which alone weighs its KL
    struct elbow_terms terms = elbow_objective_terms(&world->config, is_elbo ? 0.6 : 1);
    terms.classifier = 1.7;
    return terms;
}

static double statistics[ELBOW_STATISTIC_HEAD + 3 * Z + ELBOW_CLASSES_SUMS];

static double objective(struct world *world)
{
    elbow_model_train(world->model, world->parameters, rows_of(world), terms_of(world), world->gradient, statistics);
    return statistics[ELBOW_STATISTIC_OBJECTIVE];
}

static const struct {
    size_t draws;
    enum elbow_objective_kind bound;
} CASES[] = {{1, ELBOW_OBJECTIVE_ELBO}, {DRAWS, ELBOW_OBJECTIVE_ELBO}, {DRAWS, ELBOW_OBJECTIVE_IMPORTANCE}};
enum { CASE_COUNT = sizeof CASES / sizeof *CASES };

static void check_differences(size_t draws, enum elbow_objective_kind bound)
{
    struct world *world = create_of(draws, bound);
    const float h = 0x1p-7F;
    size_t size = world->model->parameters.size;
    float *gradient = allocate(size, sizeof *gradient);
    (void)objective(world);
    memcpy(gradient, world->gradient, size * sizeof *gradient);
    for (size_t t = 0; t < world->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &world->model->parameters.tensors[t];
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            float at = world->parameters[k];
            world->parameters[k] = at + h;
            double up = objective(world);
            world->parameters[k] = at - h;
            double down = objective(world), expected = -(up - down) / (2 * (double)h);
            world->parameters[k] = at;
            ck_assert_msg(fabs(expected - (double)gradient[k]) <= 2e-3 * (1 + fabs((double)gradient[k])),
                          "%s %zu: %g, not %g", tensor->name, k - tensor->offset, (double)gradient[k], expected);
        }
    }
    free(gradient);
    destroy(world);
}

START_TEST(gradients_are_differences)
{
    for (size_t k = 0; k < CASE_COUNT; ++k)
        check_differences(CASES[k].draws, CASES[k].bound);
}
END_TEST

START_TEST(pieces_give_the_bits_of_the_whole)
{
    for (size_t k = 0; k < CASE_COUNT; ++k) {
        struct world *world = create_of(CASES[k].draws, CASES[k].bound);
        (void)objective(world);
        expect_pieces(world->model, world->parameters, rows_of(world), terms_of(world), world->gradient);
        destroy(world);
    }
}
END_TEST

// Evaluations use no known class: the figures of a row are sums over classes, weighted by q(y|x), and elbo is its
// bound.
START_TEST(evaluation_is_the_expectation_over_classes)
{
    struct world *world = create();
    double recon[ROWS], kl[ROWS], recons = 0, kls = 0;
    float head[ROWS * 2 * Z];
    struct elbow_microbatch rows = rows_of(world);
    rows.weights = NULL;
    elbow_model_evaluate(world->model, world->parameters, rows, elbow_objective_terms(&world->config, 1), statistics,
                         (struct elbow_row_results){.head = head, .recon = recon, .kl = kl});
    for (size_t i = 0; i < ROWS; ++i) {
        recons += recon[i];
        kls += kl[i];
    }
    ck_assert_double_eq_tol(statistics[ELBOW_STATISTIC_RECON], recons, 1e-9);
    ck_assert_double_eq_tol(statistics[ELBOW_STATISTIC_KL], kls, 1e-9);
    ck_assert_double_eq_tol(statistics[ELBOW_STATISTIC_OBJECTIVE], recons - kls, 1e-9);
    ck_assert_double_eq(statistics[ELBOW_STATISTIC_SAMPLES], ROWS);
    const double *sums = statistics + elbow_statistics_size(Z, true);
    ck_assert(sums[ELBOW_CLASSES_KNOWN] == 3 && sums[ELBOW_CLASSES_KL] >= 0);
    const float *again = elbow_model_encode(world->model, world->parameters, &rows);
    for (size_t k = 0; k < ROWS * 2 * Z; ++k)
        ck_assert_float_eq_tol(again[k], head[k], 1e-5F);
    destroy(world);
}
END_TEST

UNIT_MAIN("vae/model_classes", probabilities_are_those_of_the_logits, gradients_are_differences,
          pieces_give_the_bits_of_the_whole, evaluation_is_the_expectation_over_classes)
