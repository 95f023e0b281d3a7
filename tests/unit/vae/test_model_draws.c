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

static struct several several_create(const struct architecture *architecture)
{
    uint64_t state = 77;
    struct elbow_error error = {0};
    struct several several = {.f = fixture_create(architecture, 5)};
    struct fixture *f = several.f;
    size_t size = f->rows * f->model->latent;
    f->config.objective.draws = DRAWS;
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
        struct several several = several_create(&ARCHITECTURES[a]);
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

UNIT_MAIN("vae/model: draws", elbo_is_the_mean_over_draws)
