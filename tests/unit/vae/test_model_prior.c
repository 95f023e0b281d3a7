// SPDX-License-Identifier: BSD-3-Clause
// A model whose prior has trained tensors, and a KL that is sampled: a row of the test's own, N(m, diag exp(s)), with m
// and s trained. And one whose prior encodes its components.
#include "elbow/vae/detail/model.h"
#include "elbow/vae/layerwise.h"

#include "model_fixture.h"
#include "unit.h"

enum { D = 9, Z = 3, ROWS = 6 };

static size_t describe(const struct elbow_prior_sizes *sizes, struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS])
{
    const struct elbow_tensor vector = {
        .rank = 1, .shape = {sizes->latent}, .initial = ELBOW_INITIAL_CONSTANT, .value = 0.25F};
    tensors[0] = tensors[1] = vector;
    snprintf(tensors[0].name, sizeof tensors[0].name, "prior/mean");
    snprintf(tensors[1].name, sizeof tensors[1].name, "prior/log_variance");
    return 2;
}

// One value, in double: where it lies in its distribution, and its part of log q(z|x) - log p(z).
struct place {
    double distance, precision, part;
};

static struct place place_of(const struct elbow_prior_call *call, size_t row, size_t j)
{
    size_t at = row * call->latent + j;
    double s = call->tensors[1][j], noise = call->noise[at];
    struct place place = {.distance = (double)call->z[at] - (double)call->tensors[0][j], .precision = exp(-s)};
    double a = call->head[(2 * row + 1) * call->latent + j];
    place.part = 0.5 * (place.distance * place.distance * place.precision + s - noise * noise - a);
    return place;
}

static void log_ratio(const struct elbow_prior_call *call, double *ratio)
{
    for (size_t i = 0; i < call->rows; ++i) {
        ratio[i] = 0;
        for (size_t j = 0; j < call->latent; ++j)
            ratio[i] -= place_of(call, i, j).part;
    }
}

static void kl(const struct elbow_prior_call *call, float *parts)
{
    for (size_t i = 0; i < call->rows; ++i)
        for (size_t j = 0; j < call->latent; ++j)
            parts[i * call->latent + j] = (float)place_of(call, i, j).part;
}

static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives)
{
    size_t latent = call->latent;
    for (size_t i = 0; i < call->rows; ++i)
        for (size_t j = 0; j < latent; ++j) {
            struct place place = place_of(call, i, j);
            size_t at = i * latent + j;
            dz[at] += (float)(price[at] * place.distance * place.precision);
            derivatives[2 * i * latent + j] = 0;
            derivatives[(2 * i + 1) * latent + j] = -0.5 * price[at];
        }
}

static void gradient_of(const struct elbow_prior_call *call, const double *price,
                        float *const gradients[ELBOW_PRIOR_TENSORS])
{
    for (size_t j = 0; j < call->latent; ++j) {
        double mean = 0, log_variance = 0;
        for (size_t i = 0; i < call->rows; ++i) {
            struct place place = place_of(call, i, j);
            double cost = price[i * call->latent + j], stretch = place.distance * place.precision;
            mean -= cost * stretch;
            log_variance += 0.5 * cost * (1 - stretch * place.distance);
        }
        gradients[0][j] = (float)mean;
        gradients[1][j] = (float)log_variance;
    }
}

static void draw(struct elbow_stream stream, const struct elbow_prior_call *call, float *z)
{
    elbow_random_normal(stream, call->latent, z);
    for (size_t j = 0; j < call->latent; ++j)
        z[j] = call->tensors[0][j] + expf(call->tensors[1][j] / 2) * z[j];
}

static const struct elbow_prior TRAINED = {
    .tensors = describe, .log_ratio = log_ratio, .kl = kl, .backward = backward, .gradient = gradient_of, .draw = draw};

struct world {
    struct elbow_config config;
    struct elbow_model *model;
    float values[ROWS * D], noise[ROWS * Z], *parameters, *gradient;
    double statistics[ELBOW_STATISTIC_HEAD + 3 * Z];
};

static struct world *create_of(const struct elbow_prior *prior, int64_t components)
{
    struct world *world = allocate(1, sizeof *world);
    struct elbow_error error = {0};
    struct elbow_model_rows kinds = {elbow_likelihood_row(ELBOW_LIKELIHOOD_BERNOULLI),
                                     elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL), prior,
                                     elbow_objective_row(ELBOW_OBJECTIVE_ELBO)};
    world->config.model.latent = Z;
    world->config.model.components = components;
    world->config.model.encoder = fixture_hidden(1, ELBOW_ACTIVATION_TANH);
    world->config.model.decoder = fixture_hidden(2, ELBOW_ACTIVATION_TANH);
    world->config.objective.beta = 0.6;
    struct elbow_shape sample = {1, 1, D, 0};
    ck_assert(elbow_model_create_of(kinds, &world->config, sample, ROWS, &world->model, &error) == ELBOW_OK);
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
    return create_of(&TRAINED, 0);
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
    return (struct elbow_microbatch){.rows = ROWS, .values = world->values, .noise = world->noise};
}

static double objective(struct world *world)
{
    elbow_model_begin(world->model, world->parameters);
    elbow_model_evaluate(world->model, world->parameters, rows_of(world),
                         elbow_objective_terms(&world->config, world->config.objective.beta), world->statistics,
                         (struct elbow_row_results){0});
    return world->statistics[ELBOW_STATISTIC_OBJECTIVE];
}

static void train_once(struct world *world)
{
    memset(world->gradient, 0xFF, world->model->parameters.size * sizeof(float)); // NaN
    elbow_model_begin(world->model, world->parameters);
    elbow_model_train(world->model, world->parameters, rows_of(world),
                      elbow_objective_terms(&world->config, world->config.objective.beta), world->gradient,
                      world->statistics);
}

START_TEST(tensors_lie_behind_the_networks)
{
    struct world *world = create();
    const struct elbow_parameters *parameters = &world->model->parameters;
    const struct elbow_tensor *mean = elbow_parameters_find(parameters, "prior/mean");
    ck_assert_ptr_nonnull(mean);
    ck_assert_ptr_eq(mean, &parameters->tensors[parameters->count - 2]);
    ck_assert_str_eq(parameters->tensors[parameters->count - 1].name, "prior/log_variance");
    size_t last = elbow_layerwise_layers(world->model) - 1;
    ck_assert_uint_eq(elbow_layerwise_end(world->model, last, elbow_layerwise_parts(world->model, last) - 1),
                      mean->offset);
    ck_assert(world->parameters[mean->offset] == 0.25F);
    destroy(world);
}
END_TEST

static void expect_differences(struct world *world)
{
    const float h = 0x1p-7F;
    for (size_t t = 0; t < world->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &world->model->parameters.tensors[t];
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            float at = world->parameters[k];
            world->parameters[k] = at + h;
            double up = objective(world);
            world->parameters[k] = at - h;
            double down = objective(world);
            world->parameters[k] = at;
            // Recon and KL of about 50 from floats: 50 2^-23 / h = 1e-3; h^2 times the third derivative is less.
            ck_assert_msg(fabs(-(up - down) / (2 * (double)h) - world->gradient[k]) <=
                              2e-3 * (1 + fabs((double)world->gradient[k])),
                          "%s %zu: %g, not %g", tensor->name, k - tensor->offset, (double)world->gradient[k],
                          -(up - down) / (2 * (double)h));
        }
    }
}

// All parameters, those of the prior too.
START_TEST(gradients_are_differences)
{
    struct world *world = create();
    train_once(world);
    expect_differences(world);
    destroy(world);
}
END_TEST

// Pseudo-inputs inside the range of the data, except for two.
static struct world *create_vamp(int64_t components)
{
    struct world *world = create_of(elbow_prior_row(ELBOW_PRIOR_VAMP), components);
    const struct elbow_pseudo_inputs *pseudo = &world->model->pseudo;
    float *u = world->parameters + pseudo->tensor;
    uint64_t state = 77;
    for (size_t k = 0; k < pseudo->count * pseudo->inputs; ++k)
        u[k] = 0.5F + 0.4F * (float)reference_random(&state);
    u[1] = -0.25F;
    u[2] = 1.25F;
    return world;
}

// The gradient of a batch, including the part that training leaves behind all tensors and traces back.
static void add_finish(struct world *world)
{
    const struct elbow_model *model = world->model;
    float *added = allocate(model->parameters.size, sizeof *added);
    for (size_t k = 0; k < model->pseudo.count * model->pseudo.inputs; ++k)
        ck_assert(world->gradient[model->pseudo.tensor + k] == 0);
    elbow_model_finish(world->model, world->parameters, world->gradient + model->pseudo.first, added);
    for (size_t k = 0; k < model->pseudo.first; ++k)
        world->gradient[k] += added[k];
    ck_assert(added[model->pseudo.tensor + 1] == 0 && added[model->pseudo.tensor + 2] == 0);
    free(added);
}

START_TEST(pseudo_inputs_are_traced_back)
{
    struct world *world = create_vamp(4);
    train_once(world);
    expect_pieces(world->model, world->parameters, rows_of(world), elbow_objective_terms(&world->config, 0.6),
                  world->gradient);
    add_finish(world);
    expect_differences(world);
    destroy(world);
}
END_TEST

// More of them than go through the encoder at a time: equal ones, whose gradients add up to that of one.
START_TEST(pseudo_inputs_may_go_in_pieces)
{
    struct world *one = create_vamp(1), *many = create_vamp(1000);
    const struct elbow_pseudo_inputs *few = &one->model->pseudo, *all = &many->model->pseudo;
    ck_assert(few->rows == 1 && all->rows < all->count);
    memcpy(many->parameters, one->parameters, few->tensor * sizeof(float));
    for (size_t k = 0; k < all->count; ++k)
        memcpy(many->parameters + all->tensor + k * D, one->parameters + few->tensor, D * sizeof(float));
    train_once(one);
    train_once(many);
    ck_assert_double_eq_tol(many->statistics[ELBOW_STATISTIC_KL], one->statistics[ELBOW_STATISTIC_KL], 1e-5);
    add_finish(one);
    add_finish(many);
    for (size_t k = 0; k < few->tensor; ++k)
        ck_assert_double_eq_tol(many->gradient[k], one->gradient[k], 1e-4);
    for (size_t k = 0; k < D; ++k)
        for (size_t i = 0; i < all->count; i += 333)
            ck_assert_double_eq_tol(1000 * many->gradient[all->tensor + i * D + k], one->gradient[few->tensor + k],
                                    1e-3);
    destroy(one);
    destroy(many);
}
END_TEST

START_TEST(pieces_give_the_bits_of_the_whole)
{
    struct world *world = create();
    train_once(world);
    expect_pieces(world->model, world->parameters, rows_of(world), elbow_objective_terms(&world->config, 0.6),
                  world->gradient);
    destroy(world);
}
END_TEST

// One weight is p(x|z) p(z) / q(z|x), and log q - log p is the KL of this prior.
START_TEST(importance_knows_the_prior)
{
    struct world *world = create();
    struct elbow_importance importance[ROWS] = {{0}};
    float head[ROWS * 2 * Z];
    double recon[ROWS], divergence[ROWS];
    elbow_model_evaluate(world->model, world->parameters, rows_of(world), (struct elbow_terms){.beta = 1},
                         world->statistics, (struct elbow_row_results){head, recon, divergence});
    elbow_model_importance(world->model, world->parameters, rows_of(world), head, importance);
    for (size_t i = 0; i < ROWS; ++i)
        ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance[i]), recon[i] - divergence[i], 1e-5);
    destroy(world);
}
END_TEST

START_TEST(samples_come_from_the_prior)
{
    struct world *world = create();
    const struct elbow_tensor *mean = elbow_parameters_find(&world->model->parameters, "prior/mean");
    const struct elbow_tensor *spread = elbow_parameters_find(&world->model->parameters, "prior/log_variance");
    for (size_t j = 0; j < Z; ++j) {
        world->parameters[mean->offset + j] = 100 * (float)(j + 1);
        world->parameters[spread->offset + j] = 0;
    }
    const uint64_t ids[] = {5, 3};
    float z[2 * Z], normal[Z];
    struct elbow_stream stream = {.seed = 2, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    elbow_model_draw_latent(world->model, world->parameters, stream, 2, ids, z);
    stream.id = 3;
    elbow_random_normal(stream, Z, normal);
    for (size_t j = 0; j < Z; ++j)
        ck_assert(z[Z + j] == 100 * (float)(j + 1) + normal[j]);
    destroy(world);
}
END_TEST

// The draws of the standard prior are those of version 0.1.
START_TEST(standard_draws_are_the_normal_numbers)
{
    float drawn[7], normal[7];
    struct elbow_stream stream = {.seed = 3, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT, .id = 4};
    struct elbow_prior_call call = {.rows = 1, .latent = 7};
    elbow_prior_row(ELBOW_PRIOR_STANDARD)->draw(stream, &call, drawn);
    elbow_random_normal(stream, 7, normal);
    ck_assert(memcmp(drawn, normal, sizeof drawn) == 0);
}
END_TEST

// One component with the head of N(0, I), or several, are the standard prior.
START_TEST(components_at_the_standard_prior_are_it)
{
    enum { ALL = 3 };
    float heads[ALL * 2 * Z] = {0}, z[ROWS * Z];
    double standard[ROWS], found[ROWS], workspace[1000];
    uint64_t state = 4;
    for (size_t k = 0; k < ROWS * Z; ++k)
        z[k] = (float)reference_normal(&state);
    struct elbow_prior_call call = {.rows = ROWS, .latent = Z, .z = z, .tensors = {heads}, .workspace = workspace};
    elbow_prior_row(ELBOW_PRIOR_STANDARD)->log_p(&call, standard);
    for (call.components = 1; call.components <= ALL; ++call.components) {
        ck_assert_uint_le(elbow_prior_row(ELBOW_PRIOR_VAMP)->workspace(ROWS, Z, call.components), 1000);
        elbow_prior_row(ELBOW_PRIOR_VAMP)->log_p(&call, found);
        for (size_t i = 0; i < ROWS; ++i)
            ck_assert_double_eq_tol(found[i], standard[i], 1e-12 * (1 + fabs(standard[i])));
    }
}
END_TEST

UNIT_MAIN("vae/model_prior", tensors_lie_behind_the_networks, gradients_are_differences, pseudo_inputs_are_traced_back,
          pseudo_inputs_may_go_in_pieces, pieces_give_the_bits_of_the_whole, importance_knows_the_prior,
          samples_come_from_the_prior, standard_draws_are_the_normal_numbers, components_at_the_standard_prior_are_it)
