// SPDX-License-Identifier: BSD-3-Clause
// The parts of the KL (Chen et al. 2018, eq. 2): mutual information of sample and z, total correlation, and the KL of
// the dimensions, estimated from blocks of rows (elbow/evaluate/detail/kl_block.h). Such an estimate of information is
// at most log N.
#include "elbow/evaluate/detail/kl_block.h"
#include "elbow/evaluate/detail/measure.h"

#include <math.h>

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_KL_INFORMATION, ELBOW_FIGURE_KL_INFORMATION_BOUND,
                                                        ELBOW_FIGURE_KL_TOTAL_CORRELATION, ELBOW_FIGURE_KL_DIMENSIONS,
                                                        ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->kl_block > 0 ? ELBOW_KL_PARTS_COUNT : 0;
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const double *parts = elbow_kl_block_parts(measured, measured->block);
    for (size_t p = 0; p < ELBOW_KL_PARTS_COUNT; ++p)
        sums[p] = 0;
    for (size_t k = 0; k < measured->rows * ELBOW_KL_PARTS_COUNT; ++k)
        sums[k % ELBOW_KL_PARTS_COUNT] += parts[k];
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    struct elbow_figures *figures = &evaluation->figures;
    (void)plan;
    (void)error;
    elbow_figures_set(figures, ELBOW_FIGURE_KL_INFORMATION, sums[ELBOW_KL_PART_INFORMATION] / samples);
    elbow_figures_set(figures, ELBOW_FIGURE_KL_INFORMATION_BOUND, log(samples));
    elbow_figures_set(figures, ELBOW_FIGURE_KL_TOTAL_CORRELATION, sums[ELBOW_KL_PART_TOTAL_CORRELATION] / samples);
    elbow_figures_set(figures, ELBOW_FIGURE_KL_DIMENSIONS, sums[ELBOW_KL_PART_DIMENSIONS] / samples);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_kl_parts = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
