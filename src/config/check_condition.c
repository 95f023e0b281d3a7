// SPDX-License-Identifier: BSD-3-Clause
// Checks of conditions: keys that need, exclude or complete each other.
#include "elbow/config/detail/check.h"

#include "elbow/config/detail/value.h"

#include <inttypes.h>
#include <string.h>

static enum elbow_status check_places(const struct elbow_config *config, const char *name, const char *key,
                                      const struct elbow_named *named, const char *rows, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < named->count && status == ELBOW_OK; ++i) {
        char full[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(full, key, named->entries[i].name);
        status = elbow_config_check_location(config, name, full, named->entries[i].dataset,
                                             elbow_places_are_several(rows), error);
    }
    return status;
}

static bool has_name(const struct elbow_named *named, const char *name)
{
    for (size_t i = 0; i < named->count; ++i)
        if (strcmp(named->entries[i].name, name) == 0)
            return true;
    return false;
}

// The rows of data.valid have the same conditions as those of data.train. A share of the training rows uses theirs.
static enum elbow_status check_valid(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_named *train = &config->data.condition, *valid = &config->data.valid_condition;
    if (valid->count > 0 && !*config->data.valid)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.valid_condition without a dataset as data.valid%s; remove it", name,
                               config->data.valid_share > 0 ? ": a share has the conditions of data.condition" : "");
    for (size_t i = 0; i < train->count && *config->data.valid; ++i)
        if (!has_name(valid, train->entries[i].name))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: data.valid_condition lacks %s, which data.condition has; add its dataset", name,
                                   train->entries[i].name);
    for (size_t i = 0; i < valid->count; ++i)
        if (!has_name(train, valid->entries[i].name))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: data.valid_condition.%s is not in data.condition; remove it, or train with it, "
                                   "too",
                                   name, valid->entries[i].name);
    return ELBOW_OK;
}

static enum elbow_status check_model(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    static const struct elbow_key key = {
        .name = "condition", .type = ELBOW_KEY_MAP, .kinds = elbow_condition_options, .preset = "{}"};
    bool in_networks = config->model.condition.encoder || config->model.condition.decoder;
    if (config->data.condition.count == 0 && !elbow_value_is_preset(&key, config))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.condition without data.condition; set data.condition, or remove it", name);
    if (config->data.condition.count > 0 && !in_networks && !config->model.condition.prior)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.condition: neither encoder, decoder nor prior takes data.condition; set one "
                               "of them to true, or remove data.condition",
                               name);
    if (config->model.condition.prior && !elbow_posterior_has_kl((enum elbow_posterior_kind)config->model.posterior))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.condition.prior: true with model.posterior: %s, which has no prior; remove "
                               "one of them",
                               name, elbow_config_choice("model.posterior", config->model.posterior));
    if (config->model.condition.every_layer && !in_networks)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: model.condition.every_layer: true with neither encoder nor decoder; set one of them "
            "to true, or remove it",
            name);
    return ELBOW_OK;
}

enum elbow_status elbow_config_check_condition(const struct elbow_config *config, const char *name,
                                               struct elbow_error *error)
{
    if (config->data.synthetic > 0 && config->data.condition.count + config->data.valid_condition.count > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.synthetic: %" PRId64
                               " together with data.condition; noise has no files, remove "
                               "one of them",
                               name, config->data.synthetic);
    enum elbow_status status =
        check_places(config, name, "condition", &config->data.condition, config->data.train, error);
    if (status == ELBOW_OK)
        status =
            check_places(config, name, "valid_condition", &config->data.valid_condition, config->data.valid, error);
    if (status == ELBOW_OK)
        status = check_valid(config, name, error);
    return status == ELBOW_OK ? check_model(config, name, error) : status;
}
