// SPDX-License-Identifier: BSD-3-Clause
// The references of the measures: the figures of a linear Gaussian model for each row of a small data set, in double,
// and the results of each measure.
#ifndef ELBOW_TESTS_REFERENCE_MEASURE_H
#define ELBOW_TESTS_REFERENCE_MEASURE_H

#include "elbow/base/memory.h"
#include "elbow/evaluate/measure.h"
#include "reference_vae.h"
#include "unit.h"

#include <string.h>

// Seven microbatches, the last one short.
enum { VALUES = 6, LATENT = 3, MICROBATCH = 4, SAMPLES = 27, DRAWS = 5, CLASSES = 3, HIDDEN = 4 };
enum { MICROBATCHES = (SAMPLES + MICROBATCH - 1) / MICROBATCH };
static const uint64_t SEED = 20151;
static const double VARIANCE = 0.3, BETA = 0.5, FREE_BITS = 0.05;
// The model computes in single precision: a few 1e-7 of sums of some ten terms of size one.
static const double FLOAT_ERROR = 2e-5;
static const int64_t LABELS[CLASSES] = {-7, 0, INT64_MAX};

// A data set and its model: p(x|z) = N(z W + b, v I), q(z|x) = N(x M + m, exp(x S + s)).
struct set {
    struct elbow_config config;
    struct elbow_model *model;
    float *parameters;
    float x[SAMPLES * VALUES];       // as the model sees them, and as stored unless a measure needs other values
    double stored[SAMPLES * VALUES]; // of other values
    int64_t labels[SAMPLES];
    struct elbow_dataset dataset;
    struct elbow_evaluation_request request;
    struct elbow_measure_plan plan;
    double means[VALUES];
};

static struct set set;

static const float *tensor_of(const char *name)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&set.model->parameters, name);
    ck_assert_msg(tensor != NULL, "no tensor %s", name);
    return set.parameters + tensor->offset;
}

static void make_set(void)
{
    struct elbow_error error = {0};
    uint64_t state = SEED;
    set = (struct set){.dataset = {.samples = SAMPLES,
                                   .values = VALUES,
                                   .rank = 1,
                                   .shape = {VALUES},
                                   .element = ELBOW_ELEMENT_FLOAT32,
                                   .scale = {.factor = 1}}};
    set.config.seed = (int64_t)SEED;
    set.config.model.latent = LATENT;
    set.config.model.likelihood = ELBOW_LIKELIHOOD_GAUSSIAN;
    set.config.model.likelihood_options.variance = VARIANCE;
    ck_assert_msg(elbow_model_create(&set.config, VALUES, MICROBATCH, &set.model, &error) == ELBOW_OK, "%s",
                  error.message);
    size_t size = set.model->parameters.size;
    ck_assert_int_eq(elbow_allocate(&set.parameters, size, sizeof(float), "parameters", &error), ELBOW_OK);
    for (size_t i = 0; i < size; ++i)
        set.parameters[i] = (float)(0.3 * reference_normal(&state));
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        set.x[i] = (float)reference_normal(&state);
    for (size_t i = 0; i < SAMPLES; ++i)
        set.labels[i] = LABELS[(i * i + i / 5) % CLASSES];
    set.dataset.rows.base = set.x;
    set.dataset.labels.base = set.labels;
    set.dataset.has_labels = true;
    set.request = (struct elbow_evaluation_request){.model = set.model,
                                                    .parameters = set.parameters,
                                                    .dataset = &set.dataset,
                                                    .config = &set.config,
                                                    .terms = {.beta = BETA, .free_bits = FREE_BITS}};
    set.plan = (struct elbow_measure_plan){.request = &set.request, .latent = LATENT};
}

static void clear_set(void)
{
    elbow_model_destroy(set.model);
    elbow_release(&set.parameters);
    elbow_classes_clear(&set.dataset.classes);
}

// The model's figures of a row, in double.
struct expected_row {
    double mean[LATENT], log_variance[LATENT], kl[LATENT], recon, squares;
};

static double expected_recon(size_t i, const double *z)
{
    const float *weight = tensor_of("decoder.head/weight"), *bias = tensor_of("decoder.head/bias");
    double recon = 0;
    for (size_t d = 0; d < VALUES; ++d) {
        double y = (double)bias[d];
        for (size_t j = 0; j < LATENT; ++j)
            y += z[j] * (double)weight[j * VALUES + d];
        double error = (double)set.x[i * VALUES + d] - y;
        recon -= 0.5 * (error * error / VARIANCE + log(VARIANCE) + log(2 * acos(-1.0)));
    }
    return recon;
}

static void expected_noise(size_t i, uint32_t purpose, uint32_t draw, float noise[LATENT])
{
    uint64_t id = i;
    elbow_batch_noise(SEED, purpose, draw, 1, &id, LATENT, noise);
}

static void expected_z(const struct expected_row *row, const float *noise, double *z)
{
    for (size_t j = 0; j < LATENT; ++j)
        z[j] = row->mean[j] + exp(row->log_variance[j] / 2) * (double)noise[j];
}

static struct expected_row expected_row(size_t i)
{
    const float *weight = tensor_of("encoder.head/weight"), *bias = tensor_of("encoder.head/bias");
    struct expected_row row = {.recon = 0};
    float noise[LATENT];
    double z[LATENT];
    for (size_t j = 0; j < LATENT; ++j) {
        row.mean[j] = (double)bias[j];
        row.log_variance[j] = (double)bias[LATENT + j];
        for (size_t d = 0; d < VALUES; ++d) {
            double x = (double)set.x[i * VALUES + d];
            row.mean[j] += x * (double)weight[d * 2 * LATENT + j];
            row.log_variance[j] += x * (double)weight[d * 2 * LATENT + LATENT + j];
        }
        row.kl[j] = 0.5 * (row.mean[j] * row.mean[j] + exp(row.log_variance[j]) - 1 - row.log_variance[j]);
    }
    expected_noise(i, ELBOW_PURPOSE_EVAL_NOISE, 0, noise);
    expected_z(&row, noise, z);
    row.recon = expected_recon(i, z);
    row.squares = VARIANCE * (-2 * row.recon - VALUES * log(2 * acos(-1.0) * VARIANCE));
    return row;
}

static double sum_kl(const struct expected_row *row)
{
    double sum = 0;
    for (size_t j = 0; j < LATENT; ++j)
        sum += row->kl[j];
    return sum;
}

static void check_near(const struct elbow_figures *figures, enum elbow_figure_kind kind, double wanted)
{
    double value = elbow_figures_get(figures, kind);
    ck_assert_msg(fabs(value - wanted) <= FLOAT_ERROR * (1 + fabs(wanted)), "%s: %.9g, wanted %.9g",
                  elbow_figure_row(kind)->name, value, wanted);
}

// The standard error of a mean, by the deviations from it.
static void check_error(const struct elbow_figures *figures, enum elbow_figure_kind kind, size_t rows,
                        const double *values)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < rows; ++i)
        mean += values[i] / (double)rows;
    for (size_t i = 0; i < rows; ++i)
        squares += (values[i] - mean) * (values[i] - mean);
    double wanted = sqrt(squares / ((double)rows - 1) / (double)rows);
    ck_assert_msg(figures->has_error[kind] && fabs(figures->errors[kind] - wanted) <= FLOAT_ERROR * (1 + wanted),
                  "the error of %s: %.9g, wanted %.9g", elbow_figure_row(kind)->name, figures->errors[kind], wanted);
}

static void ask_nothing(void)
{
}

// --- elbo

static void check_elbo(const struct elbow_evaluation *evaluation)
{
    double recon = 0, kl = 0, price = 0, of_dimension[LATENT] = {0}, sum[LATENT] = {0}, square[LATENT] = {0};
    double residual = 0, recons[SAMPLES], kls[SAMPLES], elbos[SAMPLES];
    int active = 0;
    for (size_t i = 0; i < SAMPLES; ++i) {
        struct expected_row row = expected_row(i);
        recons[i] = row.recon;
        kls[i] = sum_kl(&row);
        elbos[i] = recons[i] - kls[i];
        recon += row.recon / SAMPLES;
        kl += sum_kl(&row) / SAMPLES;
        residual += row.squares / VALUES / SAMPLES;
        for (size_t j = 0; j < LATENT; ++j) {
            price += fmax(row.kl[j], FREE_BITS) / SAMPLES;
            of_dimension[j] += row.kl[j] / SAMPLES;
            sum[j] += row.mean[j] / SAMPLES;
            square[j] += row.mean[j] * row.mean[j] / SAMPLES;
        }
    }
    for (size_t j = 0; j < LATENT; ++j) {
        active += square[j] - sum[j] * sum[j] > 0.01;
        ck_assert_double_eq_tol(evaluation->kl[j], of_dimension[j], FLOAT_ERROR);
    }
    ck_assert_uint_eq(evaluation->latent, LATENT);
    ck_assert(elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_SAMPLES) == SAMPLES);
    check_near(&evaluation->figures, ELBOW_FIGURE_VARIANCE, VARIANCE);
    check_near(&evaluation->figures, ELBOW_FIGURE_RESIDUAL, residual);
    check_near(&evaluation->figures, ELBOW_FIGURE_RECON, recon);
    check_near(&evaluation->figures, ELBOW_FIGURE_KL, kl);
    check_near(&evaluation->figures, ELBOW_FIGURE_ELBO, recon - kl);
    check_error(&evaluation->figures, ELBOW_FIGURE_RECON, SAMPLES, recons);
    check_error(&evaluation->figures, ELBOW_FIGURE_KL, SAMPLES, kls);
    check_error(&evaluation->figures, ELBOW_FIGURE_ELBO, SAMPLES, elbos);
    check_near(&evaluation->figures, ELBOW_FIGURE_OBJECTIVE, recon - BETA * price);
    ck_assert(elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_ACTIVE_UNITS) == active);
}

// --- importance

static void ask_importance(void)
{
    set.request.importance = DRAWS;
}

// log w = log p(x|z) + log p(z) - log q(z|x) of each draw.
static void check_importance(const struct elbow_evaluation *evaluation)
{
    double log_likelihood = 0, effective = 0, likelihoods[SAMPLES], counts[SAMPLES];
    for (size_t i = 0; i < SAMPLES; ++i) {
        struct expected_row row = expected_row(i);
        double weights = 0, squares = 0;
        for (uint32_t k = 0; k < DRAWS; ++k) {
            float noise[LATENT];
            double z[LATENT];
            expected_noise(i, ELBOW_PURPOSE_IMPORTANCE, k, noise);
            expected_z(&row, noise, z);
            double log_weight = expected_recon(i, z);
            for (size_t j = 0; j < LATENT; ++j)
                log_weight += 0.5 * ((double)noise[j] * (double)noise[j] + row.log_variance[j] - z[j] * z[j]);
            weights += exp(log_weight);
            squares += exp(2 * log_weight);
        }
        likelihoods[i] = log(weights / DRAWS);
        counts[i] = weights * weights / squares;
        log_likelihood += log(weights / DRAWS) / SAMPLES;
        effective += weights * weights / squares / SAMPLES;
    }
    ck_assert(elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_IMPORTANCE) == DRAWS);
    check_near(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD, log_likelihood);
    check_near(&evaluation->figures, ELBOW_FIGURE_EFFECTIVE_SAMPLES, effective);
    check_error(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD, SAMPLES, likelihoods);
    check_error(&evaluation->figures, ELBOW_FIGURE_EFFECTIVE_SAMPLES, SAMPLES, counts);
}

// --- deviance

static void ask_deviance(void)
{
    set.request.deviance = true;
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        set.means[i % VALUES] += (double)set.x[i] / SAMPLES;
    set.plan.means = set.means;
}

// Of a Gaussian of one variance: the squares over twice that.
static void check_deviance(const struct elbow_evaluation *evaluation)
{
    double left = 0, all = 0, deviances[SAMPLES];
    for (size_t i = 0; i < SAMPLES; ++i) {
        deviances[i] = expected_row(i).squares / (2 * VARIANCE);
        left += expected_row(i).squares;
    }
    check_error(&evaluation->figures, ELBOW_FIGURE_DEVIANCE, SAMPLES, deviances);
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        all += ((double)set.x[i] - set.means[i % VALUES]) * ((double)set.x[i] - set.means[i % VALUES]);
    check_near(&evaluation->figures, ELBOW_FIGURE_DEVIANCE, left / (2 * VARIANCE) / SAMPLES);
    check_near(&evaluation->figures, ELBOW_FIGURE_EXPLAINED_DEVIANCE, 1 - left / all);
}

// --- classes

static void ask_classes(void)
{
    set.request.per_class = true;
    set.plan.classes = LABELS;
    set.plan.class_count = CLASSES;
}

static void check_classes(const struct elbow_evaluation *evaluation)
{
    ck_assert_uint_eq(evaluation->class_count, CLASSES);
    for (size_t c = 0; c < CLASSES; ++c) {
        const struct elbow_figures *figures = &evaluation->classes[c].figures;
        double samples = 0, recon = 0, kl = 0, recons[SAMPLES], kls[SAMPLES], elbos[SAMPLES];
        for (size_t i = 0; i < SAMPLES; ++i)
            if (set.labels[i] == LABELS[c]) {
                struct expected_row row = expected_row(i);
                recons[(size_t)samples] = row.recon;
                kls[(size_t)samples] = sum_kl(&row);
                elbos[(size_t)samples] = row.recon - sum_kl(&row);
                samples += 1;
                recon += row.recon;
                kl += sum_kl(&row);
            }
        ck_assert(evaluation->classes[c].label == LABELS[c]);
        ck_assert(samples > 1 && elbow_figures_get(figures, ELBOW_FIGURE_SAMPLES) == samples);
        check_near(figures, ELBOW_FIGURE_RECON, recon / samples);
        check_near(figures, ELBOW_FIGURE_KL, kl / samples);
        check_near(figures, ELBOW_FIGURE_ELBO, (recon - kl) / samples);
        check_error(figures, ELBOW_FIGURE_RECON, (size_t)samples, recons);
        check_error(figures, ELBOW_FIGURE_KL, (size_t)samples, kls);
        check_error(figures, ELBOW_FIGURE_ELBO, (size_t)samples, elbos);
    }
}

// --- stored

// The model sees the same values as for the other measures, made from other stored values.
static void ask_stored(void)
{
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        set.stored[i] = -4 * sinh((double)set.x[i]);
    set.dataset.element = ELBOW_ELEMENT_FLOAT64;
    set.dataset.rows.base = set.stored;
    set.dataset.scale.factor = -0.25;
    set.dataset.transform.kind = ELBOW_TRANSFORM_ASINH;
    set.request.importance = DRAWS;
}

// The density of stored values: that of the model's, times |d asinh(-stored / 4) / d stored|. The log-likelihood is
// another measure's.
static void check_stored(const struct elbow_evaluation *evaluation)
{
    double elbo = 0, elbos[SAMPLES];
    for (size_t i = 0; i < SAMPLES; ++i) {
        struct expected_row row = expected_row(i);
        elbos[i] = row.recon - sum_kl(&row);
        for (size_t d = 0; d < VALUES; ++d)
            elbos[i] -= log(4 * cosh((double)set.x[i * VALUES + d]));
        elbo += elbos[i] / SAMPLES;
    }
    check_error(&evaluation->figures, ELBOW_FIGURE_ELBO_STORED, SAMPLES, elbos);
    check_near(&evaluation->figures, ELBOW_FIGURE_ELBO_STORED, elbo);
    ck_assert(isnan(elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD_STORED)));
}

#include "reference_measure_classified.inc"
#include "reference_measure_inputs.inc"

static const struct {
    void (*ask)(void); // changes the request
    void (*check)(const struct elbow_evaluation *evaluation);
    bool is_always; // measured without a request
} REFERENCES[ELBOW_MEASURES] = {
    [ELBOW_MEASURE_ELBO] = {ask_nothing, check_elbo, true},
    [ELBOW_MEASURE_DEVIANCE] = {ask_deviance, check_deviance, false},
    [ELBOW_MEASURE_KNOWN] = {ask_known, check_missing, false},
    [ELBOW_MEASURE_HIDDEN] = {ask_hidden, check_hidden, false},
    [ELBOW_MEASURE_DENOISED] = {ask_denoised, check_denoised, false},
    [ELBOW_MEASURE_IMPORTANCE] = {ask_importance, check_importance, false},
    [ELBOW_MEASURE_CLASSES] = {ask_classes, check_classes, false},
    [ELBOW_MEASURE_CLASSIFIED] = {ask_classified, check_classified, false},
    [ELBOW_MEASURE_STORED] = {ask_stored, check_stored, false},
    [ELBOW_MEASURE_KL_PARTS] = {ask_kl_parts, check_kl_parts, false},
};

#endif
