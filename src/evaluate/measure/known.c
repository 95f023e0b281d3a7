// SPDX-License-Identifier: BSD-3-Clause
// The number of known values, if some are missing or hidden, and the ELBO of each of them.
#include "elbow/evaluate/detail/measure.h"

enum { KNOWN, ELBO, WIDTH };

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_KNOWN, ELBOW_FIGURE_ELBO_KNOWN, ELBOW_FIGURES};

static const enum elbow_figure_kind figures_of_row[] = {ELBOW_FIGURE_KNOWN, ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return elbow_dataset_has_known(plan->request->dataset) || plan->request->hide > 0 ? WIDTH : 0;
}

// Number of known values of row i.
static double count(const struct elbow_measured *measured, size_t i)
{
    size_t values = measured->plan->request->dataset->values;
    const float *known = measured->microbatch.known + i * values;
    double sum = 0;
    for (size_t d = 0; d < values; ++d)
        sum += (double)known[d];
    return sum;
}

static void row(const struct elbow_measured *measured, size_t i, double *figures)
{
    figures[0] = count(measured, i) / (double)measured->plan->request->dataset->values;
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    sums[KNOWN] = sums[ELBO] = 0;
    for (size_t i = 0; i < measured->rows; ++i)
        sums[KNOWN] += count(measured, i);
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

const struct elbow_measure elbow_measure_known = {.figures = figures_of_set,
                                                  .rows = figures_of_row,
                                                  .width = width,
                                                  .microbatch = microbatch,
                                                  .row = row,
                                                  .conclude = conclude};
