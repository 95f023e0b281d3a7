// SPDX-License-Identifier: BSD-3-Clause
// Several draws of z for a sample, against the double-precision VAE of reference_vae.h, one draw at a time.
#include "elbow/vae/model.h"

#include "unit.h"

#include "model_fixture.h"

enum { DRAWS = 3 };

// A fixture's model with several draws, and a microbatch with weights for it.
struct several {
    struct fixture *f;
    struct elbow_model *model;
    struct elbow_microbatch microbatch;
    float *noise, *weights; // (DRAWS, rows, Z), (rows)
};

static struct several several_create(const struct architecture *architecture, enum elbow_objective_kind bound)
{
    uint64_t state = 77;
    struct elbow_error error = {0};
    struct several several = {.f = fixture_create(architecture, 5)};
    struct fixture *f = several.f;
    size_t size = f->rows * f->model->latent;
    f->config.objective.draws = DRAWS;
    f->config.objective.bound = (int)bound;
    enum elbow_status status = elbow_model_create(&f->config, f->model->values, f->rows, &several.model, &error);
    ck_assert_msg(status == ELBOW_OK, "%s", error.message);
    several.noise = allocate(DRAWS * size, sizeof *several.noise);
    several.weights = allocate(f->rows, sizeof *several.weights);
    for (size_t k = 0; k < DRAWS * size; ++k)
        several.noise[k] = (float)reference_normal(&state);
    for (size_t i = 0; i < f->rows; ++i)
        several.weights[i] = 0.75F * (float)(i % 4);
    several.microbatch = microbatch(f);
    several.microbatch.noise = several.noise;
    several.microbatch.draws = DRAWS;
    several.microbatch.weights = several.weights;
    return several;
}

static void several_destroy(struct several *several)
{
    elbow_model_destroy(several->model);
    fixture_destroy(several->f);
    free(several->noise);
    free(several->weights);
}

static const float *noise_of(const struct several *several, size_t draw, size_t row)
{
    const struct fixture *f = several->f;
    return several->noise + (draw * f->rows + row) * f->model->latent;
}

// The largest difference of a tensor's gradient, as a part of its largest value, over all tensors.
static double worst_of(const struct several *several, const double *expected)
{
    double worst = 0;
    for (size_t t = 0; t < several->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &several->model->parameters.tensors[t];
        double largest = 0, difference = 0;
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            largest = fmax(largest, fabs(expected[k]));
            difference = fmax(difference, fabs(several->f->gradient[k] - expected[k]));
        }
        worst = fmax(worst, largest > 0 ? difference / largest : difference);
    }
    return worst;
}

// The elbo of several draws is the mean of those of one draw; so is its gradient.
START_TEST(elbo_is_the_mean_over_draws)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct several several = several_create(&ARCHITECTURES[a], ELBOW_OBJECTIVE_ELBO);
        struct fixture *f = several.f;
        double *row = allocate(f->size, sizeof *row), *sum = allocate(f->size, sizeof *sum);
        double recon = 0, kl = 0, objective = 0;
        for (size_t i = 0; i < f->rows; ++i)
            for (size_t k = 0; k < DRAWS; ++k) {
                struct reference_parts parts =
                    reference_rows(&f->reference, f->size, f->exact_parameters, 1, f->values + i * f->model->values,
                                   noise_of(&several, k, i), row);
                recon += parts.recon / DRAWS;
                kl += parts.kl / DRAWS;
                objective += (double)several.weights[i] * parts.objective / DRAWS;
                for (size_t j = 0; j < f->size; ++j)
                    sum[j] += (double)several.weights[i] * row[j] / DRAWS;
            }
        memset(f->gradient, 0xFF, f->size * sizeof(float)); // NaN
        elbow_model_train(several.model, f->parameters, several.microbatch, terms(f), f->gradient, f->statistics);
        double worst = worst_of(&several, sum), tolerance = 4e-6 * (fabs(recon) + fabs(kl));
        ck_assert_msg(worst < 6e-6, "%s is off by %g", ARCHITECTURES[a].what, worst);
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_OBJECTIVE], objective, 3 * tolerance);
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_RECON], recon, tolerance);
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_KL], kl, tolerance);
        ck_assert(f->statistics[ELBOW_STATISTIC_SAMPLES] == (double)f->rows);
        expect_pieces(several.model, f->parameters, several.microbatch, terms(f), f->gradient);
        elbow_model_evaluate(several.model, f->parameters, several.microbatch, terms(f), f->statistics,
                             (struct elbow_row_results){0});
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_RECON], recon, tolerance);
        free(row);
        free(sum);
        several_destroy(&several);
    }
}
END_TEST

// log w of a draw of a row, in double. `held`: the parameters of q inside; those of z are `parameters`.
static double log_weight(const struct several *several, const double *parameters, const double *held, size_t k,
                         size_t i)
{
    static struct reference_trace trace;
    const struct reference_vae *vae = &several->f->reference;
    double x[REFERENCE_WIDTH], z[REFERENCE_WIDTH], sum = 0;
    for (size_t d = 0; d < vae->values; ++d)
        x[d] = several->f->values[i * vae->values + d];
    const double *head = reference_up(&vae->encoder, parameters, x, &trace);
    for (size_t j = 0; j < vae->latent; ++j)
        z[j] = head[j] + exp(head[vae->latent + j] / 2) * (double)noise_of(several, k, i)[j];
    head = reference_up(&vae->encoder, held, x, &trace);
    for (size_t j = 0; j < vae->latent; ++j) {
        double off = z[j] - head[j], log_variance = head[vae->latent + j];
        sum += 0.5 * (log_variance + off * off * exp(-log_variance) - z[j] * z[j]);
    }
    const double *y = reference_up(&vae->decoder, parameters, z, &trace);
    struct reference_row row = reference_likelihood_row(vae, parameters, x, y);
    return sum + (double)reference_log_p(&row);
}

// The shares of the draws of a row, and its L_K.
static double share(const struct several *several, const double *parameters, size_t i, double shares[DRAWS])
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < DRAWS; ++k) {
        shares[k] = log_weight(several, parameters, parameters, k, i);
        most = fmax(most, shares[k]);
    }
    for (size_t k = 0; k < DRAWS; ++k)
        sum += shares[k] = exp(shares[k] - most);
    for (size_t k = 0; k < DRAWS; ++k)
        shares[k] /= sum;
    return most + log(sum / DRAWS);
}

// Values that stay constant while parameter p moves.
struct surrogate {
    const struct several *several;
    enum elbow_estimator gradient;
    const double *held;
    double (*shares)[DRAWS]; // of each row
    bool is_encoder;
};

// The objective of the parameter: minus that of all rows.
static double lost(const struct surrogate *surrogate, const double *parameters)
{
    const struct several *several = surrogate->several;
    bool is_held = surrogate->is_encoder && surrogate->gradient != ELBOW_ESTIMATOR_PLAIN;
    double sum = 0, ignored[DRAWS];
    for (size_t i = 0; i < several->f->rows; ++i) {
        double value = is_held ? 0 : share(several, parameters, i, ignored);
        for (size_t k = 0; is_held && k < DRAWS; ++k) {
            double part = surrogate->shares[i][k];
            value += (surrogate->gradient == ELBOW_ESTIMATOR_DREG ? part * part : part) *
                     log_weight(several, parameters, surrogate->held, k, i);
        }
        sum -= (double)several->weights[i] * value;
    }
    return sum;
}

// Differences in double.
static void differentiate(struct surrogate *surrogate, double *gradient)
{
    const double h = 1e-5;
    struct fixture *f = surrogate->several->f;
    double *moved = allocate(f->size, sizeof *moved);
    memcpy(moved, f->exact_parameters, f->size * sizeof *moved);
    for (size_t t = 0; t < f->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
        surrogate->is_encoder = strncmp(tensor->name, "encoder", 7) == 0;
        for (size_t p = tensor->offset; p < tensor->offset + tensor->count; ++p) {
            moved[p] = f->exact_parameters[p] + h;
            double up = lost(surrogate, moved);
            moved[p] = f->exact_parameters[p] - h;
            gradient[p] = (up - lost(surrogate, moved)) / (2 * h);
            moved[p] = f->exact_parameters[p];
        }
    }
    free(moved);
}

static void check_importance(const char *what, enum elbow_estimator gradient)
{
    enum { ROWS_MAX = 16 };
    struct several several = several_create(architecture(what), ELBOW_OBJECTIVE_IMPORTANCE);
    struct fixture *f = several.f;
    double *expected = allocate(f->size, sizeof *expected), shares[ROWS_MAX][DRAWS], bound = 0, recon = 0, kl = 0;
    ck_assert_uint_le(f->rows, ROWS_MAX);
    for (size_t i = 0; i < f->rows; ++i)
        bound += (double)several.weights[i] * share(&several, f->exact_parameters, i, shares[i]);
    struct surrogate surrogate = {
        .several = &several, .gradient = gradient, .held = f->exact_parameters, .shares = shares};
    differentiate(&surrogate, expected);
    for (size_t k = 0; k < DRAWS; ++k) {
        struct reference_parts parts = reference_rows(&f->reference, f->size, f->exact_parameters, f->rows, f->values,
                                                      noise_of(&several, k, 0), NULL);
        recon += parts.recon / DRAWS;
        kl += parts.kl / DRAWS;
    }
    f->config.objective.gradient = (int)gradient;
    memset(f->gradient, 0xFF, f->size * sizeof(float)); // NaN
    elbow_model_train(several.model, f->parameters, several.microbatch, terms(f), f->gradient, f->statistics);
    // recon in float moves a log weight by up to 1e-5, and a share by as much of itself.
    double worst = worst_of(&several, expected), tolerance = 4e-6 * (fabs(recon) + fabs(kl));
    ck_assert_msg(worst < 5e-5, "%s, gradient %d, is off by %g", what, (int)gradient, worst);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_OBJECTIVE], bound, 3 * tolerance);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_RECON], recon, tolerance);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_KL], kl, tolerance);
    expect_pieces(several.model, f->parameters, several.microbatch, terms(f), f->gradient);
    free(expected);
    several_destroy(&several);
}

// One likelihood with a number beside the networks, which is scored again, and one without.
START_TEST(importance_has_the_gradients_of_its_papers)
{
    for (int gradient = ELBOW_ESTIMATOR_PLAIN; gradient <= ELBOW_ESTIMATOR_DREG; ++gradient) {
        check_importance("tanh", (enum elbow_estimator)gradient);
        check_importance("gaussian, learned", (enum elbow_estimator)gradient);
    }
}
END_TEST

// With one draw the bound is the elbo whose KL is sampled, as that of a mixture is: to the bit.
START_TEST(importance_of_one_draw_is_the_elbo)
{
    struct fixture *f = fixture_create(architecture("gaussian, learned"), 9);
    struct elbow_error error = {0};
    float *gradients[2], *parameters = NULL, weights[] = {1, 0, 2.25F, 0.3F, 1, 1.5F, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    double *statistics[2];
    size_t size = 0, count = 0;
    uint64_t state = 4;
    f->config.model.prior = ELBOW_PRIOR_MIXTURE;
    f->config.model.components = 4;
    for (int bound = ELBOW_OBJECTIVE_ELBO; bound <= ELBOW_OBJECTIVE_IMPORTANCE; ++bound) {
        struct elbow_model *model = NULL;
        f->config.objective.bound = bound;
        f->config.objective.beta = 1;
        f->config.objective.free_bits = 0;
        ck_assert(elbow_model_create(&f->config, f->model->values, f->rows, &model, &error) == ELBOW_OK);
        size = model->parameters.size;
        count = elbow_model_statistics(model, false);
        parameters = parameters != NULL ? parameters : allocate(size, sizeof *parameters);
        for (size_t k = 0; bound == ELBOW_OBJECTIVE_ELBO && k < size; ++k)
            parameters[k] = (float)(0.3 * reference_normal(&state));
        gradients[bound] = allocate(size, sizeof(float));
        statistics[bound] = allocate(count, sizeof(double));
        struct elbow_microbatch rows = microbatch(f);
        rows.weights = weights;
        elbow_model_train(model, parameters, rows, terms(f), gradients[bound], statistics[bound]);
        elbow_model_destroy(model);
    }
    ck_assert(memcmp(gradients[0], gradients[1], size * sizeof(float)) == 0);
    ck_assert(memcmp(statistics[0], statistics[1], count * sizeof(double)) == 0);
    for (int i = 0; i < 2; ++i) {
        free(gradients[i]);
        free(statistics[i]);
    }
    free(parameters);
    fixture_destroy(f);
}
END_TEST

UNIT_MAIN("vae/model: draws", elbo_is_the_mean_over_draws, importance_has_the_gradients_of_its_papers,
          importance_of_one_draw_is_the_elbo)
