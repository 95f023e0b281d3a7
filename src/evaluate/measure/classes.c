// SPDX-License-Identifier: BSD-3-Clause
// The ELBO and its parts for each class, if there are labels.
#include "elbow/evaluate/detail/measure.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { SAMPLES, RECON, KL, RECON_SQUARES, KL_SQUARES, ELBO_SQUARES, WIDTH }; // of a class

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->class_count * WIDTH;
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_measure_plan *plan = measured->plan;
    memset(sums, 0, width(plan) * sizeof *sums);
    for (size_t i = 0; i < measured->rows; ++i) {
        int64_t label = elbow_dataset_label(plan->request->dataset, measured->first + i);
        size_t c = 0;
        while (plan->classes[c] != label)
            ++c;
        double *sum = sums + c * WIDTH;
        sum[SAMPLES] += 1;
        sum[RECON] += measured->recon[i];
        sum[KL] += measured->kl[i];
        double elbo = measured->recon[i] - measured->kl[i];
        sum[RECON_SQUARES] += measured->recon[i] * measured->recon[i];
        sum[KL_SQUARES] += measured->kl[i] * measured->kl[i];
        sum[ELBO_SQUARES] += elbo * elbo;
    }
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)samples;
    enum elbow_status status =
        elbow_allocate(&evaluation->classes, plan->class_count, sizeof *evaluation->classes, "classes", error);
    if (status != ELBOW_OK)
        return status;
    evaluation->class_count = plan->class_count;
    for (size_t c = 0; c < plan->class_count; ++c) {
        const double *sum = sums + c * WIDTH;
        double recon = sum[RECON] / sum[SAMPLES], kl = sum[KL] / sum[SAMPLES];
        struct elbow_figures *figures = &evaluation->classes[c].figures;
        evaluation->classes[c].label = plan->classes[c];
        evaluation->classes[c].name = elbow_label_name(&plan->request->dataset->label_names, plan->classes[c]);
        elbow_figures_set(figures, ELBOW_FIGURE_SAMPLES, sum[SAMPLES]);
        elbow_figures_set(figures, ELBOW_FIGURE_RECON, recon);
        elbow_figures_set_error(figures, ELBOW_FIGURE_RECON, sum[SAMPLES], sum[RECON], sum[RECON_SQUARES]);
        if (!elbow_measure_gives(plan, ELBOW_FIGURE_KL))
            continue;
        elbow_figures_set(figures, ELBOW_FIGURE_ELBO, recon - kl);
        elbow_figures_set(figures, ELBOW_FIGURE_KL, kl);
        elbow_figures_set_error(figures, ELBOW_FIGURE_ELBO, sum[SAMPLES], sum[RECON] - sum[KL], sum[ELBO_SQUARES]);
        elbow_figures_set_error(figures, ELBOW_FIGURE_KL, sum[SAMPLES], sum[KL], sum[KL_SQUARES]);
    }
    return ELBOW_OK;
}

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURES}; // none: they are the classes'

const struct elbow_measure elbow_measure_classes = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
