// SPDX-License-Identifier: BSD-3-Clause
// The options of each kind: rows of keys, as in schema.c.
#include "elbow/config/detail/rows.h"

#include <string.h>

#define no_options                                                                                                     \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

#define OF_CONDITION(member) .offset = offsetof(struct elbow_config, model.condition.member)

// clang-format off
static const struct elbow_key condition_keys[] = {
    {"", "encoder", BOOLEAN, OF_CONDITION(encoder), .preset = "true",
     .help = "Whether the encoder's first layer takes the condition."},
    {"", "decoder", BOOLEAN, OF_CONDITION(decoder), .preset = "true",
     .help = "Whether the decoder's first layer takes the condition."},
    {"", "every_layer", BOOLEAN, OF_CONDITION(every_layer), .preset = "false",
     .help = "Whether all layers with weights in these networks take it, including the output layer."},
    {"", "prior", BOOLEAN, OF_CONDITION(prior), .preset = "false",
     .help = "Whether mean and variance of p(z) depend on it linearly; the map is trained."},
    {"", "dropout", REAL, OF_CONDITION(dropout), BELOW_ONE, .preset = "0.0",
     .help = "The share of rows whose condition is omitted in training, drawn again in each epoch. Above 0, rows may "
             "have no condition."},
};
// clang-format on
const struct elbow_kind_schema elbow_condition_options[2] = {{"condition", {condition_keys, 5}}, {NULL, {NULL, 0}}};

// clang-format off
static const struct elbow_key pieces_keys[] = {
    {"", "rates", .type = ELBOW_KEY_PIECES, .offset = offsetof(struct elbow_config, train.pieces), FROM(1, UINT32_MAX),
     ABOVE_ZERO,
     .help = "[EPOCHS, RATE] in order: each rate for this number of epochs; the last one lasts to the end."},
};
// clang-format on

#define OF_LIKELIHOOD(member) .offset = offsetof(struct elbow_config, model.likelihood_options.member)

static const char *const variance_words[] = {"optimal", "learned", "per_value", "predicted", NULL};

// clang-format off
static const struct elbow_key variance_keys[] = {
    {"", "variance", NUMBER(variance_words, 0), OF_LIKELIHOOD(variance), ABOVE_ZERO, .preset = "1.0",
     .present = offsetof(struct elbow_config, model.likelihood_options.variance_from), .is_flat = true,
     .flag = offsetof(struct elbow_config, model.likelihood_options.learn_variance),
     .help = "The variance of each value. optimal: one for all, the mean square residual of the previous step; "
             "learned: one for all, trained; per_value: one for each, trained; predicted: an output of the decoder "
             "for each."},
    {"", "start", .type = ELBOW_KEY_OPTIONAL, OF_LIKELIHOOD(start), ABOVE_ZERO, .preset = "null", .is_later = true,
     .present = offsetof(struct elbow_config, model.likelihood_options.has_start),
     .help = "The start of the learned variance. null: the variance of the training data."},
    {"", "floor", REAL, OF_LIKELIHOOD(floor), ABOVE_ZERO, .preset = "1.0e-6", .is_later = true,
     .help = "The minimum of a variance that is not given as a number."},
};
// clang-format off
static const char *const scale_words[] = {"learned", "predicted", NULL};
#define SCALE NUMBER(scale_words, 0), OF_LIKELIHOOD(scale), ABOVE_ZERO, .preset = "learned", \
    .present = offsetof(struct elbow_config, model.likelihood_options.scale_from)

static const struct elbow_key laplace_keys[] = {
    {"", "scale", SCALE,
     .help = "b of each value. learned: one for all values, which starts at START or else follows from the variance "
             "of the training data; predicted: an output of the decoder."},
};

static const struct elbow_key student_t_keys[] = {
    {"", "scale", SCALE,
     .help = "s of each value. learned: one for all values, which starts at START or else follows from the variance "
             "of the training data; predicted: an output of the decoder."},
    {"", "df", NUMBER(scale_words, 4), OF_LIKELIHOOD(df), ABOVE_ZERO, .preset = "4.0",
     .present = offsetof(struct elbow_config, model.likelihood_options.df_from),
     .help = "Degrees of freedom. learned: one for all values, which starts at START (4.0); predicted: an output of "
             "the decoder."},
};

enum { WHOLE_MAX = 1 << 24 }; // whole numbers up to here are floats

static const struct elbow_key binomial_keys[] = {
    {"", "n", INTEGER, OF_LIKELIHOOD(trials), FROM(1, WHOLE_MAX), .help = "Trials: values are counts from 0 to n."},
};

enum { CLASSES_MAX = 1 << 16 };

static const struct elbow_key categorical_keys[] = {
    {"", "classes", INTEGER, OF_LIKELIHOOD(classes), FROM(2, CLASSES_MAX),
     .help = "k: values are classes 0 to k - 1, each with k outputs of the decoder."},
};

static const struct elbow_key logistic_keys[] = {
    {"", "levels", INTEGER, OF_LIKELIHOOD(levels), FROM(2, CLASSES_MAX), .preset = "256",
     .help = "L: stored values are 0 to L - 1, and are divided by L - 1."},
    {"", "scale", NUMBER(scale_words, 0), OF_LIKELIHOOD(scale), ABOVE_ZERO, .preset = "learned",
     .present = offsetof(struct elbow_config, model.likelihood_options.scale_from),
     .help = "s, in units of the span of all levels. learned: one for all values, which starts at START or else "
             "follows from the variance of the training data; predicted: an output of the decoder."},
};

static const char *const dispersion_choices[] = {ELBOW_DISPERSION_LIST(ELBOW_KIND_WORD) NULL};
static const char *const size_choices[] = {ELBOW_SIZE_LIST(ELBOW_KIND_WORD) NULL};

static const struct elbow_key dispersion_keys[] = {
    {"", "dispersion", CHOICE(dispersion_choices), OF_LIKELIHOOD(dispersion), .preset = "per_value",
     .help = "t in the variance m + m^2 / t. per_value: trained for each value of a row; predicted: an output of the "
             "decoder."},
    {"", "size", CHOICE(size_choices), OF_LIKELIHOOD(size), .preset = "none",
     .help = "total: the means of a row are its total times a softmax of the outputs; data: its data.size times that "
             "softmax."},
};
// clang-format on

#define IN_TRAIN(member) .offset = offsetof(struct elbow_config, train.member)

// clang-format off
static const struct elbow_key rmsprop_keys[] = {
    {"", "rho", REAL, IN_TRAIN(rmsprop_rho), BELOW_ONE, .preset = "0.9",
     .help = "Decay of the mean square of the gradients."},
    {"", "momentum", REAL, IN_TRAIN(rmsprop_momentum), BELOW_ONE, .preset = "0.0",
     .help = "Share of the previous update that is added. 0: none."},
};
// clang-format on

struct elbow_variance elbow_likelihood_variance(const struct elbow_likelihood_options *options)
{
    if (options->variance_from == ELBOW_NUMBER_FIXED)
        return (struct elbow_variance){options->learn_variance ? ELBOW_NUMBER_LEARNED : ELBOW_NUMBER_FIXED,
                                       options->variance, 0};
    return (struct elbow_variance){(enum elbow_number)options->variance_from,
                                   options->has_start ? options->start : options->variance, options->floor};
}

#define variance_options OPTIONS(variance_keys)
#define laplace_options OPTIONS(laplace_keys)
#define student_t_options OPTIONS(student_t_keys)
#define binomial_options OPTIONS(binomial_keys)
#define categorical_options OPTIONS(categorical_keys)
#define logistic_options OPTIONS(logistic_keys)
#define dispersion_options OPTIONS(dispersion_keys)
#define LIKELIHOOD(name, word, support, options, most) [name] = {#word, options},
const struct elbow_kind_schema elbow_likelihood_kinds[ELBOW_LIKELIHOODS + 1] = {ELBOW_LIKELIHOOD_LIST(LIKELIHOOD)};

#define pieces_options OPTIONS(pieces_keys)
#define SCHEDULE(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_schedule_kinds[ELBOW_SCHEDULES + 1] = {ELBOW_SCHEDULE_LIST(SCHEDULE)};

// clang-format off
static const struct elbow_key mixture_keys[] = {
    {"", "components", INTEGER, .offset = offsetof(struct elbow_config, model.components), FROM(1, ELBOW_COMPONENTS_MAX),
     .help = "Number of normal distributions; their means, variances and weights are trained."},
};
static const struct elbow_key vamp_keys[] = {
    {"", "components", INTEGER, .offset = offsetof(struct elbow_config, model.components), FROM(1, ELBOW_COMPONENTS_MAX),
     .help = "Number of pseudo-inputs of the encoder, which are trained. The prior is the mixture of their "
             "posteriors."},
};
// clang-format on
#define mixture_options OPTIONS(mixture_keys)
#define vamp_options OPTIONS(vamp_keys)
#define PRIOR(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_prior_kinds[ELBOW_PRIORS + 1] = {ELBOW_PRIOR_LIST(PRIOR)};

#define rmsprop_options OPTIONS(rmsprop_keys)
#define OPTIMIZER(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_optimizer_kinds[ELBOW_OPTIMIZERS + 1] = {ELBOW_OPTIMIZER_LIST(OPTIMIZER)};

// clang-format off
#define OF_POSTERIOR(member, told) .type = ELBOW_KEY_OPTIONAL, ANY, .preset = "null", .is_later = true, \
    .offset = offsetof(struct elbow_config, model.posterior_options.member), \
    .present = offsetof(struct elbow_config, model.posterior_options.told)
static const struct elbow_key posterior_keys[] = {
    {"", "least_log_variance", OF_POSTERIOR(least, has_least),
     .help = "The minimum of the encoder's log-variances; smaller ones are clipped to it. null: none."},
    {"", "most_log_variance", OF_POSTERIOR(most, has_most),
     .help = "The maximum of the encoder's log-variances; larger ones are clipped to it. null: none."},
};
// clang-format on
#define posterior_options OPTIONS(posterior_keys)
#define POSTERIOR(name, word, options, has_kl) [name] = {#word, options},
const struct elbow_kind_schema elbow_posterior_kinds[ELBOW_POSTERIORS + 1] = {ELBOW_POSTERIOR_LIST(POSTERIOR)};

bool elbow_config_has_classifier(const struct elbow_config *config)
{
    return config->model.classifier.count > 0;
}

bool elbow_posterior_has_kl(enum elbow_posterior_kind kind)
{
#define HAS_KL(name, word, options, has_kl) [name] = has_kl,
    static const bool has_kl_of[] = {ELBOW_POSTERIOR_LIST(HAS_KL)};
    ELBOW_CHECK((unsigned)kind < ELBOW_POSTERIORS);
    return has_kl_of[kind];
}

#define SUPPORT(name, word, support, ...) [name] = support,
static const enum elbow_support supports[] = {ELBOW_LIKELIHOOD_LIST(SUPPORT)};
#define SUPPORT_NAME(name, text) [name] = text,
static const char *const support_names[] = {ELBOW_SUPPORT_LIST(SUPPORT_NAME)};

enum elbow_support elbow_likelihood_support(enum elbow_likelihood_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_LIKELIHOODS);
    return supports[kind];
}

// The largest value, from the options.
#define no_most INFINITY
#define trials_most (double)options->trials
#define classes_most (double)(options->classes - 1)
#define levels_most (double)(options->levels - 1)
#define MOST(name, word, support, rows, most) [name] = most,

double elbow_likelihood_most(enum elbow_likelihood_kind kind, const struct elbow_likelihood_options *options)
{
    const double most[] = {ELBOW_LIKELIHOOD_LIST(MOST)};
    (void)options;
    ELBOW_CHECK((unsigned)kind < ELBOW_LIKELIHOODS);
    return most[kind];
}

const char *elbow_support_name(enum elbow_support support)
{
    return support_names[support];
}

bool elbow_support_is_continuous(enum elbow_support support)
{
    switch (support) {
    case ELBOW_SUPPORT_REAL:
    case ELBOW_SUPPORT_UNIT:
        return true;
    case ELBOW_SUPPORT_BINARY:
    case ELBOW_SUPPORT_COUNT:
    case ELBOW_SUPPORT_LEVEL:
        return false;
    }
    return false;
}

void elbow_config_likelihoods(enum elbow_support support, char words[ELBOW_LIKELIHOOD_WORDS_SIZE])
{
    struct elbow_kind_schema found[ELBOW_LIKELIHOODS];
    size_t count = 0;
    for (int kind = 0; kind < ELBOW_LIKELIHOODS; ++kind)
        if (supports[kind] == support)
            found[count++] = elbow_likelihood_kinds[kind];
    elbow_schema_list(found, count, words);
}

void elbow_schema_list(const struct elbow_kind_schema *kinds, size_t count, char words[ELBOW_EXPECTED_SIZE])
{
    *words = 0;
    for (size_t i = 0; i < count; ++i) {
        size_t length = strlen(words);
        const char *between = i == 0 ? "" : i + 1 < count ? ", " : " or ";
        (void)elbow_text_format(words + length, ELBOW_EXPECTED_SIZE - length, "%s%s", between, kinds[i].name);
    }
}
