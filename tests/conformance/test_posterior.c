// SPDX-License-Identifier: BSD-3-Clause
// Every row of the table of posteriors: its gradient through a whole model, the bits of a pass in pieces, and functions
// that a kind without a KL must not have.

#include "model_fixture.h"
#include "unit.h"

enum { D = 9, Z = 3, ROWS = 6 };

struct world {
    struct elbow_config config;
    struct elbow_model *model;
    bool has_kl;
    float values[ROWS * D], noise[ROWS * Z], *parameters, *gradient;
    double statistics[ELBOW_STATISTIC_HEAD + 3 * Z];
};

static struct world *create(enum elbow_posterior_kind kind)
{
    struct world *world = allocate(1, sizeof *world);
    struct elbow_error error = {0};
    world->has_kl = elbow_posterior_has_kl(kind);
    world->config.model.posterior = kind;
    world->config.model.latent = Z;
    world->config.model.encoder = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.decoder = fixture_hidden(2, ELBOW_ACTIVATION_TANH);
    world->config.objective.beta = 0.6;
    ck_assert(elbow_model_create(&world->config, D, ROWS, &world->model, &error) == ELBOW_OK);
    size_t size = world->model->parameters.size;
    world->parameters = allocate(size, sizeof(float));
    world->gradient = allocate(size, sizeof(float));
    elbow_model_initialize(world->model, 3, NULL, world->parameters);
    uint64_t state = 20153;
    for (size_t k = 0; k < ROWS * D; ++k)
        world->values[k] = reference_random(&state) > 0 ? 1 : 0;
    for (size_t k = 0; k < ROWS * Z; ++k)
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

static void each(void (*check)(struct world *world))
{
    for (int kind = 0; kind < ELBOW_POSTERIORS; ++kind) {
        struct world *world = create((enum elbow_posterior_kind)kind);
        check(world);
        destroy(world);
    }
}

// Without a KL no noise is made for it.
static struct elbow_microbatch rows_of(const struct world *world)
{
    return (struct elbow_microbatch){
        .rows = ROWS, .values = world->values, .noise = world->has_kl ? world->noise : NULL};
}

static double objective(struct world *world, struct elbow_row_results results)
{
    elbow_model_evaluate(world->model, world->parameters, rows_of(world), elbow_objective_terms(&world->config, 0.6),
                         world->statistics, results);
    return world->statistics[ELBOW_STATISTIC_OBJECTIVE];
}

static void train_once(struct world *world)
{
    memset(world->gradient, 0xFF, world->model->parameters.size * sizeof(float)); // NaN
    elbow_model_train(world->model, world->parameters, rows_of(world), elbow_objective_terms(&world->config, 0.6),
                      world->gradient, world->statistics);
}

static void check_gradient(struct world *world)
{
    const float h = 0x1p-7F;
    train_once(world);
    for (size_t t = 0; t < world->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &world->model->parameters.tensors[t];
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            float at = world->parameters[k];
            world->parameters[k] = at + h;
            double up = objective(world, (struct elbow_row_results){0});
            world->parameters[k] = at - h;
            double down = objective(world, (struct elbow_row_results){0});
            world->parameters[k] = at;
            // As in tests/unit/vae/test_model_prior.c.
            ck_assert_msg(fabs(-(up - down) / (2 * (double)h) - world->gradient[k]) <=
                              2e-3 * (1 + fabs((double)world->gradient[k])),
                          "posterior %d, %s %zu: %g, not %g", world->config.model.posterior, tensor->name,
                          k - tensor->offset, (double)world->gradient[k], -(up - down) / (2 * (double)h));
        }
    }
}

START_TEST(gradients_are_differences)
{
    each(check_gradient);
}
END_TEST

static void check_pieces(struct world *world)
{
    train_once(world);
    expect_pieces(world->model, world->parameters, rows_of(world), elbow_objective_terms(&world->config, 0.6),
                  world->gradient);
}

START_TEST(pieces_give_the_bits_of_the_whole)
{
    each(check_pieces);
}
END_TEST

// Log-variances within bounds: a row that is at one has no gradient there, whichever way it went through the layers,
// and no bound that is far away changes a bit.
START_TEST(bounds_hold_log_variances)
{
    struct world *free = create(ELBOW_POSTERIOR_DIAGONAL), *world = create(ELBOW_POSTERIOR_DIAGONAL);
    float head[ROWS * 2 * Z];
    train_once(free);
    free->model->encoder.bounds = (struct elbow_network_bounds){.first = Z, .count = Z, .least = -50, .most = 50};
    train_once(world);
    ck_assert(memcmp(free->gradient, world->gradient, world->model->parameters.size * sizeof(float)) == 0);
    world->model->encoder.bounds = (struct elbow_network_bounds){.first = Z, .count = Z, .least = -0.1F, .most = 0.05F};
    check_gradient(world);
    check_pieces(world);
    objective(world, (struct elbow_row_results){.head = head});
    size_t at_least = 0, at_most = 0;
    for (size_t k = 0; k < ROWS * 2 * Z; ++k) {
        at_least += k / Z % 2 == 1 && head[k] == -0.1F;
        at_most += k / Z % 2 == 1 && head[k] == 0.05F;
        ck_assert(k / Z % 2 == 0 || (head[k] >= -0.1F && head[k] <= 0.05F));
    }
    ck_assert(at_least > 0 && at_most > 0 && at_least + at_most < (size_t)ROWS * Z);
    destroy(free);
    destroy(world);
}
END_TEST

// The head begins with the mean, and the width of its last layer is that of the row.
static void check_head(struct world *world)
{
    const struct elbow_model *model = world->model;
    const struct elbow_tensor *bias = elbow_parameters_find(&model->parameters, "encoder.head/bias");
    float head[ROWS * (2 * Z + Z * Z)], z[ROWS * Z], still[ROWS * Z] = {0};
    ck_assert_uint_eq(bias->count, model->head);
    ck_assert_uint_eq(model->head, model->posterior->outputs(Z));
    objective(world, (struct elbow_row_results){.head = head});
    for (size_t j = 0; j < Z; ++j)
        ck_assert(isfinite(head[j]));
    model->posterior->draw(ROWS, Z, head, still, z); // noise at its mean
    for (size_t i = 0; i < ROWS; ++i)
        ck_assert(memcmp(z + i * Z, head + i * model->head, Z * sizeof *z) == 0);
}

START_TEST(heads_begin_with_the_mean)
{
    each(check_head);
}
END_TEST

static void check_figures(struct world *world)
{
    double recon[ROWS], kl[ROWS], sum = 0;
    struct elbow_figures figures = {.values = {0}};
    objective(world, (struct elbow_row_results){.recon = recon, .kl = kl});
    elbow_model_figures(world->model, world->statistics, true, &figures);
    ck_assert(figures.is_given[ELBOW_FIGURE_RECON]);
    ck_assert(figures.is_given[ELBOW_FIGURE_ELBO] == world->has_kl);
    ck_assert(figures.is_given[ELBOW_FIGURE_KL] == world->has_kl);
    ck_assert((world->model->prior != NULL) == world->has_kl);
    for (size_t i = 0; i < ROWS; ++i) {
        sum += recon[i];
        ck_assert((kl[i] != 0) == world->has_kl);
    }
    if (!world->has_kl)
        ck_assert(world->statistics[ELBOW_STATISTIC_OBJECTIVE] == sum);
}

START_TEST(without_a_kl_recon_is_climbed)
{
    each(check_figures);
}
END_TEST

enum { HEAD_MOST = 2 * Z + Z * Z };

// Rows of latent variables of a kind, and how z follows noise: the columns of L, by differences in the noise, of which
// z is a linear function.
struct latents {
    const struct elbow_posterior *row;
    size_t outputs;
    float head[ROWS * HEAD_MOST], noise[ROWS * Z], z[ROWS * Z];
    double factor[Z][Z]; // of the first row
    double log_determinant;
    struct elbow_posterior_call call;
};

static void fill_factor(struct latents *latents)
{
    const float step = 0.5F;
    float up[Z], z[Z], none[Z] = {0};
    latents->row->draw(1, Z, latents->head, none, z);
    latents->log_determinant = 0;
    for (size_t k = 0; k < Z; ++k) {
        float at[Z] = {0};
        at[k] = step;
        latents->row->draw(1, Z, latents->head, at, up);
        for (size_t j = 0; j < Z; ++j) {
            latents->factor[j][k] = ((double)up[j] - (double)z[j]) / (double)step;
            ck_assert(j >= k || latents->factor[j][k] == 0); // lower triangular
        }
        latents->log_determinant += log(latents->factor[k][k]);
    }
}

static struct latents *latents_of(enum elbow_posterior_kind kind)
{
    struct latents *latents = allocate(1, sizeof *latents);
    uint64_t state = 20160 + (uint64_t)kind;
    latents->row = elbow_posterior_row(kind);
    latents->outputs = latents->row->outputs(Z);
    ck_assert(latents->outputs <= HEAD_MOST && latents->row->log_q && latents->row->pull && latents->row->kl);
    for (size_t k = 0; k < ROWS * latents->outputs; ++k)
        latents->head[k] = (float)(0.7 * reference_normal(&state));
    for (size_t k = 0; k < ROWS * Z; ++k)
        latents->noise[k] = (float)reference_normal(&state);
    latents->row->draw(ROWS, Z, latents->head, latents->noise, latents->z);
    latents->call = (struct elbow_posterior_call){
        .rows = ROWS, .latent = Z, .head = latents->head, .noise = latents->noise, .z = latents->z};
    fill_factor(latents);
    return latents;
}

// Kinds without a KL have none of these functions.
static void each_of_kl(void (*check)(struct latents *latents))
{
    for (int kind = 0; kind < ELBOW_POSTERIORS; ++kind) {
        if (!elbow_posterior_has_kl((enum elbow_posterior_kind)kind)) {
            ck_assert(elbow_posterior_row((enum elbow_posterior_kind)kind)->log_q == NULL);
            continue;
        }
        struct latents *latents = latents_of((enum elbow_posterior_kind)kind);
        check(latents);
        free(latents);
    }
}

// log N(noise; 0, I) - log |L|
static void check_density(struct latents *latents)
{
    const double log_2_pi = log(2 * acos(-1.0));
    double parts[ROWS * Z], sum = 0, exact = -latents->log_determinant;
    latents->row->log_q(&latents->call, parts);
    for (size_t j = 0; j < Z; ++j) {
        sum += parts[j];
        exact -= 0.5 * (log_2_pi + (double)latents->noise[j] * (double)latents->noise[j]);
    }
    ck_assert_double_eq_tol(sum, exact, 2e-6); // L has the rounding of floats
}

START_TEST(log_q_is_the_density_of_the_draw)
{
    each_of_kl(check_density);
}
END_TEST

// d log q / dz = -L^-T noise; solved from the last.
static void check_pull(struct latents *latents)
{
    double price[ROWS] = {-1.5, 2, 0.5}, exact[Z];
    float dz[ROWS * Z] = {0.25F, -1};
    for (size_t j = Z; j-- > 0;) {
        exact[j] = -(double)latents->noise[j];
        for (size_t k = j + 1; k < Z; ++k)
            exact[j] -= latents->factor[k][j] * exact[k];
        exact[j] /= latents->factor[j][j];
    }
    latents->row->pull(&latents->call, price, dz);
    for (size_t j = 0; j < Z; ++j) {
        double before = j == 0 ? 0.25 : j == 1 ? -1 : 0;
        ck_assert_double_eq_tol(dz[j], before + price[0] * exact[j], 3e-6 * (1 + fabs(exact[j])));
    }
    for (size_t k = 3 * Z; k < ROWS * Z; ++k)
        ck_assert(dz[k] == 0);
}

START_TEST(pull_is_the_gradient_of_the_density)
{
    each_of_kl(check_pull);
}
END_TEST

// (|L|^2 + |mean|^2 - Z) / 2 - log |L|
static void check_kl(struct latents *latents)
{
    float kl[ROWS * Z];
    double sum = 0, exact = -latents->log_determinant;
    latents->row->kl(&latents->call, kl);
    for (size_t j = 0; j < Z; ++j) {
        const float *mean = elbow_posterior_mean(latents->row, &latents->call, 0);
        sum += (double)kl[j];
        exact += 0.5 * ((double)mean[j] * (double)mean[j] - 1);
        for (size_t k = 0; k < Z; ++k)
            exact += 0.5 * latents->factor[j][k] * latents->factor[j][k];
    }
    ck_assert_double_eq_tol(sum, exact, 4e-6 * (1 + fabs(exact)));
}

START_TEST(kl_is_that_of_gaussians)
{
    each_of_kl(check_kl);
}
END_TEST

static double priced_kl(const struct latents *latents, const double *price)
{
    float kl[ROWS * Z];
    double sum = 0;
    latents->row->kl(&latents->call, kl);
    for (size_t k = 0; k < ROWS * Z; ++k)
        sum += price[k] * (double)kl[k];
    return sum;
}

static void check_derivatives(struct latents *latents)
{
    const float h = 0x1p-7F;
    double price[ROWS * Z], derivatives[ROWS * HEAD_MOST];
    uint64_t state = 7;
    for (size_t k = 0; k < ROWS * Z; ++k)
        price[k] = 2 * reference_random(&state) - 1;
    latents->row->kl_backward(&latents->call, price, derivatives);
    for (size_t k = 0; k < ROWS * latents->outputs; ++k) {
        float at = latents->head[k];
        latents->head[k] = at + h;
        double up = priced_kl(latents, price);
        latents->head[k] = at - h;
        double down = priced_kl(latents, price);
        latents->head[k] = at;
        ck_assert_double_eq_tol((up - down) / (2 * (double)h), derivatives[k], 2e-4 * (1 + fabs(derivatives[k])));
    }
}

START_TEST(derivatives_of_the_kl_are_differences)
{
    each_of_kl(check_derivatives);
}
END_TEST

UNIT_MAIN("conformance/posterior", bounds_hold_log_variances, gradients_are_differences,
          pieces_give_the_bits_of_the_whole, heads_begin_with_the_mean, without_a_kl_recon_is_climbed,
          log_q_is_the_density_of_the_draw, pull_is_the_gradient_of_the_density, kl_is_that_of_gaussians,
          derivatives_of_the_kl_are_differences)
