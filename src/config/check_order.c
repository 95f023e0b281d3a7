// SPDX-License-Identifier: BSD-3-Clause
// The order of the training rows, and their place.
#include "elbow/config/detail/check.h"
#include "elbow/config/detail/value.h"

// Keys of an order that has them.
static enum elbow_status check_pages(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_windows = config->data.order == ELBOW_ORDER_WINDOWS, has_pages = config->data.order != ELBOW_ORDER_FULL;
    const char *word = elbow_config_choice("data.order", config->data.order);
    if (!has_windows && !elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), "data", "window_pages"), config))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.window_pages with data.order: %s, which has no windows; set data.order: "
                               "windows, or remove it",
                               name, word);
    if (!has_pages && config->data.page_rows > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.page_rows with data.order: full, which has no pages; set data.order: segments "
                               "or windows, or remove it",
                               name);
    return ELBOW_OK;
}

enum elbow_status elbow_check_order(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    enum elbow_status status = check_pages(config, name, error);
    bool is_stream = config->data.access == ELBOW_ACCESS_STREAM;
    if (status != ELBOW_OK || (config->data.access != ELBOW_ACCESS_SHARD && !is_stream))
        return status;
    const char *word = elbow_config_choice("data.access", config->data.access);
    if (config->data.synthetic > 0 || config->data.through[0] != 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.access: %s with data.%s, whose rows are in the memory of each node; remove it",
                               name, word, config->data.synthetic > 0 ? "synthetic" : "through");
    if (config->data.order == ELBOW_ORDER_FULL)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.access: %s with data.order: full, which takes rows from anywhere in the set; "
                               "set data.order: windows%s (other bits), or data.access: resident",
                               name, word, is_stream ? "" : " or segments");
    if (is_stream && config->data.order == ELBOW_ORDER_SEGMENTS)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.access: stream with data.order: segments, which takes rows from anywhere in a "
                               "segment; set data.order: windows (other bits), or data.access: shard",
                               name);
    return ELBOW_OK;
}
