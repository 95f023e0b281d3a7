// SPDX-License-Identifier: BSD-3-Clause
// The importance-sampled log-likelihood and the effective number of its samples (elbow/vae/objective.h).
#include "elbow/evaluate/detail/measure.h"

#include <string.h>

enum { LOG_LIKELIHOOD, EFFECTIVE, WIDTH };

static size_t width(const struct elbow_measure_plan *plan)
{
    return plan->request->importance > 0 ? WIDTH : 0;
}

void elbow_evaluation_importance(struct elbow_model *model, const float *parameters, const struct elbow_config *config,
                                 size_t rows, const uint64_t *ids, const float *values, const float *head,
                                 int64_t draws, float *noise, struct elbow_importance *importance)
{
    memset(importance, 0, rows * sizeof *importance);
    for (int64_t draw = 0; draw < draws; ++draw) {
        elbow_batch_noise((uint64_t)config->seed, ELBOW_PURPOSE_IMPORTANCE, (uint32_t)draw, rows, ids, model->latent,
                          noise);
        struct elbow_microbatch microbatch = {.rows = rows, .values = values, .noise = noise};
        elbow_model_importance(model, parameters, microbatch, head, importance);
    }
}

static void microbatch(const struct elbow_measured *measured, double *sums)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    elbow_evaluation_importance(request->model, request->parameters, request->config, measured->rows, measured->ids,
                                measured->values, measured->head, request->importance, measured->noise,
                                measured->weights);
    sums[LOG_LIKELIHOOD] = sums[EFFECTIVE] = 0;
    for (size_t i = 0; i < measured->rows; ++i) {
        sums[LOG_LIKELIHOOD] += elbow_importance_log_likelihood(&measured->weights[i]);
        sums[EFFECTIVE] += elbow_importance_effective(&measured->weights[i]);
    }
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)error;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_IMPORTANCE, (double)plan->request->importance);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_LOG_LIKELIHOOD, sums[LOG_LIKELIHOOD] / samples);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_EFFECTIVE_SAMPLES, sums[EFFECTIVE] / samples);
    return ELBOW_OK;
}

const struct elbow_measure elbow_measure_importance = {width, microbatch, conclude};
