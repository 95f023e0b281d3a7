// SPDX-License-Identifier: BSD-3-Clause
// The ELBO of the values as stored, and the log-likelihood if it is estimated: those of the model's values plus the sum
// of log |d value / d stored| over a sample, because a density is larger if values lie closer together. Given if the
// likelihood is a density and data.transform changes the stored values.
#include "elbow/evaluate/detail/measure.h"

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_ELBO_STORED, ELBOW_FIGURE_LOG_LIKELIHOOD_STORED,
                                                        ELBOW_FIGURES};
static const enum elbow_figure_kind figures_of_row[] = {ELBOW_FIGURE_ELBO_STORED, ELBOW_FIGURES};

enum { ELBO, LOG_SLOPE, ELBO_SQUARES, LIKELIHOOD, LIKELIHOOD_SQUARES, WIDTH };

// Zeros and ones are no continuum, and a factor of 0 leaves none.
static size_t width(const struct elbow_measure_plan *plan)
{
    const struct elbow_dataset *dataset = plan->request->dataset;
    const struct elbow_config *config = plan->request->config;
    bool is_density = elbow_measure_gives(plan, ELBOW_FIGURE_ELBO_STORED) &&
                      config->data.binarize == ELBOW_BINARIZE_NONE && dataset->scale.factor != 0;
    for (size_t p = 0; p < elbow_config_likelihood_count(config); ++p)
        is_density =
            is_density && elbow_support_is_continuous(elbow_likelihood_support(elbow_config_likelihood(config, p)));
    return is_density && dataset->transform.kind != ELBOW_TRANSFORM_NONE ? WIDTH : 0;
}

static double log_derivative(const struct elbow_measured *measured, size_t i)
{
    const struct elbow_dataset *dataset = measured->plan->request->dataset;
    size_t values = dataset->values;
    const float *known = measured->microbatch.known;
    return elbow_fit_log_derivative(&dataset->transform, &dataset->scale, values,
                                    measured->microbatch.values + i * values,
                                    known != NULL ? known + i * values : NULL);
}

static void row(const struct elbow_measured *measured, size_t i, double *figures)
{
    figures[0] = measured->recon[i] - measured->kl[i] + log_derivative(measured, i);
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    bool has_likelihood = measured->plan->request->importance > 0;
    for (size_t s = 0; s < WIDTH; ++s)
        sums[s] = 0;
    for (size_t i = 0; i < measured->rows; ++i) {
        double slope = log_derivative(measured, i), elbo = measured->recon[i] - measured->kl[i] + slope;
        double likelihood = has_likelihood && measured->weights[i].count > 0 // weighed by the measure before this one
                                ? elbow_importance_log_likelihood(&measured->weights[i]) + slope
                                : 0;
        sums[ELBO] += elbo;
        sums[LOG_SLOPE] += slope;
        sums[ELBO_SQUARES] += elbo * elbo;
        sums[LIKELIHOOD] += likelihood;
        sums[LIKELIHOOD_SQUARES] += likelihood * likelihood;
    }
}

// The measure of the log-likelihood precedes this one in the list.
static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)error;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ELBO_STORED, sums[ELBO] / samples);
    elbow_figures_set_error(&evaluation->figures, ELBOW_FIGURE_ELBO_STORED, samples, sums[ELBO], sums[ELBO_SQUARES]);
    if (plan->request->importance == 0)
        return ELBOW_OK;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD_STORED,
                      elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD) + sums[LOG_SLOPE] / samples);
    elbow_figures_set_error(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD_STORED, samples, sums[LIKELIHOOD],
                            sums[LIKELIHOOD_SQUARES]);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_stored = {.figures = figures_of_set,
                                                   .rows = figures_of_row,
                                                   .width = width,
                                                   .microbatch = microbatch,
                                                   .row = row,
                                                   .conclude = conclude};
