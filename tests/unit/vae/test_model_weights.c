// SPDX-License-Identifier: BSD-3-Clause
// Samples that count more or less: the gradient is the weighted sum of the gradients of the rows, each of which the
// double-precision VAE of reference_vae.h gives.
#include "elbow/vae/model.h"

#include "unit.h"

#include "model_fixture.h"

// 0.75, 0, 2.25, 1.5, 0.75, ...
static float weight_of(size_t row)
{
    static const float weights[] = {0.75F, 0, 2.25F, 1.5F};
    return weights[row % 4];
}

static void train_weighted(struct fixture *f, float *weights)
{
    struct elbow_microbatch rows = microbatch(f);
    rows.weights = weights;
    elbow_model_train(f->model, f->parameters, rows, terms(f), f->gradient, f->statistics);
}

START_TEST(gradients_are_weighted_sums)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 2);
        float *weights = calloc(f->rows, sizeof *weights);
        double *row = calloc(f->size, sizeof *row), *sum = calloc(f->size, sizeof *sum), objective = 0, worst = 0;
        struct reference_parts all = exact(f, NULL);
        for (size_t i = 0; i < f->rows; ++i) {
            weights[i] = weight_of(i);
            memset(row, 0, f->size * sizeof *row);
            struct reference_parts parts =
                reference_rows(&f->reference, f->size, f->exact_parameters, 1, f->values + i * f->model->values,
                               f->noise + i * f->model->latent, row);
            objective += (double)weights[i] * parts.objective;
            for (size_t k = 0; k < f->size; ++k)
                sum[k] += (double)weights[i] * row[k];
        }
        train_weighted(f, weights);
        for (size_t t = 0; t < f->model->parameters.count; ++t) {
            const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
            double largest = 0, difference = 0;
            for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
                largest = fmax(largest, fabs(sum[k]));
                difference = fmax(difference, fabs(f->gradient[k] - sum[k]));
            }
            worst = fmax(worst, largest > 0 ? difference / largest : difference);
        }
        // As for the plain gradient (test_model_gradients.c): weights are exact in float.
        ck_assert_msg(worst < 6e-6, "%s is off by %g", ARCHITECTURES[a].what, worst);
        double tolerance = 4e-6 * (fabs(all.recon) + fabs(all.kl));
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_OBJECTIVE], objective, 3 * tolerance);
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_RECON], all.recon, tolerance); // as without weights
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_KL], all.kl, tolerance);
        free(weights);
        free(row);
        free(sum);
        fixture_destroy(f);
    }
}
END_TEST

// Weights of 1 change nothing, except for the order of the sum over the rows for shared numbers.
START_TEST(weights_of_one_change_no_bit)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 1);
        float *weights = calloc(f->rows, sizeof *weights), *plain = calloc(f->size, sizeof *plain);
        for (size_t i = 0; i < f->rows; ++i)
            weights[i] = 1;
        train(f);
        memcpy(plain, f->gradient, f->size * sizeof *plain);
        train_weighted(f, weights);
        size_t end = f->model->parts[0].shared.count > 0 ? f->model->parts[0].shared.offset : f->size;
        ck_assert_msg(memcmp(plain, f->gradient, end * sizeof *plain) == 0, "%s", ARCHITECTURES[a].what);
        free(weights);
        free(plain);
        fixture_destroy(f);
    }
}
END_TEST

// The likelihood notes the figures of the samples without their weights.
START_TEST(figures_are_not_weighted)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 3);
        float *weights = calloc(f->rows, sizeof *weights);
        size_t notes = f->model->notes, at = elbow_statistics_size(f->model->latent, false);
        double *plain = calloc(notes + 1, sizeof *plain);
        for (size_t i = 0; i < f->rows; ++i)
            weights[i] = weight_of(i);
        train(f);
        memcpy(plain, f->statistics + at, notes * sizeof *plain);
        train_weighted(f, weights);
        ck_assert_msg(memcmp(plain, f->statistics + at, notes * sizeof *plain) == 0, "%s", ARCHITECTURES[a].what);
        free(weights);
        free(plain);
        fixture_destroy(f);
    }
}
END_TEST

// The number of an optimal variance after a batch.
static float settled(struct fixture *f)
{
    ck_assert(elbow_model_settle(f->model, f->statistics, 0, f->size, f->parameters));
    return f->parameters[f->model->parts[0].shared.offset];
}

// A batch's weighted mean of the square residuals, for any sum of its weights; without weight nothing follows.
START_TEST(an_optimal_variance_is_a_weighted_mean)
{
    struct fixture *f = fixture_create(architecture("gaussian, optimal"), 4);
    float *weights = calloc(f->rows, sizeof *weights);
    double weighted = 0, total = 0, plain = 0;
    train(f);
    const double *residuals = f->model->noted + 1;
    for (size_t i = 0; i < f->rows; ++i) {
        weights[i] = 0x1p-20F * weight_of(i);
        weighted += (double)weights[i] * residuals[3 * i]; // behind variance and residual: how much they count
        total += (double)weights[i];
        plain += residuals[3 * i] / (double)f->rows;
    }
    ck_assert_double_eq_tol((double)settled(f), log(plain), 1e-6);
    train_weighted(f, weights);
    float number = settled(f);
    ck_assert_double_eq_tol((double)number, log(weighted / total), 1e-6);
    memset(weights, 0, f->rows * sizeof *weights);
    train_weighted(f, weights);
    ck_assert(settled(f) == number);
    free(weights);
    fixture_destroy(f);
}
END_TEST

UNIT_MAIN("vae/model: weights", gradients_are_weighted_sums, weights_of_one_change_no_bit, figures_are_not_weighted,
          an_optimal_variance_is_a_weighted_mean)
