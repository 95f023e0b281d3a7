// SPDX-License-Identifier: BSD-3-Clause
// Checks across keys: keys that need, exclude or complete each other.
//
// Invariant: a configuration that passed has one source of training data, a microbatch from 1 to batch, an end, and no
// keys that contradict each other. Checking it again changes nothing.
#include "elbow/config/config.h"

#include "elbow/config/detail/check.h"
#include "elbow/config/detail/value.h"

#include <inttypes.h>
#include <string.h>

enum { MICROBATCH_DEFAULT = 64 };

// All places of a key. Places of labels may omit the file beside several files of rows; so may channels after the first
// one.
static enum elbow_status check_places(const struct elbow_config *config, const char *name, const char *key,
                                      const char *places, const char *rows, struct elbow_error *error)
{
    struct elbow_place_of place = {.next = places};
    enum elbow_status status = ELBOW_OK;
    bool is_beside = rows != NULL && elbow_places_are_several(rows);
    while (status == ELBOW_OK && elbow_places_next(&place))
        status = elbow_config_check_location(config, name, key, place.location, is_beside || place.channel > 0, error);
    return status;
}

static enum elbow_status check_synthetic(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    struct {
        const char *key, *value;
    } sources[] = {{"file", config->data.file},
                   {"valid", config->data.valid},
                   {"labels", config->data.labels},
                   {"valid_labels", config->data.valid_labels},
                   {"groups", config->data.groups},
                   {"rows", config->data.rows.dataset},
                   {"weights", config->data.weights},
                   {"names", config->data.names},
                   {"valid_names", config->data.valid_names},
                   {"size", config->data.size},
                   {"valid_size", config->data.valid_size},
                   {"mask", config->data.mask},
                   {"valid_mask", config->data.valid_mask},
                   {"missing", config->data.missing != ELBOW_MISSING_REFUSE ? "rule" : ""},
                   {"valid", config->data.valid_share > 0 ? "share" : ""},
                   {"rows", config->data.rows.is_range ? "range" : ""},
                   {"series", config->data.series.length > 0 ? "series" : ""}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; ++i)
        if (*sources[i].value)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: data.synthetic: %" PRId64
                                   " together with data.%s; noise has no files, remove one "
                                   "of them",
                                   name, config->data.synthetic, sources[i].key);
    if (config->data.columns.count > 0 || config->data.transpose)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.synthetic: %" PRId64 " together with data.%s; noise is not stored, remove one "
                               "of them",
                               name, config->data.synthetic, config->data.transpose ? "transpose" : "columns");
    if (strstr(config->data.train, ":/") || elbow_places_channels(config->data.train) > 1)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.synthetic: %" PRId64 " together with data.train %.200s; remove one of them",
                               name, config->data.synthetic, config->data.train);
    return ELBOW_OK;
}

// The axes of a sample.
static enum elbow_status check_axes(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_integers *shape = &config->data.shape;
    uint64_t values = 1;
    for (size_t i = 0; i < shape->count; ++i)
        if (__builtin_mul_overflow(values, (uint64_t)shape->values[i], &values))
            values = UINT64_MAX;
    if (values > ELBOW_VALUES_MAX)
        return elbow_error_set(error, ELBOW_CONFIG, "%s: data.shape: makes %" PRIu64 " values, expected at most %d",
                               name, values, ELBOW_VALUES_MAX);
    if (config->data.channels != ELBOW_CHANNELS_FIRST)
        return ELBOW_OK;
    if (elbow_places_channels(config->data.train) > 1 || elbow_places_channels(config->data.valid) > 1)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.channels: first with {channels: [...]}, which joins datasets as the last axis; "
            "remove one of them",
            name);
    if (config->data.columns.count > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.channels: first with data.columns, which are of flat rows; remove one of them",
                               name);
    if (config->data.layout == ELBOW_LAYOUT_ROWS)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.channels: first with data.layout: rows, which have no channels; remove one of "
                               "them",
                               name);
    if (config->data.synthetic > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.channels: first with data.synthetic: noise is not stored; remove "
                               "data.channels, and give data.shape with the channels last",
                               name);
    return ELBOW_OK;
}

// Datasets beside the rows of data.valid need a dataset as data.valid. A share uses those beside the training rows.
static enum elbow_status check_companions(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error)
{
    const struct {
        const char *key, *value, *verb;
    } beside[] = {{"labels", config->data.valid_labels, "are"},
                  {"names", config->data.valid_names, "are"},
                  {"size", config->data.valid_size, "is"},
                  {"mask", config->data.valid_mask, "is"}};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; ++i) {
        if (*beside[i].value && config->data.valid_share > 0)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: data.valid_%s with data.valid: %g, a share of the training rows, whose %s %s "
                                   "data.%s; remove data.valid_%s",
                                   name, beside[i].key, config->data.valid_share, beside[i].key, beside[i].verb,
                                   beside[i].key, beside[i].key);
        if (*beside[i].value && !*config->data.valid)
            return elbow_error_set(error, ELBOW_CONFIG, "%s: data.valid_%s without data.valid; set data.valid, too",
                                   name, beside[i].key);
    }
    return ELBOW_OK;
}

// The selection of rows, and the windows cut from them.
static enum elbow_status check_selection(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_time = config->data.layout == ELBOW_LAYOUT_AUTO || config->data.layout == ELBOW_LAYOUT_SERIES ||
                    config->data.layout == ELBOW_LAYOUT_ROWS;
    if (*config->data.groups && config->data.valid_share == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.groups without a share to hold back; set data.valid: 0.1, or remove it", name);
    if (config->data.split_seed != 0 && config->data.valid_share == 0 && config->data.labelled == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.split_seed without a share to hold back; set data.valid: 0.1, or remove it",
                               name);
    if (config->data.series.length > 0 && config->data.shape.count > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.series with data.shape: series are stored as (rows, time) or (rows, time, "
                               "channels), not flat; remove one of them",
                               name);
    if (config->data.series.length > 0 && !has_time)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.series with data.layout: %s, which has no axis of time; set data.layout: "
                               "series, or remove one of them",
                               name, elbow_config_choice("data.layout", config->data.layout));
    return ELBOW_OK;
}

static enum elbow_status check_data(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    enum elbow_status axes = check_axes(config, name, error);
    if (axes != ELBOW_OK)
        return axes;
    if (config->data.synthetic > 0)
        return check_synthetic(config, name, error);
    if (!*config->data.train || (!*config->data.file && !strstr(config->data.train, ":/")))
        return elbow_places_refuse_none(config->data.train, name, error);
    const struct {
        const char *key, *value, *rows;
    } places[] = {{"train", config->data.train, NULL},
                  {"valid", config->data.valid, NULL},
                  {"labels", config->data.labels, config->data.train},
                  {"valid_labels", config->data.valid_labels, config->data.valid},
                  {"groups", config->data.groups, config->data.train},
                  {"rows", config->data.rows.dataset, config->data.train},
                  {"weights", config->data.weights, config->data.train},
                  {"names", config->data.names, config->data.train},
                  {"valid_names", config->data.valid_names, config->data.valid},
                  {"size", config->data.size, config->data.train},
                  {"valid_size", config->data.valid_size, config->data.valid},
                  {"mask", config->data.mask, config->data.train},
                  {"valid_mask", config->data.valid_mask, config->data.valid}};
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        enum elbow_status status = check_places(config, name, places[i].key, places[i].value, places[i].rows, error);
        if (status != ELBOW_OK)
            return status;
    }
    enum elbow_status status = check_companions(config, name, error);
    return status == ELBOW_OK ? check_selection(config, name, error) : status;
}

enum elbow_status elbow_config_finish(struct elbow_config *config, const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(config != NULL && name != NULL);
    enum elbow_status status = check_data(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_config_check_condition(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_labels(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_through(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_order(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_likelihoods(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_kinds(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_classifier(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_transform(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_dequantize(config, name, error);
    if (status == ELBOW_OK)
        status = elbow_check_train(config, name, error);
    if (status == ELBOW_OK && config->data.series.length > 0 && config->data.layout == ELBOW_LAYOUT_AUTO)
        config->data.layout = ELBOW_LAYOUT_SERIES;
    if (status == ELBOW_OK && config->train.microbatch == 0)
        config->train.microbatch = config->train.batch < MICROBATCH_DEFAULT ? config->train.batch : MICROBATCH_DEFAULT;
    return status;
}
