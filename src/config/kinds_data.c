// SPDX-License-Identifier: BSD-3-Clause
// Options of windows of the data, and of the input of the encoder: rows of keys, as in kinds.c.
#include "elbow/config/detail/rows.h"

// clang-format off
static const struct elbow_key series_keys[] = {
    {"", "length", INTEGER, .offset = offsetof(struct elbow_config, data.series.length), FROM(1, INT32_MAX),
     .help = "Number of points in time of a window. Each window is a sample."},
    {"", "step", INTEGER, .offset = offsetof(struct elbow_config, data.series.step), FROM(0, INT32_MAX), .preset = "0",
     .help = "Points from the start of a window to that of the next one in its row. 0: the length of a window."},
};
// clang-format on
const struct elbow_kind_schema elbow_series_options[2] = {{"series", {series_keys, 2}}, {NULL, {NULL, 0}}};

#define OF_CORRUPT .offset = offsetof(struct elbow_config, model.input.amount)

// clang-format off
static const struct elbow_key drop_keys[] = {
    {"", "share", REAL, OF_CORRUPT, .low = 0, .low_open = true, .high = 1, .high_open = true,
     .help = "Share of the values that become 0. The others are not rescaled."},
};
static const struct elbow_key deviation_keys[] = {
    {"", "deviation", REAL, OF_CORRUPT, ABOVE_ZERO,
     .help = "Standard deviation of the noise, in the unit of the encoder's input."},
};
static const struct elbow_key salt_keys[] = {
    {"", "share", REAL, OF_CORRUPT, .low = 0, .low_open = true, .high = 1, .high_open = true,
     .help = "Share of the values that become the smallest or the largest value of the training data."},
};
// clang-format on
#define drop_options OPTIONS(drop_keys)
#define deviation_options OPTIONS(deviation_keys)
#define salt_options OPTIONS(salt_keys)
#define no_options                                                                                                     \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }
#define CORRUPT(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_corrupt_kinds[ELBOW_CORRUPTIONS + 1] = {ELBOW_CORRUPT_LIST(CORRUPT)};

static const char *const input_transform_choices[] = {ELBOW_TRANSFORM_LIST(ELBOW_KIND_WORD) NULL};

// clang-format off
static const struct elbow_key input_keys[] = {
    {"", "transform", CHOICE(input_transform_choices),
     .offset = offsetof(struct elbow_config, model.input.transform), .preset = "none",
     .help = "A transform of the values for the encoder alone, of the kinds of data.transform. The scored values do "
             "not change."},
    {"", "corrupt", KIND(elbow_corrupt_kinds), .offset = offsetof(struct elbow_config, model.input.corrupt),
     .preset = "none",
     .help = "Corruption of the encoder's input in training, after the transform, drawn again in each epoch: {drop: "
             "SHARE}, {gaussian: DEVIATION} or {salt_and_pepper: SHARE}. The clean values are scored."},
    {"", "mask", BOOLEAN, .offset = offsetof(struct elbow_config, model.input.mask), .preset = "false",
     .help = "Whether the encoder also sees which values are known: 1, or 0 if a value is missing. A missing value "
             "is 0."},
};
// clang-format on
const struct elbow_kind_schema elbow_input_options[2] = {{"input", OPTIONS(input_keys)}, {NULL, {NULL, 0}}};
