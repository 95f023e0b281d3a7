// SPDX-License-Identifier: BSD-3-Clause
// A model with conditions in every layer and in its prior.
#include "elbow/vae/detail/model.h"

#include "model_fixture.h"
#include "unit.h"

enum { D = 9, Z = 3, C = 4, ROWS = 6 };

static const float CONDITION[ROWS * C] = {1, 0, 0, 0.5F, 0, 1, 0, -1.5F,  0, 0, 1, 0,
                                          0, 0, 0, 0,    1, 0, 0, -0.25F, 0, 1, 0, 2};

struct world {
    struct elbow_config config;
    struct elbow_model *model;
    float values[ROWS * D], noise[ROWS * Z], *parameters, *gradient;
    double statistics[ELBOW_STATISTIC_HEAD + 3 * Z];
};

// The initial state, except for a prior that has moved.
static struct world *create_of(enum elbow_posterior_kind posterior)
{
    struct world *world = allocate(1, sizeof *world);
    struct elbow_error error = {0};
    elbow_config_default(&world->config);
    world->config.model.posterior = (int)posterior;
    world->config.model.latent = Z;
    world->config.model.encoder = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.decoder = fixture_hidden(2, ELBOW_ACTIVATION_TANH);
    world->config.model.condition.every_layer = world->config.model.condition.prior = true;
    world->config.model.condition.width = C;
    world->config.objective.beta = 0.6;
    ck_assert_msg(elbow_model_create(&world->config, D, ROWS, &world->model, &error) == ELBOW_OK, "%s", error.message);
    size_t size = world->model->parameters.size;
    world->parameters = allocate(size, sizeof(float));
    world->gradient = allocate(size, sizeof(float));
    elbow_model_initialize(world->model, 3, NULL, world->parameters);
    uint64_t state = 20141;
    for (size_t k = 0; k < ROWS * D; ++k)
        world->values[k] = reference_random(&state) > 0 ? 1 : 0;
    for (size_t k = 0; k < ROWS * Z; ++k)
        world->noise[k] = (float)reference_normal(&state);
    return world;
}

static struct world *create(void)
{
    return create_of(ELBOW_POSTERIOR_DIAGONAL);
}

static const struct elbow_tensor *tensor_of(const struct world *world, const char *name)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&world->model->parameters, name);
    ck_assert_msg(tensor != NULL, "%s", name);
    return tensor;
}

static void move_prior(struct world *world)
{
    static const char *const names[] = {"prior/weight", "prior/bias"};
    uint64_t state = 7;
    for (int n = 0; n < 2; ++n) {
        const struct elbow_tensor *tensor = tensor_of(world, names[n]);
        for (size_t k = 0; k < tensor->count; ++k)
            world->parameters[tensor->offset + k] = (float)(0.3 * reference_normal(&state));
    }
}

static void destroy(struct world *world)
{
    elbow_model_destroy(world->model);
    free(world->parameters);
    free(world->gradient);
    free(world);
}

static struct elbow_microbatch rows_of(const struct world *world)
{
    return (struct elbow_microbatch){
        .rows = ROWS, .values = world->values, .noise = world->noise, .about = {.condition = CONDITION}};
}

static struct elbow_terms terms_of(const struct world *world)
{
    return elbow_objective_terms(&world->config, world->config.objective.beta);
}

static double objective(struct world *world)
{
    elbow_model_evaluate(world->model, world->parameters, rows_of(world), terms_of(world), world->statistics,
                         (struct elbow_row_results){0});
    return world->statistics[ELBOW_STATISTIC_OBJECTIVE];
}

static void train_once(struct world *world)
{
    memset(world->gradient, 0xFF, world->model->parameters.size * sizeof(float)); // NaN
    elbow_model_train(world->model, world->parameters, rows_of(world), terms_of(world), world->gradient,
                      world->statistics);
}

static void check_gradients(enum elbow_posterior_kind posterior)
{
    struct world *world = create_of(posterior);
    const float h = 0x1p-7F;
    size_t told = 0;
    move_prior(world);
    train_once(world);
    for (size_t t = 0; t < world->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &world->model->parameters.tensors[t];
        told += strstr(tensor->name, "/condition") != NULL;
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            float at = world->parameters[k];
            world->parameters[k] = at + h;
            double up = objective(world);
            world->parameters[k] = at - h;
            double down = objective(world);
            world->parameters[k] = at;
            // As in test_model_prior.c.
            ck_assert_msg(fabs(-(up - down) / (2 * (double)h) - world->gradient[k]) <=
                              2e-3 * (1 + fabs((double)world->gradient[k])),
                          "%s %zu: %g, not %g", tensor->name, k - tensor->offset, (double)world->gradient[k],
                          -(up - down) / (2 * (double)h));
        }
    }
    ck_assert_uint_eq(told, 5); // of one and two hidden layers, and two heads
    destroy(world);
}

START_TEST(gradients_are_differences)
{
    check_gradients(ELBOW_POSTERIOR_DIAGONAL);
    check_gradients(ELBOW_POSTERIOR_FULL);
}
END_TEST

START_TEST(pieces_give_the_bits_of_the_whole)
{
    struct world *world = create();
    move_prior(world);
    train_once(world);
    expect_pieces(world->model, world->parameters, rows_of(world), terms_of(world), world->gradient);
    destroy(world);
}
END_TEST

// Rows of latent variables under a prior that has moved, and their figures.
struct latents {
    float head[ROWS * 2 * Z], noise[ROWS * Z], z[ROWS * Z];
    struct elbow_prior_call call;
};

static struct latents latents_of(struct world *world)
{
    struct latents latents;
    uint64_t state = 99;
    for (size_t k = 0; k < ROWS * 2 * Z; ++k)
        latents.head[k] = (float)(0.7 * reference_normal(&state));
    for (size_t k = 0; k < ROWS * Z; ++k)
        latents.noise[k] = (float)reference_normal(&state);
    world->model->posterior->draw(ROWS, Z, latents.head, latents.noise, latents.z);
    latents.call = (struct elbow_prior_call){.rows = ROWS,
                                             .latent = Z,
                                             .posterior = world->model->posterior,
                                             .conditions = C,
                                             .condition = CONDITION,
                                             .tensors = {world->parameters + tensor_of(world, "prior/weight")->offset,
                                                         world->parameters + tensor_of(world, "prior/bias")->offset}};
    return latents;
}

// Mean and log-variance of p(z|c), in double.
static double prior_at(const struct elbow_prior_call *call, size_t row, size_t j)
{
    double sum = call->tensors[1][j];
    for (size_t k = 0; k < C; ++k)
        sum += (double)CONDITION[row * C + k] * (double)call->tensors[0][k * 2 * Z + j];
    return sum;
}

START_TEST(density_and_divergence_are_those_of_the_formula)
{
    struct world *world = create();
    move_prior(world);
    struct latents latents = latents_of(world);
    struct elbow_prior_call call = latents.call;
    call.head = latents.head;
    call.noise = latents.noise;
    call.z = latents.z;
    double log_p[ROWS], ratio[ROWS];
    float kl[ROWS * Z];
    const struct elbow_prior *prior = elbow_prior_given_conditions();
    prior->log_p(&call, log_p);
    prior->log_ratio(&call, ratio);
    prior->kl(&call, kl);
    for (size_t i = 0; i < ROWS; ++i) {
        double p = 0, q = 0;
        for (size_t j = 0; j < Z; ++j) {
            double m = prior_at(&call, i, j), s = prior_at(&call, i, Z + j), at = latents.z[i * Z + j];
            double mean = latents.head[2 * i * Z + j], a = latents.head[(2 * i + 1) * Z + j];
            double draw = latents.noise[i * Z + j], divergence;
            p -= 0.5 * ((at - m) * (at - m) / exp(s) + s + log(2 * M_PI));
            q -= 0.5 * (draw * draw + a + log(2 * M_PI));
            divergence = 0.5 * (s - a + (exp(a) + (mean - m) * (mean - m)) / exp(s) - 1);
            ck_assert_double_eq_tol((double)kl[i * Z + j], divergence, 1e-6 * (1 + divergence));
        }
        ck_assert_double_eq_tol(log_p[i], p, 1e-10);
        ck_assert_double_eq_tol(ratio[i], p - q, 1e-10);
    }
    destroy(world);
}
END_TEST

START_TEST(it_starts_as_the_standard_prior)
{
    struct world *world = create();
    struct latents latents = latents_of(world);
    struct elbow_prior_call call = latents.call;
    float kl[ROWS * Z], standard[ROWS * Z];
    call.head = latents.head;
    elbow_prior_given_conditions()->kl(&call, kl);
    elbow_prior_row(ELBOW_PRIOR_STANDARD)->kl(&call, standard);
    for (size_t k = 0; k < ROWS * Z; ++k)
        ck_assert_float_eq_tol(kl[k], standard[k], 1e-6F);
    destroy(world);
}
END_TEST

// Each row under its own condition; decoding uses it, too, and zeros without one.
START_TEST(samples_are_drawn_and_decoded_under_their_conditions)
{
    struct world *world = create();
    float z[ROWS * Z], normal[Z], told[ROWS * D], untold[ROWS * D], none[ROWS * D];
    const uint64_t ids[ROWS] = {5, 3, 8, 1, 2, 9};
    struct elbow_stream stream = {.seed = 2, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    move_prior(world);
    struct latents latents = latents_of(world);
    elbow_model_set_conditions(world->model, ROWS, CONDITION);
    elbow_model_draw_latent(world->model, world->parameters, stream, ROWS, ids, z);
    for (size_t i = 0; i < ROWS; ++i) {
        stream.id = ids[i];
        elbow_random_normal(stream, Z, normal);
        for (size_t j = 0; j < Z; ++j)
            ck_assert_double_eq_tol(
                (double)z[i * Z + j],
                prior_at(&latents.call, i, j) + exp(prior_at(&latents.call, i, Z + j) / 2) * (double)normal[j], 1e-5);
    }
    elbow_model_decode(world->model, world->parameters, ROWS, z, told);
    elbow_model_set_conditions(world->model, ROWS, NULL);
    elbow_model_decode(world->model, world->parameters, ROWS, z, untold);
    struct elbow_microbatch rows = rows_of(world);
    elbow_model_encode(world->model, world->parameters, &rows);
    elbow_model_decode(world->model, world->parameters, ROWS, z, none);
    ck_assert_int_eq(memcmp(told, none, sizeof told), 0);
    for (size_t i = 0; i < ROWS; ++i) // the row of zeros has no condition anyway
        ck_assert_int_eq(memcmp(told + i * D, untold + i * D, D * sizeof *told) == 0, i == 3);
    destroy(world);
}
END_TEST

UNIT_MAIN("vae/model_condition", gradients_are_differences, pieces_give_the_bits_of_the_whole,
          density_and_divergence_are_those_of_the_formula, it_starts_as_the_standard_prior,
          samples_are_drawn_and_decoded_under_their_conditions)
