// SPDX-License-Identifier: BSD-3-Clause
// The ELBO and its parts, the KL of each dimension, and the active units: the statistics with moments.
#include "elbow/evaluate/detail/measure.h"

#include "elbow/base/memory.h"

#include <string.h>

static const enum elbow_figure_kind figures_of_set[] = {
    ELBOW_FIGURE_SAMPLES,      ELBOW_FIGURE_OBJECTIVE, ELBOW_FIGURE_ELBO,  ELBOW_FIGURE_RECON, ELBOW_FIGURE_KL,
    ELBOW_FIGURE_VARIANCE,     ELBOW_FIGURE_RESIDUAL,  ELBOW_FIGURE_SCALE, ELBOW_FIGURE_DF,    ELBOW_FIGURE_DISPERSION,
    ELBOW_FIGURE_ACTIVE_UNITS, ELBOW_FIGURE_CLASS_KL,  ELBOW_FIGURES};
enum { ROW_RECON, ROW_KL, ROW_ELBO };
static const enum elbow_figure_kind figures_of_row[] = {
    [ROW_RECON] = ELBOW_FIGURE_RECON, [ROW_KL] = ELBOW_FIGURE_KL, [ROW_ELBO] = ELBOW_FIGURE_ELBO, ELBOW_FIGURES};

// Behind the statistics: sums of recon, kl and elbo of the rows, and of their squares.
enum { SUMS, SUM_SQUARES = SUMS + 3, ERRORS_WIDTH = SUM_SQUARES + 3 };

// Behind these, for a model without a KL whose likelihoods give no residual: known values, and squares.
enum { COUNT, SQUARES, RESIDUAL_WIDTH };

static bool wants_residual(const struct elbow_model *model)
{
    if (model->prior != NULL)
        return false;
    for (size_t p = 0; p < model->part_count; ++p) {
        const enum elbow_figure_kind *kind = model->parts[p].likelihood->figures;
        for (; kind != NULL && *kind != ELBOW_FIGURES; ++kind)
            if (*kind == ELBOW_FIGURE_RESIDUAL)
                return false;
    }
    return true;
}

static size_t width(const struct elbow_measure_plan *plan)
{
    const struct elbow_model *model = plan->request->model;
    return elbow_model_statistics(model, true) + ERRORS_WIDTH + (wants_residual(model) ? RESIDUAL_WIDTH : 0);
}

// Adds the residual of the rows that have just been decoded.
static void add_residual(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    const struct elbow_microbatch *microbatch = &measured->microbatch;
    size_t rows = measured->rows, values = rows * request->dataset->values;
    elbow_measured_set_sizes(measured);
    elbow_model_means(request->model, request->parameters, rows, measured->reconstructions);
    sums[COUNT] = sums[SQUARES] = 0;
    for (size_t i = 0; i < values; ++i) {
        double error = (double)microbatch->values[i] - (double)measured->reconstructions[i];
        if (microbatch->known != NULL && microbatch->known[i] == 0)
            continue;
        sums[COUNT] += 1;
        sums[SQUARES] += error * error;
    }
}

static void row(const struct elbow_measured *measured, size_t i, double *figures)
{
    figures[ROW_RECON] = measured->recon[i];
    figures[ROW_KL] = measured->kl[i];
    figures[ROW_ELBO] = measured->recon[i] - measured->kl[i];
}

static void add_squares(const struct elbow_measured *measured, double *sums)
{
    memset(sums, 0, ERRORS_WIDTH * sizeof *sums);
    for (size_t i = 0; i < measured->rows; ++i) {
        double figures[SUM_SQUARES];
        row(measured, i, figures);
        for (size_t f = 0; f < SUM_SQUARES; ++f) {
            sums[SUMS + f] += figures[f];
            sums[SUM_SQUARES + f] += figures[f] * figures[f];
        }
    }
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_model *model = measured->plan->request->model;
    size_t statistics = elbow_model_statistics(model, true);
    memcpy(sums, measured->statistics, statistics * sizeof *sums);
    add_squares(measured, sums + statistics);
    if (wants_residual(model))
        add_residual(measured, sums + statistics + ERRORS_WIDTH);
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    evaluation->latent = plan->latent;
    elbow_model_figures(plan->request->model, sums, true, &evaluation->figures);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ACTIVE_UNITS,
                      (double)elbow_statistics_active(sums, plan->latent));
    const double *squares = sums + elbow_model_statistics(plan->request->model, true);
    const double *residual = squares + ERRORS_WIDTH;
    for (size_t f = 0; f < SUM_SQUARES; ++f)
        if (elbow_measure_gives(plan, figures_of_row[f]))
            elbow_figures_set_error(&evaluation->figures, figures_of_row[f], samples, squares[SUMS + f],
                                    squares[SUM_SQUARES + f]);
    if (wants_residual(plan->request->model) && residual[COUNT] > 0)
        elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_RESIDUAL, residual[SQUARES] / residual[COUNT]);
    if (!elbow_measure_gives(plan, ELBOW_FIGURE_KL))
        return ELBOW_OK;
    evaluation->has_sampled_kl = elbow_model_samples_kl(plan->request->model);
    enum elbow_status status = elbow_allocate(&evaluation->kl, plan->latent, sizeof(double), "the KL", error);
    for (size_t j = 0; status == ELBOW_OK && j < plan->latent; ++j)
        evaluation->kl[j] = sums[ELBOW_STATISTIC_HEAD + j] / samples;
    return status;
}

const struct elbow_measure elbow_measure_elbo = {.figures = figures_of_set,
                                                 .rows = figures_of_row,
                                                 .width = width,
                                                 .microbatch = microbatch,
                                                 .row = row,
                                                 .conclude = conclude};
