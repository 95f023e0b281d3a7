// SPDX-License-Identifier: BSD-3-Clause
// The importance-sampled log-likelihood and the effective number of its samples (elbow/vae/objective.h).
#include "elbow/evaluate/detail/measure.h"

#include <string.h>

enum { LOG_LIKELIHOOD, EFFECTIVE, WIDTH };        // of a row
enum { SQUARES = WIDTH, SUMS = SQUARES + WIDTH }; // of the vector: sums, and sums of squares

static const enum elbow_figure_kind figures_of_set[] = {ELBOW_FIGURE_IMPORTANCE, ELBOW_FIGURE_LOG_LIKELIHOOD,
                                                        ELBOW_FIGURE_EFFECTIVE_SAMPLES, ELBOW_FIGURES};
static const enum elbow_figure_kind figures_of_row[] = {[LOG_LIKELIHOOD] = ELBOW_FIGURE_LOG_LIKELIHOOD,
                                                        [EFFECTIVE] = ELBOW_FIGURE_EFFECTIVE_SAMPLES,
                                                        [WIDTH] = ELBOW_FIGURES};

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->importance > 0 ? SUMS : 0;
}

// The weights of each row: K draws keyed by (sample, draw), one after the other, so that memory does not grow with K.
static void weigh_draws(const struct elbow_measured *measured, const float *head)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    size_t rows = measured->rows;
    for (int64_t draw = 0; draw < request->importance; ++draw) {
        elbow_batch_noise((uint64_t)request->config->seed, ELBOW_PURPOSE_IMPORTANCE, (uint32_t)draw, rows,
                          measured->microbatch.about.ids, measured->plan->latent, measured->collated.noise);
        elbow_model_importance(request->model, request->parameters, measured->microbatch, head, measured->weights);
    }
}

// With a classifier p(x) is the sum of p(x, y): K draws under each of C classes, all of which are equally probable.
static void weigh(const struct elbow_measured *measured)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    struct elbow_model *model = request->model;
    memset(measured->weights, 0, measured->rows * sizeof *measured->weights);
    if (model->classes == 1) {
        weigh_draws(measured, measured->head);
        return;
    }
    for (size_t y = 0; y < model->classes; ++y)
        weigh_draws(measured, elbow_model_encode_as(model, request->parameters, &measured->microbatch, (int64_t)y));
    (void)elbow_model_encode(model, request->parameters, &measured->microbatch); // restores the encoding
}

static void row(const struct elbow_measured *measured, size_t i, double *figures)
{
    figures[LOG_LIKELIHOOD] = elbow_importance_log_likelihood(&measured->weights[i]);
    figures[EFFECTIVE] = elbow_importance_effective(&measured->weights[i]);
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    weigh(measured);
    memset(sums, 0, SUMS * sizeof *sums);
    for (size_t i = 0; i < measured->rows; ++i) {
        double figures[WIDTH];
        row(measured, i, figures);
        for (size_t f = 0; f < WIDTH; ++f) {
            sums[f] += figures[f];
            sums[SQUARES + f] += figures[f] * figures[f];
        }
    }
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)error;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_IMPORTANCE, (double)plan->request->importance);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD, sums[LOG_LIKELIHOOD] / samples);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_EFFECTIVE_SAMPLES, sums[EFFECTIVE] / samples);
    for (size_t f = 0; f < WIDTH; ++f)
        elbow_figures_set_error(&evaluation->figures, figures_of_row[f], samples, sums[f], sums[SQUARES + f]);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_importance = {.figures = figures_of_set,
                                                       .rows = figures_of_row,
                                                       .width = width,
                                                       .microbatch = microbatch,
                                                       .row = row,
                                                       .conclude = conclude};
