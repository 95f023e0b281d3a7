// SPDX-License-Identifier: BSD-3-Clause
// Deviance, and the share of it that the model explains of the deviance of each value at its mean over the set (as the
// D^2 scores of McCullagh and Nelder 1989, "Generalized linear models", chapter 2, without their factor of 2).
#include "elbow/evaluate/detail/measure.h"

#include <math.h>

enum { DEVIANCE, AT_MEANS, SQUARES, WIDTH };

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_DEVIANCE, ELBOW_FIGURE_EXPLAINED_DEVIANCE,
                                                        ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->deviance ? WIDTH : 0;
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    double *deviance = measured->deviances, *at_means = measured->deviances + measured->rows;
    elbow_model_deviance(request->model, request->parameters, measured->microbatch,
                         measured->plan->means != NULL ? measured->at_means : NULL, measured->outputs, deviance,
                         at_means);
    sums[DEVIANCE] = sums[AT_MEANS] = sums[SQUARES] = 0;
    for (size_t i = 0; i < measured->rows; ++i) {
        sums[DEVIANCE] += deviance[i];
        sums[AT_MEANS] += at_means[i];
        sums[SQUARES] += deviance[i] * deviance[i];
    }
}

// A likelihood without a largest density has no deviance; nothing is explained if all values are their means.
static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)plan;
    (void)error;
    if (isinf(sums[DEVIANCE]))
        return ELBOW_OK;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_DEVIANCE, sums[DEVIANCE] / samples);
    elbow_figures_set_error(&evaluation->figures, ELBOW_FIGURE_DEVIANCE, samples, sums[DEVIANCE], sums[SQUARES]);
    if (sums[AT_MEANS] != 0 && !isinf(sums[AT_MEANS]))
        elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_EXPLAINED_DEVIANCE, 1 - sums[DEVIANCE] / sums[AT_MEANS]);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_deviance = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
