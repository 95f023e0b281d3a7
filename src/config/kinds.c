// SPDX-License-Identifier: BSD-3-Clause
// The options of each kind: rows of keys, as in schema.c.
#include "elbow/config/detail/rows.h"

#include <string.h>

enum { UNITS_MAX = 1 << 20 };

static const char *const activation_choices[] = {ELBOW_ACTIVATION_LIST(ELBOW_KIND_WORD) NULL};

#define IN_LAYER(member) .offset = offsetof(struct elbow_layer, member)
#define OPTIONS(rows)                                                                                                  \
    {                                                                                                                  \
        rows, sizeof(rows) / sizeof *(rows)                                                                            \
    }

// clang-format off: one row a key reads best as a table
static const struct elbow_key dense_keys[] = {
    {"dense", "units", INTEGER, IN_LAYER(units), FROM(1, UNITS_MAX), .help = "Outputs of the layer."},
    {"dense", "activation", CHOICE(activation_choices), IN_LAYER(activation), .preset = "relu",
     .help = "What follows the matrix product."},
};

enum { FILTERS_MAX = 1 << 16, KERNEL_MAX = 255 };

// Convolutions differ in what their sizes are sizes of.
#define CONV_KEYS(word, taps, places)                                                                                  \
    {word, "filters", INTEGER, IN_LAYER(filters), FROM(1, FILTERS_MAX), .help = "Channels that come out."},            \
        {word, "kernel", INTEGER, IN_LAYER(kernel), FROM(1, KERNEL_MAX), .help = taps " of a filter."},                \
        {word,                                                                                                         \
         "stride",                                                                                                     \
         INTEGER,                                                                                                      \
         IN_LAYER(stride),                                                                                             \
         FROM(1, KERNEL_MAX),                                                                                          \
         .preset = "1",                                                                                                \
         .help = places " from one place of the filter to the next."},                                                 \
        {word,                                                                                                         \
         "padding",                                                                                                    \
         INTEGER,                                                                                                      \
         IN_LAYER(padding),                                                                                            \
         FROM(0, KERNEL_MAX),                                                                                          \
         .preset = "0",                                                                                                \
         .help = "Zeros put on each side: o = floor((i + 2 padding - kernel) / stride) + 1."},                         \
    {                                                                                                                  \
        word, "activation", CHOICE(activation_choices), IN_LAYER(activation), .preset = "relu",                        \
                                                                              .help = "What follows the convolution."  \
    }

#define CONV_TRANSPOSE_KEYS(word, taps, places, more)                                                                  \
    {word,                                                                                                             \
     "filters",                                                                                                        \
     INTEGER,                                                                                                          \
     IN_LAYER(filters),                                                                                                \
     FROM(1, FILTERS_MAX),                                                                                             \
     .help = "Channels that come out; of a decoder's last layer: those of the data."},                                 \
        {word, "kernel", INTEGER, IN_LAYER(kernel), FROM(1, KERNEL_MAX), .help = taps " of a filter."},                \
        {word,                                                                                                         \
         "stride",                                                                                                     \
         INTEGER,                                                                                                      \
         IN_LAYER(stride),                                                                                             \
         FROM(1, KERNEL_MAX),                                                                                          \
         .preset = "1",                                                                                                \
         .help = places " between the places that two neighbours of the input are spread from."},                      \
        {word,                                                                                                         \
         "padding",                                                                                                    \
         INTEGER,                                                                                                      \
         IN_LAYER(padding),                                                                                            \
         FROM(0, KERNEL_MAX),                                                                                          \
         .preset = "0",                                                                                                \
         .help = "Cut off on each side: o = stride (i - 1) + kernel - 2 padding + output_padding."},                   \
        {word,                                                                                                         \
         "output_padding",                                                                                             \
         INTEGER,                                                                                                      \
         IN_LAYER(output_padding),                                                                                     \
         FROM(0, KERNEL_MAX - 1),                                                                                      \
         .preset = "0",                                                                                                \
         .help = more ", fewer than the stride."},                                                                     \
    {                                                                                                                  \
        word, "activation", CHOICE(activation_choices), IN_LAYER(activation),                                          \
            .preset = "relu", .help = "What follows; of a decoder's last layer: none."                                 \
    }

static const struct elbow_key conv1d_keys[] = {CONV_KEYS("conv1d", "Points in time", "Points")};
static const struct elbow_key conv2d_keys[] = {CONV_KEYS("conv2d", "Rows and columns", "Rows and columns")};
static const struct elbow_key conv3d_keys[] = {
    CONV_KEYS("conv3d", "Planes, rows and columns", "Planes, rows and columns")};
static const struct elbow_key conv_transpose1d_keys[] = {
    CONV_TRANSPOSE_KEYS("conv_transpose1d", "Points in time", "Points", "More points at the end")};
static const struct elbow_key conv_transpose2d_keys[] = {CONV_TRANSPOSE_KEYS(
    "conv_transpose2d", "Rows and columns", "Rows and columns", "More rows below and columns to the right")};
static const struct elbow_key conv_transpose3d_keys[] = {
    CONV_TRANSPOSE_KEYS("conv_transpose3d", "Planes, rows and columns", "Planes, rows and columns",
                        "More planes behind, rows below and columns to the right")};

static const struct elbow_key gated_keys[] = {
    {"gated", "units", INTEGER, IN_LAYER(units), FROM(1, UNITS_MAX), .help = "Outputs, each times a gate from 0 to 1."},
};

static const struct elbow_key layer_norm_keys[] = {
    {"layer_norm", "activation", CHOICE(activation_choices), IN_LAYER(activation), .preset = "none",
     .help = "What follows the normalised values."},
    {"layer_norm", "epsilon", REAL, IN_LAYER(epsilon), ABOVE_ZERO, .preset = "1.0e-5",
     .help = "Added to the variance of a sample's values."},
};

static const char *const pool_choices[] = {ELBOW_POOL_LIST(ELBOW_KIND_WORD) NULL};

static const struct elbow_key pool_keys[] = {
    {"pool", "kind", CHOICE(pool_choices), IN_LAYER(pool), .preset = "max", .help = "What is taken of each window."},
    {"pool", "size", INTEGER, IN_LAYER(size), FROM(2, KERNEL_MAX), .preset = "2",
     .help = "Rows and columns of a window."},
    {"pool", "stride", INTEGER, IN_LAYER(stride), FROM(0, KERNEL_MAX), .preset = "0",
     .help = "Rows and columns from one window to the next; 0: its size."},
};

static const struct elbow_key upsample_keys[] = {
    {"upsample", "factor", INTEGER, IN_LAYER(factor), FROM(2, KERNEL_MAX), .preset = "2",
     .help = "Rows and columns that each place becomes."},
};

static const struct elbow_key dropout_keys[] = {
    {"dropout", "rate", REAL, IN_LAYER(rate), BELOW_ONE,
     .help = "Share of the values that are set to 0 in training; the others are divided by 1 - rate."},
};

static const struct elbow_key residual_keys[] = {
    {"residual", "layers", .type = ELBOW_KEY_INNER, IN_LAYER(inner),
     .help = "The layers to whose output their input is added, by a projection where its size is another one."},
};
// clang-format on

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
     .help = "Whether all layers of these networks that have weights take it, the output layer included."},
    {"", "prior", BOOLEAN, OF_CONDITION(prior), .preset = "false",
     .help = "Whether mean and variance of p(z) depend on it, linearly, and are trained."},
    {"", "dropout", REAL, OF_CONDITION(dropout), BELOW_ONE, .preset = "0.0",
     .help = "The share of rows whose condition is left out in training, drawn anew each epoch. Above 0 rows may lack "
             "theirs."},
};
// clang-format on
const struct elbow_kind_schema elbow_condition_options[2] = {{"condition", {condition_keys, 5}}, {NULL, {NULL, 0}}};

// clang-format off
static const struct elbow_key pieces_keys[] = {
    {"", "rates", .type = ELBOW_KEY_PIECES, .offset = offsetof(struct elbow_config, train.pieces), FROM(1, UINT32_MAX),
     ABOVE_ZERO,
     .help = "[EPOCHS, RATE] in their order: each rate for so many epochs; the last one goes on to the end."},
};
// clang-format on

#define OF_LIKELIHOOD(member) .offset = offsetof(struct elbow_config, model.likelihood_options.member)

static const char *const variance_words[] = {"optimal", "learned", "per_value", "predicted", NULL};

// clang-format off
static const struct elbow_key variance_keys[] = {
    {"", "variance", NUMBER(variance_words, 0), OF_LIKELIHOOD(variance), ABOVE_ZERO, .preset = "1.0",
     .present = offsetof(struct elbow_config, model.likelihood_options.variance_from), .is_flat = true,
     .flag = offsetof(struct elbow_config, model.likelihood_options.learn_variance),
     .help = "The variance of each value. optimal: one for all, the mean square residual of the step before; learned: "
             "one for all, trained; per_value: one for each, trained; predicted: an output of the decoder for each."},
    {"", "start", .type = ELBOW_KEY_OPTIONAL, OF_LIKELIHOOD(start), ABOVE_ZERO, .preset = "null", .is_later = true,
     .present = offsetof(struct elbow_config, model.likelihood_options.has_start),
     .help = "Where the learned variance starts; null: at the variance of the training data."},
    {"", "floor", REAL, OF_LIKELIHOOD(floor), ABOVE_ZERO, .preset = "1.0e-6", .is_later = true,
     .help = "The least that a variance may be which is no number."},
};
// clang-format off
static const char *const scale_words[] = {"learned", "predicted", NULL};
#define SCALE NUMBER(scale_words, 0), OF_LIKELIHOOD(scale), ABOVE_ZERO, .preset = "learned", \
    .present = offsetof(struct elbow_config, model.likelihood_options.scale_from)

static const struct elbow_key laplace_keys[] = {
    {"", "scale", SCALE,
     .help = "b of each value; learned: one for all values, from START on, else as the training data vary; predicted: an "
             "output of the decoder."},
};

static const struct elbow_key student_t_keys[] = {
    {"", "scale", SCALE,
     .help = "s of each value; learned: one for all values, from START on, else as the training data vary; predicted: an "
             "output of the decoder."},
    {"", "df", NUMBER(scale_words, 4), OF_LIKELIHOOD(df), ABOVE_ZERO, .preset = "4.0",
     .present = offsetof(struct elbow_config, model.likelihood_options.df_from),
     .help = "Degrees of freedom; learned: of all values, from START (4.0) on; predicted: an output of the decoder."},
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
     .help = "s, where all levels span 1; learned: one for all values, from START on, else as the training "
             "data vary; predicted: an output of the decoder."},
};

static const char *const dispersion_choices[] = {ELBOW_DISPERSION_LIST(ELBOW_KIND_WORD) NULL};
static const char *const size_choices[] = {ELBOW_SIZE_LIST(ELBOW_KIND_WORD) NULL};

static const struct elbow_key dispersion_keys[] = {
    {"", "dispersion", CHOICE(dispersion_choices), OF_LIKELIHOOD(dispersion), .preset = "per_value",
     .help = "t, where the variance is m + m^2 / t: trained for each value of a row, or predicted: an output of the "
             "decoder."},
    {"", "size", CHOICE(size_choices), OF_LIKELIHOOD(size), .preset = "none",
     .help = "total: means are shares of the row's total, by a softmax over its values; data: of what data.size says."},
};
// clang-format on

#define IN_TRAIN(member) .offset = offsetof(struct elbow_config, train.member)

// clang-format off
static const struct elbow_key rmsprop_keys[] = {
    {"", "rho", REAL, IN_TRAIN(rmsprop_rho), BELOW_ONE, .preset = "0.9",
     .help = "Decay of the mean square of the gradients."},
    {"", "momentum", REAL, IN_TRAIN(rmsprop_momentum), BELOW_ONE, .preset = "0.0",
     .help = "Share of the last update that goes on; 0: none."},
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

#define OF_OBJECTIVE(member) .offset = offsetof(struct elbow_config, objective.member)

// clang-format off
static const struct elbow_key linear_keys[] = {
    {"", "steps", INTEGER, OF_OBJECTIVE(warmup), FROM_ZERO, .preset = "0", .is_flat = true,
     .help = "Steps over which the weight rises linearly to its value; 0: at once."},
};
static const struct elbow_key cyclical_keys[] = {
    {"", "cycles", INTEGER, OF_OBJECTIVE(cyclical.cycles), FROM(1, UINT32_MAX), .preset = "4", .help = "How many."},
    {"", "share", REAL, OF_OBJECTIVE(cyclical.share), .low = 0, .low_open = true, .high = 1, .preset = "0.5",
     .help = "Of a cycle, in which the weight rises linearly; in the rest it has its value."},
    {"", "steps", INTEGER, OF_OBJECTIVE(cyclical.steps), FROM_ONE,
     .help = "Of all cycles together; afterwards the weight has its value."},
};
// clang-format on
#define linear_options OPTIONS(linear_keys)
#define cyclical_options OPTIONS(cyclical_keys)
#define RAMP(name, word, options) [name] = {#word, options},
static const struct elbow_kind_schema ramp_kinds[ELBOW_RAMPS + 1] = {ELBOW_RAMP_LIST(RAMP)};

static const char *const free_choices[] = {ELBOW_FREE_LIST(ELBOW_KIND_WORD) NULL};

// clang-format off
static const struct elbow_key free_keys[] = {
    {"", "nats", REAL, OF_OBJECTIVE(free_bits), NOT_NEGATIVE, .preset = "0.0", .is_flat = true,
     .help = "Of KL that each latent dimension may have for free."},
    {"", "of", CHOICE(free_choices), OF_OBJECTIVE(free_of), .preset = "sample",
     .help = "Whose: each sample's, or the mean of the batch, by that of the step before."},
};
// clang-format on
static const struct elbow_kind_schema free_options[2] = {{"free", OPTIONS(free_keys)}, {NULL, {NULL, 0}}};

// clang-format off
static const struct elbow_key weighted_keys[] = {
    {"", "weight", REAL, OF_OBJECTIVE(beta), NOT_NEGATIVE, .preset = "1.0", .is_flat = true,
     .help = "Weight of the KL in what is trained."},
    {"", "ramp", KIND(ramp_kinds), OF_OBJECTIVE(ramp), .preset = "linear",
     .help = "How the weight rises to its value, once or again and again."},
    {"", "free", MAP(free_options), OF_OBJECTIVE(free_of), .preset = "null",
     .help = "KL that costs nothing."},
};
static const struct elbow_key capacity_keys[] = {
    {"", "weight", REAL, OF_OBJECTIVE(capacity.weight), NOT_NEGATIVE, .preset = "100.0",
     .help = "What a nat costs by which the KL's mean over the batch is off the capacity, to either side."},
    {"", "from", REAL, OF_OBJECTIVE(capacity.from), NOT_NEGATIVE, .preset = "0.0",
     .help = "Nats: the capacity of the first step."},
    {"", "to", REAL, OF_OBJECTIVE(capacity.to), NOT_NEGATIVE, .preset = "25.0",
     .help = "Nats: the capacity that it goes to linearly."},
    {"", "steps", INTEGER, OF_OBJECTIVE(capacity.steps), FROM_ONE, .preset = "100000",
     .help = "Over which it goes there; afterwards it stays."},
};
// clang-format on
#define weighted_options OPTIONS(weighted_keys)
#define capacity_options OPTIONS(capacity_keys)
#define KL(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_kl_kinds[ELBOW_KLS + 1] = {ELBOW_KL_LIST(KL)};

#define pieces_options OPTIONS(pieces_keys)
#define SCHEDULE(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_schedule_kinds[ELBOW_SCHEDULES + 1] = {ELBOW_SCHEDULE_LIST(SCHEDULE)};

#define PRIOR(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_prior_kinds[ELBOW_PRIORS + 1] = {ELBOW_PRIOR_LIST(PRIOR)};

#define rmsprop_options OPTIONS(rmsprop_keys)
#define OPTIMIZER(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_optimizer_kinds[ELBOW_OPTIMIZERS + 1] = {ELBOW_OPTIMIZER_LIST(OPTIMIZER)};

#define POSTERIOR(name, word, options, has_kl) [name] = {#word, options},
const struct elbow_kind_schema elbow_posterior_kinds[ELBOW_POSTERIORS + 1] = {ELBOW_POSTERIOR_LIST(POSTERIOR)};

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

// What the largest value is, of the options.
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

#define dense_options OPTIONS(dense_keys)
#define conv1d_options OPTIONS(conv1d_keys)
#define conv2d_options OPTIONS(conv2d_keys)
#define conv3d_options OPTIONS(conv3d_keys)
#define conv_transpose1d_options OPTIONS(conv_transpose1d_keys)
#define conv_transpose2d_options OPTIONS(conv_transpose2d_keys)
#define conv_transpose3d_options OPTIONS(conv_transpose3d_keys)
#define gated_options OPTIONS(gated_keys)
#define layer_norm_options OPTIONS(layer_norm_keys)
#define pool_options OPTIONS(pool_keys)
#define upsample_options OPTIONS(upsample_keys)
#define dropout_options OPTIONS(dropout_keys)
#define residual_options OPTIONS(residual_keys)

#define LAYER(name, word, options) {#word, options},
static const struct elbow_kind_schema layer_kinds[] = {ELBOW_LAYER_LIST(LAYER)};

const struct elbow_kind_schema *elbow_schema_layers(size_t *count)
{
    *count = sizeof layer_kinds / sizeof *layer_kinds;
    return layer_kinds;
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
