// SPDX-License-Identifier: BSD-3-Clause
// Requirements of likelihoods on their options, on the data, and on each other.
#include "elbow/config/detail/value.h"

#include <math.h>
#include <string.h>

// One of the likelihoods, as messages call it: "gaussian", or "1.gaussian" in a list.
struct chosen {
    enum elbow_likelihood_kind kind;
    const struct elbow_likelihood_options *options;
    const struct elbow_kind_schema *schema;
    char name[64];
};

size_t elbow_config_likelihood_count(const struct elbow_config *config)
{
    return config->model.parts.count > 0 ? config->model.parts.count : 1;
}

enum elbow_likelihood_kind elbow_config_likelihood(const struct elbow_config *config, size_t part)
{
    const struct elbow_likelihood_parts *parts = &config->model.parts;
    return (enum elbow_likelihood_kind)(parts->count > 0 ? parts->parts[part].likelihood : config->model.likelihood);
}

const struct elbow_likelihood_options *elbow_config_options(const struct elbow_config *config, size_t part)
{
    const struct elbow_likelihood_parts *parts = &config->model.parts;
    return parts->count > 0 ? &parts->parts[part].options : &config->model.likelihood_options;
}

static struct chosen choose(const struct elbow_config *config, size_t part)
{
    struct chosen chosen = {.kind = elbow_config_likelihood(config, part),
                            .options = elbow_config_options(config, part)};
    chosen.schema = &elbow_likelihood_kinds[chosen.kind];
    if (config->model.parts.count > 0)
        (void)elbow_text_format(chosen.name, sizeof chosen.name, "%zu.%s", part, chosen.schema->name);
    else
        (void)elbow_text_format(chosen.name, sizeof chosen.name, "%s", chosen.schema->name);
    return chosen;
}

void elbow_config_name_likelihoods(const struct elbow_config *config, char words[ELBOW_LIKELIHOOD_WORDS_SIZE])
{
    size_t count = elbow_config_likelihood_count(config), length = 0;
    for (size_t p = 0; p < count; ++p, length = strlen(words)) {
        const char *between = p == 0 ? "" : p + 1 < count ? ", " : " and ";
        (void)elbow_text_format(words + length, ELBOW_LIKELIHOOD_WORDS_SIZE - length, "%s%s", between,
                                elbow_likelihood_kinds[elbow_config_likelihood(config, p)].name);
    }
}

static struct elbow_demand demand_of(const struct elbow_config *config, size_t part)
{
    enum elbow_likelihood_kind kind = elbow_config_likelihood(config, part);
    return (struct elbow_demand){.support = elbow_likelihood_support(kind),
                                 .key = "model.likelihood",
                                 .word = elbow_likelihood_kinds[kind].name,
                                 .is_whole = config->data.dequantize,
                                 .most = elbow_likelihood_most(kind, elbow_config_options(config, part))};
}

// Order of supports by how much they restrict the scaling of all values: values that are used as stored are strictest.
static int strictness(enum elbow_support support)
{
    switch (support) {
    case ELBOW_SUPPORT_LEVEL: // of all parts, or of none
        return 4;
    case ELBOW_SUPPORT_COUNT:
        return 3;
    case ELBOW_SUPPORT_BINARY:
        return 2;
    case ELBOW_SUPPORT_UNIT:
        return 1;
    case ELBOW_SUPPORT_REAL:
        break;
    }
    return 0;
}

struct elbow_demand elbow_config_demand(const struct elbow_config *config)
{
    bool is_sampled = config->data.binarize == ELBOW_BINARIZE_SAMPLE; // a value is a probability
    if (config->data.binarize != ELBOW_BINARIZE_NONE)
        return (struct elbow_demand){.support = is_sampled ? ELBOW_SUPPORT_UNIT : ELBOW_SUPPORT_REAL,
                                     .key = "data.binarize",
                                     .word = elbow_config_choice("data.binarize", config->data.binarize)};
    struct elbow_demand all = demand_of(config, 0);
    for (size_t p = 1; p < elbow_config_likelihood_count(config); ++p) {
        struct elbow_demand part = demand_of(config, p);
        double most = fmin(part.most, all.most);
        if (strictness(part.support) > strictness(all.support))
            all = part;
        all.most = most;
    }
    all.config = config->model.parts.count > 1 ? config : NULL;
    return all;
}

struct elbow_demand elbow_demand_of_column(const struct elbow_demand *demand, size_t column, size_t *last)
{
    *last = SIZE_MAX;
    if (!demand->config)
        return *demand;
    const struct elbow_likelihood_parts *parts = &demand->config->model.parts;
    size_t part = elbow_config_part_of(parts, column);
    *last = column;
    if (part == parts->count) // an error when the model is made
        return (struct elbow_demand){
            .support = ELBOW_SUPPORT_REAL, .key = demand->key, .word = demand->word, .is_of_part = true};
    for (size_t r = 0; r < parts->parts[part].columns.count; ++r)
        if ((int64_t)column >= parts->parts[part].columns.ranges[r].first &&
            (int64_t)column <= parts->parts[part].columns.ranges[r].last)
            *last = (size_t)parts->parts[part].columns.ranges[r].last;
    struct elbow_demand found = demand_of(demand->config, part);
    found.is_of_part = true;
    return found;
}

const char *elbow_demand_word(const struct elbow_demand *demand, enum elbow_support support)
{
    if (demand->config == NULL)
        return demand->support == support ? demand->word : NULL;
    for (size_t p = 0; p < elbow_config_likelihood_count(demand->config); ++p)
        if (elbow_likelihood_support(elbow_config_likelihood(demand->config, p)) == support)
            return elbow_likelihood_kinds[elbow_config_likelihood(demand->config, p)].name;
    return NULL;
}

// Options of a variance must belong to the chosen kind of variance.
static enum elbow_status check_variance(const struct chosen *chosen, const char *name, struct elbow_error *error)
{
    const struct elbow_likelihood_options *options = chosen->options;
    const struct elbow_key *floor = elbow_schema_find(chosen->schema->keys, "", "floor");
    bool is_word = options->variance_from != ELBOW_NUMBER_FIXED;
    bool is_learned = options->variance_from == ELBOW_NUMBER_LEARNED;
    struct elbow_config holder; // of the options, for their rows
    if (!floor)
        return ELBOW_OK;
    holder.model.likelihood_options = *options;
    if (is_word && (options->learn_variance || (options->variance != 0 && (!is_learned || options->has_start))))
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: model.likelihood.%s.variance: %s, and also a number for it (model.variance, model.learn_variance or "
            "{learned: START}); remove the number, and give start if the variance is learned",
            name, chosen->name, elbow_value_number_word(options->variance_from));
    if (options->has_start && !is_learned)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.start: is for variance: learned; set that, or remove it", name,
                               chosen->name);
    double start = options->has_start ? options->start : options->variance; // 0: the data say
    if (is_learned && start > 0 && start < options->floor)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.start: %g is below the floor, %g; set it higher, or the floor "
                               "lower",
                               name, chosen->name, start, options->floor);
    if (!is_word && !elbow_value_is_preset(floor, &holder))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.floor: a variance that is given as a number has none; set "
                               "variance: optimal, or remove the floor",
                               name, chosen->name);
    return ELBOW_OK;
}

static bool has_data_size(const struct chosen *chosen)
{
    return elbow_schema_find(chosen->schema->keys, "", "size") && chosen->options->size == ELBOW_SIZE_DATA;
}

bool elbow_config_has_data_size(const struct elbow_config *config)
{
    for (size_t p = 0; p < elbow_config_likelihood_count(config); ++p) {
        struct chosen chosen = choose(config, p);
        if (has_data_size(&chosen))
            return true;
    }
    return false;
}

// A size of the data needs some.
static enum elbow_status check_size(const struct elbow_config *config, const struct chosen *chosen, const char *name,
                                    struct elbow_error *error)
{
    if (!has_data_size(chosen))
        return ELBOW_OK;
    if (!*config->data.size)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.size: data without data.size; name a dataset of one number a "
                               "row, or set size: total, the sum of the row",
                               name, chosen->name);
    if (*config->data.valid && config->data.valid_share == 0 && !*config->data.valid_size)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood.%s.size: data, and data.valid without data.valid_size; name a "
                               "dataset of one number a row",
                               name, chosen->name);
    return ELBOW_OK;
}

static enum elbow_status check_binarize(const struct elbow_config *config, const struct chosen *chosen,
                                        const char *name, struct elbow_error *error)
{
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    if (config->data.binarize == ELBOW_BINARIZE_NONE || elbow_likelihood_support(chosen->kind) == ELBOW_SUPPORT_BINARY)
        return ELBOW_OK;
    elbow_config_likelihoods(ELBOW_SUPPORT_BINARY, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.binarize: %s with a %s likelihood, which is not for zeros and ones; set "
                           "data.binarize: none or model.likelihood: %s",
                           name, elbow_config_choice("data.binarize", config->data.binarize), chosen->schema->name,
                           words);
}

// Noise is for whole numbers that a density scores.
static enum elbow_status check_dequantize(const struct elbow_config *config, const struct chosen *chosen,
                                          const char *name, struct elbow_error *error)
{
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    enum elbow_support support = elbow_likelihood_support(chosen->kind);
    if (!config->data.dequantize || support == ELBOW_SUPPORT_REAL)
        return ELBOW_OK;
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.dequantize: true with a %s likelihood, which is for %s; remove it, or set "
                           "model.likelihood: %s",
                           name, chosen->schema->name, elbow_support_name(support), words);
}

enum elbow_status elbow_check_dequantize(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
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
    enum elbow_status status = ELBOW_OK;
    for (size_t p = 0; p < elbow_config_likelihood_count(config) && status == ELBOW_OK; ++p) {
        struct chosen chosen = choose(config, p);
        status = check_dequantize(config, &chosen, name, error);
    }
    return status;
}

// All values have one scale: levels are divided by their number, others are not.
static enum elbow_status check_levels(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    struct elbow_demand first = demand_of(config, 0);
    for (size_t p = 1; p < config->model.parts.count; ++p) {
        struct elbow_demand other = demand_of(config, p);
        bool has_levels = first.support == ELBOW_SUPPORT_LEVEL || other.support == ELBOW_SUPPORT_LEVEL;
        if (has_levels && (first.support != other.support || first.most != other.most))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: model.likelihood.%zu.%s: with model.likelihood.0.%s, but levels are divided by "
                                   "the largest one, which must be the same for all values; use discretized_logistic "
                                   "with equal levels for all columns, or for none",
                                   name, p, other.word, first.word);
    }
    return ELBOW_OK;
}

static enum elbow_status check_parts(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    const struct elbow_likelihood_options *options = &config->model.likelihood_options;
    if (config->model.parts.count == 0)
        return ELBOW_OK;
    if (options->learn_variance || options->variance != 1)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.%s: with a list of likelihoods; give the variance in its entry, such as "
                               "gaussian: {columns: [0, 9], variance: 0.5}",
                               name, options->learn_variance ? "learn_variance" : "variance");
    if (elbow_config_check_columns(config, 0, error) != ELBOW_OK) {
        elbow_error_prefix(error, "%s: ", name);
        return ELBOW_CONFIG;
    }
    return check_levels(config, name, error);
}

enum elbow_status elbow_check_likelihoods(const struct elbow_config *config, const char *name,
                                          struct elbow_error *error)
{
    const struct elbow_kind_schema *likelihood = &elbow_likelihood_kinds[config->model.likelihood];
    enum elbow_status status = check_parts(config, name, error);
    if (status == ELBOW_OK && config->model.likelihood_options.learn_variance &&
        !elbow_schema_find(likelihood->keys, "", "variance"))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.learn_variance: a %s likelihood has no variance; set model.likelihood: "
                               "gaussian, or remove it",
                               name, likelihood->name);
    for (size_t p = 0; p < elbow_config_likelihood_count(config) && status == ELBOW_OK; ++p) {
        struct chosen chosen = choose(config, p);
        status = check_variance(&chosen, name, error);
        if (status == ELBOW_OK)
            status = check_size(config, &chosen, name, error);
        if (status == ELBOW_OK)
            status = check_binarize(config, &chosen, name, error);
    }
    const char *key = *config->data.size ? "size" : *config->data.valid_size ? "valid_size" : NULL;
    if (status == ELBOW_OK && key != NULL && !elbow_config_has_data_size(config))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.%s: no likelihood takes it; write model.likelihood: {negative_binomial: "
                               "{size: data}}, or remove it",
                               name, key);
    return status;
}

// True if transformed values may be of a support; if so, it depends on the data.
static bool may_make(enum elbow_transform_kind kind, enum elbow_support support)
{
#define BELOW_ZERO(name, word, below_zero) [name] = (below_zero),
    static const bool is_below_zero[] = {ELBOW_TRANSFORM_LIST(BELOW_ZERO)};
#undef BELOW_ZERO
    if (kind == ELBOW_TRANSFORM_NONE || support == ELBOW_SUPPORT_REAL)
        return true;
    return support != ELBOW_SUPPORT_COUNT && support != ELBOW_SUPPORT_LEVEL && !is_below_zero[kind];
}

static enum elbow_status check_transform(const struct elbow_config *config, struct elbow_demand demand,
                                         const char *name, struct elbow_error *error)
{
    enum elbow_transform_kind kind = (enum elbow_transform_kind)config->data.transform;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    if (may_make(kind, demand.support))
        return ELBOW_OK;
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "%s: data.transform: %s makes %s, but %s: %s needs %s; set data.transform: none, or "
                           "model.likelihood: %s",
                           name, elbow_config_choice("data.transform", config->data.transform),
                           demand.support == ELBOW_SUPPORT_COUNT || demand.support == ELBOW_SUPPORT_LEVEL
                               ? "values that are not whole numbers"
                               : "also values below zero",
                           demand.key, demand.word, elbow_support_name(demand.support), words);
}

enum elbow_status elbow_check_transform(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
    if (config->data.transform != ELBOW_TRANSFORM_NONE && config->data.synthetic > 0)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.transform: %s with data.synthetic: noise is used as it is drawn; remove one of "
            "them",
            name, elbow_config_choice("data.transform", config->data.transform));
    struct elbow_demand demand = elbow_config_demand(config); // of several parts the strictest
    return check_transform(config, demand, name, error);
}
