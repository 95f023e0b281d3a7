// SPDX-License-Identifier: BSD-3-Clause
// A classifier among the other parts of a model.
#include "elbow/config/detail/check.h"

#include "elbow/config/detail/value.h"

#include <string.h>

// The first setting that excludes a classifier, and the reason: both networks need the class, and each row counts for
// all of its classes.
static const char *reason_against(const struct elbow_config *config, const char **key)
{
    const struct {
        bool is_set;
        const char *key, *reason;
    } all[] = {
        {!elbow_posterior_has_kl((enum elbow_posterior_kind)config->model.posterior), "model.posterior",
         "it has no distribution of z and the class"},
        {config->data.condition.count > 0 && !config->model.condition.encoder, "model.condition.encoder",
         "the encoder needs the class, and with it the condition"},
        {config->data.condition.count > 0 && !config->model.condition.decoder, "model.condition.decoder",
         "the decoder needs the class, and with it the condition"},
        {config->model.condition.prior, "model.condition.prior", "p(z) does not depend on the class"},
        {config->objective.kl == ELBOW_KL_PARTS, "objective.kl: parts",
         "each row counts under all classes, and terms that couple rows would have to couple these, too"},
        {config->objective.penalties != 0, "objective.penalty",
         "each row counts under all classes, and terms that couple rows would have to couple these, too"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        if (all[i].is_set) {
            *key = all[i].key;
            return all[i].reason;
        }
    return NULL;
}

enum elbow_status elbow_check_classifier(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const char *key = NULL;
    if (!elbow_config_has_classifier(config)) {
        bool is_preset =
            elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), "objective", "classifier"), config);
        return is_preset ? ELBOW_OK
                         : elbow_error_set(error, ELBOW_CONFIG,
                                           "%s: objective.classifier without model.classifier; set its layers, or "
                                           "remove it",
                                           name);
    }
    for (size_t i = 0; i < config->data.condition.count; ++i)
        if (strcmp(config->data.condition.entries[i].name, "class") == 0)
            return elbow_error_set(
                error, ELBOW_CONFIG,
                "%s: data.condition.class with model.classifier, whose classes have that name; use another name", name);
    const char *reason = reason_against(config, &key);
    return reason == NULL ? ELBOW_OK
                          : elbow_error_set(error, ELBOW_CONFIG, "%s: %s with model.classifier: %s; remove one of them",
                                            name, key, reason);
}
