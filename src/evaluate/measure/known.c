// SPDX-License-Identifier: BSD-3-Clause
// How many values are known, where some are missing or hidden, and the ELBO of each of them.
#include "elbow/evaluate/detail/measure.h"

enum { KNOWN, ELBO, WIDTH };

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_KNOWN, ELBOW_FIGURE_ELBO_KNOWN, ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->dataset->known.base != NULL || plan->request->hide > 0 ? WIDTH : 0;
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    size_t values = measured->rows * measured->plan->request->dataset->values;
    sums[KNOWN] = sums[ELBO] = 0;
    for (size_t i = 0; i < values; ++i)
        sums[KNOWN] += (double)measured->microbatch.known[i];
    for (size_t i = 0; i < measured->rows; ++i)
        sums[ELBO] += measured->recon[i] - measured->kl[i];
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)error;
    double all = samples * (double)plan->request->dataset->values;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_KNOWN, sums[KNOWN] / all);
    if (sums[KNOWN] > 0 && elbow_measure_gives(plan, ELBOW_FIGURE_ELBO_KNOWN))
        elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ELBO_KNOWN, sums[ELBO] / sums[KNOWN]);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_known = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
