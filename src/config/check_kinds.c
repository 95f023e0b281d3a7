// SPDX-License-Identifier: BSD-3-Clause
// Requirements of the kinds of a model on each other.
#include "elbow/config/detail/check.h"

#include "elbow/config/detail/value.h"

#include <inttypes.h>

// Settings that weigh or measure a KL need one.
static enum elbow_status check_posterior(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    static const char *const of_kl[][2] = {{"model", "prior"},    {"objective", "bound"},  {"objective", "kl"},
                                           {"objective", "beta"}, {"objective", "warmup"}, {"objective", "free_bits"}};
    enum elbow_posterior_kind kind = (enum elbow_posterior_kind)config->model.posterior;
    for (size_t i = 0; !elbow_posterior_has_kl(kind) && i < sizeof of_kl / sizeof *of_kl; ++i)
        if (!elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), of_kl[i][0], of_kl[i][1]), config))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: %s.%s: model.posterior: %s has no KL for it; remove it, or set "
                                   "model.posterior: diagonal",
                                   name, of_kl[i][0], of_kl[i][1], elbow_posterior_kinds[kind].name);
    if (!elbow_posterior_has_kl(kind) && config->objective.draws > 1)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: objective.draws: %" PRId64 ": model.posterior: %s draws no z; remove it, or set "
                               "model.posterior: diagonal",
                               name, config->objective.draws, elbow_posterior_kinds[kind].name);
    if (!elbow_posterior_has_kl(kind) && (config->objective.penalties >> ELBOW_PENALTY_DIP & 1) != 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: objective.penalty: dip: needs the means and variances of a diagonal posterior; remove "
            "it, or set model.posterior: diagonal",
            name);
    return ELBOW_OK;
}

// Bounds of log-variances; a covariance that may be any.
static enum elbow_status check_variances(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_dip = (config->objective.penalties >> ELBOW_PENALTY_DIP & 1) != 0;
    const char *other = config->objective.kl == ELBOW_KL_PARTS ? "objective.kl: parts"
                        : has_dip && config->objective.penalty_options.dip_of == ELBOW_DIP_LATENTS
                            ? "objective.penalty: dip of latents"
                            : NULL;
    const struct elbow_posterior_options *options = &config->model.posterior_options;
    if (options->has_least && options->has_most && !(options->least < options->most))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.posterior: least_log_variance: %g is not below most_log_variance: %g; set it "
                               "lower",
                               name, options->least, options->most);
    if (config->model.posterior != ELBOW_POSTERIOR_FULL)
        return ELBOW_OK;
    if (config->model.latent > ELBOW_FULL_LATENT_MAX)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: model.latent: %lld with model.posterior: full, whose head has Z (Z + 3) / 2 outputs: "
            "at most %d; set fewer, or model.posterior: diagonal",
            name, (long long)config->model.latent, ELBOW_FULL_LATENT_MAX);
    if (other == NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: %s: needs the variances of a diagonal posterior; remove it, or set model.posterior: "
                           "diagonal",
                           name, other);
}

// A transform for the encoder is one of numbers that are stored.
static enum elbow_status check_input(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    enum elbow_transform_kind kind = (enum elbow_transform_kind)config->model.input.transform;
    const char *word = elbow_config_choice("data.transform", (int)kind);
    if (kind == ELBOW_TRANSFORM_NONE)
        return ELBOW_OK;
    if (config->data.synthetic > 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: model.input.transform: %s with data.synthetic: noise is used as it is drawn; remove "
            "one of them",
            name, word);
    if (config->data.binarize != ELBOW_BINARIZE_NONE)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.input.transform: %s with data.binarize: %s, which leaves zeros and ones; "
                               "remove one of them",
                               name, word, elbow_config_choice("data.binarize", config->data.binarize));
    return ELBOW_OK;
}

// Terms that use the z of several rows together need one prior for all rows.
static enum elbow_status check_coupled(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_parts = config->objective.kl == ELBOW_KL_PARTS;
    bool has_mmd = (config->objective.penalties >> ELBOW_PENALTY_MMD & 1) != 0;
    if (!config->model.condition.prior || (!has_parts && !has_mmd))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: objective.%s: needs one prior for all rows, but model.condition.prior: true gives each "
                           "row its own; remove one of them",
                           name, has_parts ? "kl: parts" : "penalty: mmd");
}

// The importance-weighted bound is a bound of log p(x), and no part of it can be weighted.
static enum elbow_status check_importance(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error)
{
    static const char *const weighing[] = {"kl", "beta", "warmup", "free_bits", "penalty"};
    if (config->objective.bound != ELBOW_OBJECTIVE_IMPORTANCE)
        return ELBOW_OK;
    for (size_t i = 0; i < sizeof weighing / sizeof *weighing; ++i)
        if (!elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), "objective", weighing[i]), config))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: objective.%s with objective.bound: importance, which weights whole draws by "
                                   "p(x, z) / q(z|x), so no part can have a weight of its own; remove one of them",
                                   name, weighing[i]);
    if (config->model.condition.prior)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: objective.bound: importance: needs one prior for all rows, but "
                               "model.condition.prior: true gives each row its own; remove one of them",
                               name);
    return ELBOW_OK;
}

// Pseudo-inputs go through the encoder as data do. They consist of values only, and give a diagonal posterior.
static enum elbow_status check_pseudo_inputs(const struct elbow_config *config, const char *name,
                                             struct elbow_error *error)
{
    const char *what = config->model.input.mask ? "model.input.mask: true"
                       : config->data.condition.count > 0 && config->model.condition.encoder
                           ? "model.condition.encoder: true"
                       : config->model.classifier.count > 0 ? "model.classifier"
                                                            : NULL;
    if (config->model.prior != ELBOW_PRIOR_VAMP)
        return ELBOW_OK;
    if (what != NULL)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: %s with model.prior: vamp, whose pseudo-inputs consist of values only; remove one of them", name,
            what);
    if (config->model.posterior != ELBOW_POSTERIOR_DIAGONAL)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.posterior: %s with model.prior: vamp, whose components are diagonal; set "
                               "model.posterior: diagonal, or another prior",
                               name, elbow_posterior_kinds[config->model.posterior].name);
    return ELBOW_OK;
}

// A sampled KL cannot be split by dimension, and a mixture excludes another prior.
static enum elbow_status check_mixture(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_mmd = (config->objective.penalties >> ELBOW_PENALTY_MMD & 1) != 0;
    if (config->model.prior != ELBOW_PRIOR_MIXTURE && config->model.prior != ELBOW_PRIOR_VAMP)
        return ELBOW_OK;
    if (config->objective.free_bits > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: objective.free_bits: %g with model.prior: %s, whose KL is sampled and belongs to "
                               "no dimension; remove one of them",
                               name, config->objective.free_bits, elbow_prior_kinds[config->model.prior].name);
    if (has_mmd || config->model.condition.prior)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: %s: assumes the standard prior, but model.prior is a mixture; remove one of them",
                               name, has_mmd ? "objective.penalty: mmd" : "model.condition.prior");
    return ELBOW_OK;
}

enum elbow_status elbow_check_kinds(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    enum elbow_status status = check_posterior(config, name, error);
    if (status == ELBOW_OK)
        status = check_variances(config, name, error);
    if (status == ELBOW_OK)
        status = check_input(config, name, error);
    if (status == ELBOW_OK)
        status = check_mixture(config, name, error);
    if (status == ELBOW_OK)
        status = check_importance(config, name, error);
    if (status == ELBOW_OK)
        status = check_pseudo_inputs(config, name, error);
    return status == ELBOW_OK ? check_coupled(config, name, error) : status;
}
