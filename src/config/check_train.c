// SPDX-License-Identifier: BSD-3-Clause
// Checks across keys of the objective and of the training.
#include "elbow/config/detail/check.h"
#include "elbow/config/detail/value.h"

#include <inttypes.h>

static enum elbow_status check_schedule(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    if (config->train.schedule == ELBOW_SCHEDULE_STEP && config->train.step_every == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.schedule: step without train.step_every; set it to the number of steps after "
                               "which the rate falls",
                               name);
    if (config->train.schedule == ELBOW_SCHEDULE_COSINE && config->train.schedule_epochs == 0 &&
        config->train.epochs == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.schedule: cosine without an end; set train.schedule_epochs or train.epochs",
                               name);
    const struct elbow_key *rate = elbow_schema_find(elbow_schema_keys(), "train", "rate");
    if (config->train.schedule == ELBOW_SCHEDULE_PIECES && !elbow_value_is_preset(rate, config))
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: train.rate: %g with train.schedule: pieces, which contain the rates; remove train.rate", name,
            config->train.rate);
    return ELBOW_OK;
}

// Keys that a kind of KL does not support.
static enum elbow_status check_kl(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    static const char *const flat[] = {"beta", "warmup", "free_bits"};
    const char *word = elbow_config_choice("objective.kl", config->objective.kl);
    bool is_weighted = config->objective.kl == ELBOW_KL_WEIGHTED;
    for (size_t i = 0; i < sizeof flat / sizeof *flat && !is_weighted; ++i)
        if (!elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), "objective", flat[i]), config))
            return elbow_error_set(
                error, ELBOW_CONFIG,
                "%s: objective.%s with objective.kl: %s, which weights the KL itself; remove one of them", name,
                flat[i], word);
    if (is_weighted && config->objective.ramp == ELBOW_RAMP_CYCLICAL && config->objective.warmup > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: objective.warmup: %" PRId64 " with objective.kl.ramp: cyclical, where the weight "
                               "rises in each cycle; remove one of them",
                               name, config->objective.warmup);
    if (is_weighted && config->objective.free_of == ELBOW_FREE_BATCH && config->objective.free_bits == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: objective.kl.free.of: batch without nats that are free; set objective.kl.free: "
                               "{nats: 0.25, of: batch}, or remove it",
                               name);
    return ELBOW_OK;
}

enum { POINTS_MAX = 1 << 24 }; // rows of a decoder's pass

enum elbow_status elbow_check_train(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    if (config->train.epochs == 0 && config->train.steps == 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: train.epochs and train.steps are both 0, so the run would have no steps; set one of them", name);
    if (config->train.microbatch > config->train.batch)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.microbatch: %" PRId64 " is more than train.batch, %" PRId64
                               "; make it smaller, or the batch larger",
                               name, config->train.microbatch, config->train.batch);
    if (config->train.microbatch * config->objective.draws > POINTS_MAX)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.microbatch: %" PRId64 " with objective.draws: %" PRId64
                               " is more than %d draws in a pass; make one of them smaller",
                               name, config->train.microbatch, config->objective.draws, POINTS_MAX);
    bool has_valid = *config->data.valid || config->data.valid_share > 0;
    if (config->train.patience > 0 && (!has_valid || config->eval.every == 0))
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: train.patience: counts evaluations, but there are none; set data.valid and eval.every", name);
    if (config->train.second_moment > 0 && config->train.optimizer == ELBOW_OPTIMIZER_SGD)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.second_moment: %g with train.optimizer: sgd, which has none; remove it, or "
                               "use adam, adamw or rmsprop",
                               name, config->train.second_moment);
    enum elbow_status status = check_schedule(config, name, error);
    return status == ELBOW_OK ? check_kl(config, name, error) : status;
}
