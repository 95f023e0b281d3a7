// SPDX-License-Identifier: BSD-3-Clause
// What no single key can tell: which keys need, exclude or complete each other.
//
// Invariant: a configuration that passed has one source of training data, a microbatch from 1 to batch, an end, and no
// key that contradicts another. Checking it again changes nothing.
#include "elbow/config/config.h"

#include "elbow/config/detail/value.h"

#include <inttypes.h>
#include <string.h>

enum { MICROBATCH_DEFAULT = 64 };

bool elbow_config_locate(const char *file, const char *location, elbow_path found_file, elbow_path found_dataset)
{
    ELBOW_CHECK(file != NULL && location != NULL);
    const char *cut = NULL; // the last ":/": a file's name may hold one, too
    for (const char *next = strstr(location, ":/"); next; next = strstr(next + 1, ":/"))
        cut = next;
    const char *dataset = cut ? cut + 1 : location;
    size_t file_length = cut ? (size_t)(cut - location) : strlen(file);
    size_t dataset_length = strlen(dataset);
    memset(found_file, 0, ELBOW_PATH_SIZE);
    memset(found_dataset, 0, ELBOW_PATH_SIZE);
    if (file_length >= ELBOW_PATH_SIZE || dataset_length >= ELBOW_PATH_SIZE)
        return false;
    memcpy(found_file, cut ? location : file, file_length);
    memcpy(found_dataset, dataset, dataset_length);
    return true;
}

// A place; `is_bare`: the dataset may do without a file.
static enum elbow_status check_location(const struct elbow_config *config, const char *name, const char *key,
                                        const char *location, bool is_bare, struct elbow_error *error)
{
    elbow_path file, dataset;
    ELBOW_CHECK(elbow_config_locate(config->data.file, location, file, dataset)); // both were bounded when read
    if (dataset[0] != '/' || !dataset[1])
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.%s: found '%.200s', expected a dataset such as /train/images or FILE:/train/images", name, key,
            location);
    if (!*file && !is_bare)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.%s: no file for the dataset %.200s; set data.file, or write FILE:%.200s", name,
                               key, location, location);
    return ELBOW_OK;
}

// All places of a key. Those of labels may be bare beside several files of rows; channels beside those of the first.
static enum elbow_status check_places(const struct elbow_config *config, const char *name, const char *key,
                                      const char *places, const char *rows, struct elbow_error *error)
{
    struct elbow_place_of place = {.next = places};
    enum elbow_status status = ELBOW_OK;
    bool is_beside = rows != NULL && elbow_places_are_several(rows);
    while (status == ELBOW_OK && elbow_places_next(&place))
        status = check_location(config, name, key, place.location, is_beside || place.channel > 0, error);
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

// What lies beside the rows of data.valid needs a dataset there: a share has what lies beside the training rows.
static enum elbow_status check_companions(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error)
{
    const struct {
        const char *key, *value, *verb;
    } beside[] = {{"labels", config->data.valid_labels, "are"},
                  {"names", config->data.valid_names, "are"},
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

// Which rows are the samples, and what is cut out of them.
static enum elbow_status check_selection(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    bool has_time = config->data.layout == ELBOW_LAYOUT_AUTO || config->data.layout == ELBOW_LAYOUT_SERIES ||
                    config->data.layout == ELBOW_LAYOUT_ROWS;
    if (*config->data.groups && config->data.valid_share == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.groups without a share to hold back; set data.valid: 0.1, or remove it", name);
    if (config->data.split_seed != 0 && config->data.valid_share == 0)
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

struct elbow_demand elbow_config_demand(const struct elbow_config *config)
{
    enum elbow_likelihood_kind kind = (enum elbow_likelihood_kind)config->model.likelihood;
    if (config->data.binarize == ELBOW_BINARIZE_NONE)
        return (struct elbow_demand){.support = elbow_likelihood_support(kind),
                                     .key = "model.likelihood",
                                     .word = elbow_likelihood_kinds[kind].name,
                                     .is_whole = config->data.dequantize,
                                     .most = elbow_likelihood_most(kind, &config->model.likelihood_options)};
    bool is_sampled = config->data.binarize == ELBOW_BINARIZE_SAMPLE; // a value is a probability
    return (struct elbow_demand){.support = is_sampled ? ELBOW_SUPPORT_UNIT : ELBOW_SUPPORT_REAL,
                                 .key = "data.binarize",
                                 .word = elbow_config_choice("data.binarize", config->data.binarize)};
}

// What is said of a variance has to be of the one that is chosen.
static enum elbow_status check_variance(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_kind_schema *kind = &elbow_likelihood_kinds[config->model.likelihood];
    const struct elbow_likelihood_options *options = &config->model.likelihood_options;
    const struct elbow_key *floor = elbow_schema_find(kind->keys, "", "floor");
    bool is_word = options->variance_from != ELBOW_NUMBER_FIXED;
    bool is_learned = options->variance_from == ELBOW_NUMBER_LEARNED;
    if (!floor)
        return ELBOW_OK;
    if (is_word && (options->learn_variance || (options->variance != 0 && (!is_learned || options->has_start))))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.variance: %s, and a number for it, too (model.variance, "
                               "model.learn_variance or {learned: START}); leave that out, and give start where it is "
                               "learned",
                               name, kind->name, elbow_value_number_word(options->variance_from));
    if (options->has_start && !is_learned)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.start: is for variance: learned; set that, or remove it", name,
                               kind->name);
    double start = options->has_start ? options->start : options->variance; // 0: the data say
    if (is_learned && start > 0 && start < options->floor)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.start: %g is below the floor, %g; set it higher, or the floor "
                               "lower",
                               name, kind->name, start, options->floor);
    if (!is_word && !elbow_value_is_preset(floor, config))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.floor: a variance that is given as a number has none; set "
                               "variance: optimal, or remove the floor",
                               name, kind->name);
    return ELBOW_OK;
}

// A size of the data needs some.
static enum elbow_status check_size(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_kind_schema *kind = &elbow_likelihood_kinds[config->model.likelihood];
    if (!elbow_schema_find(kind->keys, "", "size") || config->model.likelihood_options.size != ELBOW_SIZE_DATA)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: model.likelihood.%s.size: data without data.size; set size: total, the sum of the row",
                           name, kind->name);
}

// Noise is for whole numbers that a density scores.
static enum elbow_status check_dequantize(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error)
{
    enum elbow_likelihood_kind kind = (enum elbow_likelihood_kind)config->model.likelihood;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    if (!config->data.dequantize)
        return ELBOW_OK;
    if (config->data.synthetic > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.dequantize: true with data.synthetic: noise is not stored; remove one of them",
                               name);
    if (config->data.binarize != ELBOW_BINARIZE_NONE)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.dequantize: true with data.binarize: %s, which makes zeros and ones of the "
                               "values; remove one of them",
                               name, elbow_config_choice("data.binarize", config->data.binarize));
    if (elbow_likelihood_support(kind) == ELBOW_SUPPORT_REAL)
        return ELBOW_OK;
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.dequantize: true with a %s likelihood, which is for %s; remove it, or set "
                           "model.likelihood: %s",
                           name, elbow_likelihood_kinds[kind].name, elbow_support_name(elbow_likelihood_support(kind)),
                           words);
}

static enum elbow_status check_model(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_kind_schema *likelihood = &elbow_likelihood_kinds[config->model.likelihood];
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    if (config->model.likelihood_options.learn_variance && !elbow_schema_find(likelihood->keys, "", "variance"))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.learn_variance: a %s likelihood has no variance; set model.likelihood: "
                               "gaussian, or remove it",
                               name, likelihood->name);
    enum elbow_status status = check_variance(config, name, error);
    if (status == ELBOW_OK)
        status = check_size(config, name, error);
    if (status != ELBOW_OK || config->data.binarize == ELBOW_BINARIZE_NONE ||
        elbow_likelihood_support((enum elbow_likelihood_kind)config->model.likelihood) == ELBOW_SUPPORT_BINARY)
        return status;
    elbow_config_likelihoods(ELBOW_SUPPORT_BINARY, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.binarize: %s with a %s likelihood, which is not for zeros and ones; set "
                           "data.binarize: none or model.likelihood: %s",
                           name, elbow_config_choice("data.binarize", config->data.binarize), likelihood->name, words);
}

// Whether values that a transform makes may be of a support: it depends on the data where this is true.
static bool may_make(enum elbow_transform_kind kind, enum elbow_support support)
{
#define BELOW_ZERO(name, word, below_zero) [name] = (below_zero),
    static const bool is_below_zero[] = {ELBOW_TRANSFORM_LIST(BELOW_ZERO)};
#undef BELOW_ZERO
    if (kind == ELBOW_TRANSFORM_NONE || support == ELBOW_SUPPORT_REAL)
        return true;
    return support != ELBOW_SUPPORT_COUNT && support != ELBOW_SUPPORT_LEVEL && !is_below_zero[kind];
}

static enum elbow_status check_transform(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    enum elbow_transform_kind kind = (enum elbow_transform_kind)config->data.transform;
    const char *word = elbow_config_choice("data.transform", config->data.transform);
    struct elbow_demand demand = elbow_config_demand(config);
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    if (kind != ELBOW_TRANSFORM_NONE && config->data.synthetic > 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.transform: %s with data.synthetic: noise is used as it is drawn; remove one of "
            "them",
            name, word);
    if (may_make(kind, demand.support))
        return ELBOW_OK;
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.transform: %s makes %s, but %s: %s needs %s; set data.transform: none, or "
                           "model.likelihood: %s",
                           name, word,
                           demand.support == ELBOW_SUPPORT_COUNT || demand.support == ELBOW_SUPPORT_LEVEL
                               ? "values that are no whole numbers"
                               : "values below zero, too",
                           demand.key, demand.word, elbow_support_name(demand.support), words);
}

static enum elbow_status check_schedule(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    if (config->train.schedule == ELBOW_SCHEDULE_STEP && config->train.step_every == 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: train.schedule: step without train.step_every; set after how many steps the rate falls", name);
    if (config->train.schedule == ELBOW_SCHEDULE_COSINE && config->train.schedule_epochs == 0 &&
        config->train.epochs == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.schedule: cosine without an end; set train.schedule_epochs or train.epochs",
                               name);
    return ELBOW_OK;
}

static enum elbow_status check_train(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    if (config->train.epochs == 0 && config->train.steps == 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.epochs and train.steps are both 0, the run would not begin; set one of them",
                               name);
    if (config->train.microbatch > config->train.batch)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: train.microbatch: %" PRId64 " is more than train.batch, %" PRId64
                               "; make it smaller, or the batch larger",
                               name, config->train.microbatch, config->train.batch);
    bool has_valid = *config->data.valid || config->data.valid_share > 0;
    if (config->train.patience > 0 && (!has_valid || config->eval.every == 0))
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: train.patience: counts evaluations, but there are none; set data.valid and eval.every", name);
    return check_schedule(config, name, error);
}

enum elbow_status elbow_config_finish(struct elbow_config *config, const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(config != NULL && name != NULL);
    enum elbow_status status = check_data(config, name, error);
    if (status == ELBOW_OK)
        status = check_model(config, name, error);
    if (status == ELBOW_OK)
        status = check_transform(config, name, error);
    if (status == ELBOW_OK)
        status = check_dequantize(config, name, error);
    if (status == ELBOW_OK)
        status = check_train(config, name, error);
    if (status == ELBOW_OK && config->data.series.length > 0 && config->data.layout == ELBOW_LAYOUT_AUTO)
        config->data.layout = ELBOW_LAYOUT_SERIES;
    if (status == ELBOW_OK && config->train.microbatch == 0)
        config->train.microbatch = config->train.batch < MICROBATCH_DEFAULT ? config->train.batch : MICROBATCH_DEFAULT;
    return status;
}
