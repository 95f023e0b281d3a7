// SPDX-License-Identifier: BSD-3-Clause
// Detects diverging training. If the variance of a Gaussian follows the residual, no number ever becomes infinite, and
// such a run would continue to its end without a warning.
#include "elbow/train/detail/trainer.h"

#include <math.h>

// A model that predicts every value by the mean of the data has a residual of 1 times their variance.
static const double TIMES_VARIANCE = 4;

// An untrained model may also be far above the variance, and then learn; a diverging one is above its least residual.
static const double TIMES_LEAST = 1.5;

// Training recovers if it has at least halved its residual since the previous evaluation.
static const double RECOVERS = 0.5;

// NaN if the residual of predictions by the mean is unknown.
static double variance_of_data(const struct elbow_trainer *trainer)
{
    const struct elbow_dataset *train = &trainer->plan.train;
    const struct elbow_config *config = &trainer->plan.config;
    bool is_alone = elbow_config_likelihood_count(config) == 1;
    if (!is_alone || elbow_config_likelihood(config, 0) != ELBOW_LIKELIHOOD_GAUSSIAN || train->is_synthetic ||
        train->through != NULL || !(train->deviation > 0))
        return NAN;
    return train->deviation * train->deviation;
}

static double residual_of_batch(const struct elbow_engine *engine)
{
    struct elbow_figures last = {0};
    elbow_model_figures(engine->model, engine->sums, false, &last);
    return elbow_figures_get(&last, ELBOW_FIGURE_RESIDUAL);
}

void elbow_trainer_watch_divergence(struct elbow_trainer *trainer, const struct elbow_figures *valid)
{
    const struct elbow_engine *engine = &trainer->engine;
    struct elbow_divergence *seen = &trainer->divergence;
    bool is_last = engine->state.step >= trainer->plan.sequence.last_step;
    double variance = variance_of_data(trainer), before = seen->residual;
    // Validation rows may be of another kind, which no rate can cure: the training data must show the same.
    double trained = residual_of_batch(engine);
    double residual = valid != NULL ? elbow_figures_get(valid, ELBOW_FIGURE_RESIDUAL) : trained;
    bool is_far = variance > 0 && fmin(residual, trained) > fmax(TIMES_VARIANCE * variance, TIMES_LEAST * seen->least);
    seen->least = fmin(seen->least, residual);
    seen->residual = is_far ? residual : 0;
    if (seen->is_said || !is_far || (!is_last && (before == 0 || residual < RECOVERS * before)))
        return;
    seen->is_said = true;
    elbow_log_warn(trainer->plan.log,
                   "step %llu: the mean square residual of the %s, %.4g, is %.3g times the variance of the data "
                   "(predictions by the mean give 1): training diverges; start again with a lower train.rate, a bound "
                   "of the gradient (train.clip: 1) or a longer train.rate_warmup",
                   (unsigned long long)engine->state.step, valid != NULL ? "validation data" : "last batch", residual,
                   residual / variance);
}

void elbow_trainer_begin_divergence(struct elbow_trainer *trainer)
{
    if (trainer->engine.state.step == trainer->first_step + 1)
        trainer->divergence.least = residual_of_batch(&trainer->engine);
}
