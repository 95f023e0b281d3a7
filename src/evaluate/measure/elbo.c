// SPDX-License-Identifier: BSD-3-Clause
// The ELBO and its parts, the KL of each dimension, and the active units: the statistics with moments.
#include "elbow/evaluate/detail/measure.h"

#include "elbow/base/memory.h"

#include <string.h>

static const enum elbow_figure_kind figures_of_set[] = {
    ELBOW_FIGURE_SAMPLES, ELBOW_FIGURE_OBJECTIVE,  ELBOW_FIGURE_ELBO,         ELBOW_FIGURE_RECON,
    ELBOW_FIGURE_KL,      ELBOW_FIGURE_VARIANCE,   ELBOW_FIGURE_RESIDUAL,     ELBOW_FIGURE_SCALE,
    ELBOW_FIGURE_DF,      ELBOW_FIGURE_DISPERSION, ELBOW_FIGURE_ACTIVE_UNITS, ELBOW_FIGURES};
enum { ROW_RECON, ROW_KL, ROW_ELBO };
static const enum elbow_figure_kind figures_of_row[] = {
    [ROW_RECON] = ELBOW_FIGURE_RECON, [ROW_KL] = ELBOW_FIGURE_KL, [ROW_ELBO] = ELBOW_FIGURE_ELBO, ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return elbow_model_statistics(plan->request->model, true);
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    memcpy(sums, measured->statistics, width(measured->plan) * sizeof *sums);
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    evaluation->latent = plan->latent;
    elbow_model_figures(plan->request->model, sums, true, &evaluation->figures);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ACTIVE_UNITS,
                      (double)elbow_statistics_active(sums, plan->latent));
    if (!elbow_measure_gives(plan, ELBOW_FIGURE_KL))
        return ELBOW_OK;
    enum elbow_status status = elbow_allocate(&evaluation->kl, plan->latent, sizeof(double), "the KL", error);
    for (size_t j = 0; status == ELBOW_OK && j < plan->latent; ++j)
        evaluation->kl[j] = sums[ELBOW_STATISTIC_HEAD + j] / samples;
    return status;
}

static void row(const struct elbow_measured *measured, size_t i, double *figures)
{
    figures[ROW_RECON] = measured->recon[i];
    figures[ROW_KL] = measured->kl[i];
    figures[ROW_ELBO] = measured->recon[i] - measured->kl[i];
}

const struct elbow_measure elbow_measure_elbo = {.figures = figures_of_set,
                                                 .rows = figures_of_row,
                                                 .width = width,
                                                 .microbatch = microbatch,
                                                 .row = row,
                                                 .conclude = conclude};
