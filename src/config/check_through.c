// SPDX-License-Identifier: BSD-3-Clause
// A model in front of the data: it says how rows are read, and its latents are any real numbers.
#include "elbow/config/detail/check.h"

#include "elbow/config/detail/value.h"

static enum elbow_status check_likelihoods(const struct elbow_config *config, const char *name,
                                           struct elbow_error *error)
{
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    for (size_t p = 0; p < elbow_config_likelihood_count(config); ++p) {
        enum elbow_likelihood_kind kind = elbow_config_likelihood(config, p);
        if (elbow_likelihood_support(kind) == ELBOW_SUPPORT_REAL)
            continue;
        elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.likelihood: %s with data.through, whose samples are latents, any real "
                               "numbers; set %s",
                               name, elbow_config_choice("model.likelihood", (int)kind), words);
    }
    return ELBOW_OK;
}

// The keys that say how rows are read, and their fields in the configuration.
#define READING(X)                                                                                                     \
    X(columns, columns)                                                                                                \
    X(transpose, transpose)                                                                                            \
    X(series, series.length)                                                                                           \
    X(series, series.step)                                                                                             \
    X(missing, missing)                                                                                                \
    X(binarize, binarize)                                                                                              \
    X(threshold, threshold)                                                                                            \
    X(dequantize, dequantize)                                                                                          \
    X(factor, factor)                                                                                                  \
    X(factor, has_factor)                                                                                              \
    X(offset, offset)                                                                                                  \
    X(offset, has_offset)                                                                                              \
    X(transform, transform)                                                                                            \
    X(shape, shape)                                                                                                    \
    X(layout, layout)                                                                                                  \
    X(channels, channels)

void elbow_config_read_as(const struct elbow_config *model, struct elbow_config *config)
{
#define TAKE(key, member) config->data.member = model->data.member;
    READING(TAKE)
#undef TAKE
}

enum elbow_status elbow_check_through(const struct elbow_config *config, const char *name, struct elbow_error *error)
{
#define NAME(key, member) #key,
    static const char *const reading[] = {READING(NAME)};
#undef NAME
    if (config->data.through[0] == 0)
        return ELBOW_OK;
    if (config->data.synthetic > 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.through with data.synthetic: noise is not stored; remove one of them", name);
    for (size_t i = 0; i < sizeof reading / sizeof *reading; ++i)
        if (!elbow_value_is_preset(elbow_schema_find(elbow_schema_keys(), "data", reading[i]), config))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%s: data.%s with data.through: rows are read as that model reads them; remove "
                                   "data.%s",
                                   name, reading[i], reading[i]);
    if (config->model.input.mask || config->model.input.transform != ELBOW_TRANSFORM_NONE ||
        config->model.input.corrupt != ELBOW_CORRUPT_NONE)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: model.input with data.through: the encoder sees the latents as they are; remove "
                               "model.input",
                               name);
    return check_likelihoods(config, name, error);
}
