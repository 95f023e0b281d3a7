// SPDX-License-Identifier: BSD-3-Clause
// Labels in training: only a classifier reads them.
#include "elbow/config/detail/check.h"

#include <inttypes.h>

enum elbow_status elbow_check_labels(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_classifier = elbow_config_has_classifier(config);
    if (config->data.labelled > 0 && !has_classifier)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.labelled: %" PRId64
            " without model.classifier, the only part that is trained with labels; set model.classifier, "
            "or remove it",
            name, config->data.labelled);
    if (has_classifier && config->data.labels[0] == '\0')
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.classifier without data.labels, from which it learns; set data.labels, or "
                               "remove it",
                               name);
    return ELBOW_OK;
}
