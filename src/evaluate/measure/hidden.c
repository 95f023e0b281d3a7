// SPDX-License-Identifier: BSD-3-Clause
// Measures how well a model predicts known values that were hidden from it: compares the mean of p(x|z) at z = the mean
// of q(z|x) of the visible values with the hidden values.
#include "elbow/evaluate/detail/measure.h"

#include <math.h>
#include <string.h>

// Sums over the hidden values: as the model sees them, and turned back by data.transform.
enum { COUNT, SQUARES, ABSOLUTE, SCALED_SQUARES, SCALED_ABSOLUTE, RIGHT, WIDTH };

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_HIDDEN,
                                                        ELBOW_FIGURE_HIDDEN_RMSE,
                                                        ELBOW_FIGURE_HIDDEN_MAE,
                                                        ELBOW_FIGURE_HIDDEN_RMSE_SCALED,
                                                        ELBOW_FIGURE_HIDDEN_MAE_SCALED,
                                                        ELBOW_FIGURE_HIDDEN_ACCURACY,
                                                        ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->hide > 0 ? WIDTH : 0;
}

// The zeros and ones of binarised values have no inverse.
static bool is_turned(const struct elbow_evaluation_request *request)
{
    return request->dataset->transform.kind != ELBOW_TRANSFORM_NONE &&
           request->config->data.binarize == ELBOW_BINARIZE_NONE;
}

static bool is_binary(const struct elbow_evaluation_request *request)
{
    return request->config->data.binarize != ELBOW_BINARIZE_NONE || request->dataset->is_binary;
}

static void add_scaled(const struct elbow_measured *measured, size_t row, double *sums)
{
    const struct elbow_fit *fit = &measured->plan->request->dataset->transform;
    size_t values = measured->plan->request->dataset->values;
    double *truth = measured->scaled, *predicted = measured->scaled + values;
    elbow_fit_inverse(fit, 0, values, measured->collated.truth + row * values, truth);
    elbow_fit_inverse(fit, 0, values, measured->reconstructions + row * values, predicted);
    elbow_fit_set_constants(fit, 0, values, predicted);
    for (size_t i = 0; i < values; ++i) {
        if (measured->collated.hidden[row * values + i] == 0)
            continue;
        sums[SCALED_SQUARES] += (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
        sums[SCALED_ABSOLUTE] += fabs(predicted[i] - truth[i]);
    }
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    size_t values = request->dataset->values;
    memset(sums, 0, WIDTH * sizeof *sums);
    elbow_measured_decode(measured);
    for (size_t i = 0; i < measured->rows * values; ++i) {
        if (measured->collated.hidden[i] == 0)
            continue;
        double truth = (double)measured->collated.truth[i], predicted = (double)measured->reconstructions[i],
               error = predicted - truth;
        sums[COUNT] += 1;
        sums[SQUARES] += error * error;
        sums[ABSOLUTE] += fabs(error);
        sums[RIGHT] += (predicted > 0.5) == (truth > 0.5);
    }
    for (size_t row = 0; is_turned(request) && row < measured->rows; ++row)
        add_scaled(measured, row, sums);
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    struct elbow_figures *figures = &evaluation->figures;
    double count = sums[COUNT];
    (void)samples;
    (void)error;
    elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN, count);
    if (!(count > 0))
        return ELBOW_OK;
    elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN_RMSE, sqrt(sums[SQUARES] / count));
    elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN_MAE, sums[ABSOLUTE] / count);
    if (is_turned(plan->request)) {
        elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN_RMSE_SCALED, sqrt(sums[SCALED_SQUARES] / count));
        elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN_MAE_SCALED, sums[SCALED_ABSOLUTE] / count);
    }
    if (is_binary(plan->request))
        elbow_figures_set(figures, ELBOW_FIGURE_HIDDEN_ACCURACY, sums[RIGHT] / count);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_hidden = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
