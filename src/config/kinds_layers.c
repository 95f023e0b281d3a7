// SPDX-License-Identifier: BSD-3-Clause
// The options of each kind of layer: rows of keys for struct elbow_layer.
#include "elbow/config/detail/rows.h"

enum { UNITS_MAX = 1 << 20 };

static const char *const activation_choices[] = {ELBOW_ACTIVATION_LIST(ELBOW_KIND_WORD) NULL};

#define IN_LAYER(member) .offset = offsetof(struct elbow_layer, member)
// clang-format off: one row a key reads best as a table
static const struct elbow_key dense_keys[] = {
    {"dense", "units", INTEGER, IN_LAYER(units), FROM(1, UNITS_MAX), .help = "Number of outputs of the layer."},
    {"dense", "activation", CHOICE(activation_choices), IN_LAYER(activation), .preset = "relu",
     .help = "Activation after the matrix product."},
};

enum { FILTERS_MAX = 1 << 16, KERNEL_MAX = 255 };

// Convolutions differ in the unit of their sizes.
#define CONV_KEYS(word, taps, places)                                                                                  \
    {word, "filters", INTEGER, IN_LAYER(filters), FROM(1, FILTERS_MAX), .help = "Number of output channels."},         \
        {word, "kernel", INTEGER, IN_LAYER(kernel), FROM(1, KERNEL_MAX), .help = taps " of a filter."},                \
        {word,                                                                                                         \
         "stride",                                                                                                     \
         INTEGER,                                                                                                      \
         IN_LAYER(stride),                                                                                             \
         FROM(1, KERNEL_MAX),                                                                                          \
         .preset = "1",                                                                                                \
         .help = places " between neighbouring places of the filter."},                                                \
        {word,                                                                                                         \
         "padding",                                                                                                    \
         INTEGER,                                                                                                      \
         IN_LAYER(padding),                                                                                            \
         FROM(0, KERNEL_MAX),                                                                                          \
         .preset = "0",                                                                                                \
         .help = "Zeros added on each side: o = floor((i + 2 padding - kernel) / stride) + 1."},                       \
    {                                                                                                                  \
        word, "activation", CHOICE(activation_choices), IN_LAYER(activation),                                          \
            .preset = "relu", .help = "Activation after the convolution."                                              \
    }

#define CONV_TRANSPOSE_KEYS(word, taps, places, more)                                                                  \
    {word,                                                                                                             \
     "filters",                                                                                                        \
     INTEGER,                                                                                                          \
     IN_LAYER(filters),                                                                                                \
     FROM(1, FILTERS_MAX),                                                                                             \
     .help = "Number of output channels. Last layer of a decoder: the channels of the data."},                         \
        {word, "kernel", INTEGER, IN_LAYER(kernel), FROM(1, KERNEL_MAX), .help = taps " of a filter."},                \
        {word,                                                                                                         \
         "stride",                                                                                                     \
         INTEGER,                                                                                                      \
         IN_LAYER(stride),                                                                                             \
         FROM(1, KERNEL_MAX),                                                                                          \
         .preset = "1",                                                                                                \
         .help = places " between the places of the output that two neighbours of the input map to."},                 \
        {word,                                                                                                         \
         "padding",                                                                                                    \
         INTEGER,                                                                                                      \
         IN_LAYER(padding),                                                                                            \
         FROM(0, KERNEL_MAX),                                                                                          \
         .preset = "0",                                                                                                \
         .help = "Removed on each side: o = stride (i - 1) + kernel - 2 padding + output_padding."},                   \
        {word,                                                                                                         \
         "output_padding",                                                                                             \
         INTEGER,                                                                                                      \
         IN_LAYER(output_padding),                                                                                     \
         FROM(0, KERNEL_MAX - 1),                                                                                      \
         .preset = "0",                                                                                                \
         .help = more "; less than the stride."},                                                                      \
    {                                                                                                                  \
        word, "activation", CHOICE(activation_choices), IN_LAYER(activation),                                          \
            .preset = "relu", .help = "Activation. Last layer of a decoder: none."                                     \
    }

static const struct elbow_key conv1d_keys[] = {CONV_KEYS("conv1d", "Points in time", "Points")};
static const struct elbow_key conv2d_keys[] = {CONV_KEYS("conv2d", "Rows and columns", "Rows and columns")};
static const struct elbow_key conv3d_keys[] = {
    CONV_KEYS("conv3d", "Planes, rows and columns", "Planes, rows and columns")};
static const struct elbow_key conv_transpose1d_keys[] = {
    CONV_TRANSPOSE_KEYS("conv_transpose1d", "Points in time", "Points", "Additional points at the end")};
static const struct elbow_key conv_transpose2d_keys[] = {CONV_TRANSPOSE_KEYS(
    "conv_transpose2d", "Rows and columns", "Rows and columns", "Additional rows below and columns to the right")};
static const struct elbow_key conv_transpose3d_keys[] = {
    CONV_TRANSPOSE_KEYS("conv_transpose3d", "Planes, rows and columns", "Planes, rows and columns",
                        "Additional planes behind, rows below and columns to the right")};

static const struct elbow_key gated_keys[] = {
    {"gated", "units", INTEGER, IN_LAYER(units), FROM(1, UNITS_MAX),
     .help = "Number of outputs, each multiplied by a gate from 0 to 1."},
};

static const struct elbow_key layer_norm_keys[] = {
    {"layer_norm", "activation", CHOICE(activation_choices), IN_LAYER(activation), .preset = "none",
     .help = "Activation after the normalisation."},
    {"layer_norm", "epsilon", REAL, IN_LAYER(epsilon), ABOVE_ZERO, .preset = "1.0e-5",
     .help = "Added to the variance of a sample's values."},
};

static const char *const pool_choices[] = {ELBOW_POOL_LIST(ELBOW_KIND_WORD) NULL};

static const struct elbow_key pool_keys[] = {
    {"pool", "kind", CHOICE(pool_choices), IN_LAYER(pool), .preset = "max",
     .help = "Value of each window: its maximum or its mean."},
    {"pool", "size", INTEGER, IN_LAYER(size), FROM(2, KERNEL_MAX), .preset = "2",
     .help = "Rows and columns of a window."},
    {"pool", "stride", INTEGER, IN_LAYER(stride), FROM(0, KERNEL_MAX), .preset = "0",
     .help = "Rows and columns from one window to the next. 0: the size of a window."},
};

static const struct elbow_key upsample_keys[] = {
    {"upsample", "factor", INTEGER, IN_LAYER(factor), FROM(2, KERNEL_MAX), .preset = "2",
     .help = "Rows and columns that replace each place."},
};

static const struct elbow_key dropout_keys[] = {
    {"dropout", "rate", REAL, IN_LAYER(rate), BELOW_ONE,
     .help = "Share of the values that are set to 0 in training; the others are divided by 1 - rate."},
};

static const struct elbow_key residual_keys[] = {
    {"residual", "layers", .type = ELBOW_KEY_INNER, IN_LAYER(inner),
     .help = "Layers whose input is added to their output, through a projection if the sizes differ."},
};
// clang-format on

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
