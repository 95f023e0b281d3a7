// SPDX-License-Identifier: BSD-3-Clause
// Measures how well a model removes a corruption: compares the mean of p(x|z) at z = the mean of q(z|corrupted) with
// the clean values, and the corrupted values with the clean ones.
#include "elbow/evaluate/detail/measure.h"

#include <math.h>
#include <string.h>

// Sums over the known values: their number, and squared differences from the clean ones.
enum { COUNT, CORRUPTED, DENOISED, WIDTH };

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_CORRUPTED_MSE, ELBOW_FIGURE_CORRUPTED_PSNR,
                                                        ELBOW_FIGURE_DENOISED_MSE, ELBOW_FIGURE_DENOISED_PSNR,
                                                        ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->corrupt ? WIDTH : 0;
}

static void add_row(const struct elbow_measured *measured, size_t row, double *sums)
{
    size_t values = measured->plan->request->dataset->values, at = row * values;
    const float *clean = measured->microbatch.values + at, *denoised = measured->reconstructions + at;
    const float *known = measured->microbatch.known != NULL ? measured->microbatch.known + at : NULL;
    float *corrupted = measured->turned;
    elbow_inputs_turn_back(&measured->collation.inputs, measured->collated.inputs.corrupted + at, corrupted);
    for (size_t d = 0; d < values; ++d) {
        double before = (double)corrupted[d] - (double)clean[d], after = (double)denoised[d] - (double)clean[d];
        if (known != NULL && known[d] == 0)
            continue;
        sums[COUNT] += 1;
        sums[CORRUPTED] += before * before;
        sums[DENOISED] += after * after;
    }
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    memset(sums, 0, WIDTH * sizeof *sums);
    elbow_measured_decode(measured);
    for (size_t row = 0; row < measured->rows; ++row)
        add_row(measured, row, sums);
}

static void tell(enum elbow_figure_kind error, enum elbow_figure_kind ratio, double mean_square, double span,
                 struct elbow_figures *figures)
{
    elbow_figures_set(figures, error, mean_square);
    if (!(mean_square <= 0) && span > 0) // a NaN is reported
        elbow_figures_set(figures, ratio, 10 * log10(span * span / mean_square));
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    struct elbow_collation collation = elbow_collation_of_evaluation(plan->request->config, plan->request->dataset);
    double span = elbow_inputs_span(&collation.inputs);
    (void)samples;
    (void)error;
    if (!(sums[COUNT] > 0))
        return ELBOW_OK;
    tell(ELBOW_FIGURE_CORRUPTED_MSE, ELBOW_FIGURE_CORRUPTED_PSNR, sums[CORRUPTED] / sums[COUNT], span,
         &evaluation->figures);
    tell(ELBOW_FIGURE_DENOISED_MSE, ELBOW_FIGURE_DENOISED_PSNR, sums[DENOISED] / sums[COUNT], span,
         &evaluation->figures);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_denoised = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
