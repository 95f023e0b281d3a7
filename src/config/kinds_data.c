// SPDX-License-Identifier: BSD-3-Clause
// What is cut out of the data, and what the encoder sees of it: rows of keys, as in kinds.c.
#include "elbow/config/detail/rows.h"

// clang-format off
static const struct elbow_key series_keys[] = {
    {"", "length", INTEGER, .offset = offsetof(struct elbow_config, data.series.length), FROM(1, INT32_MAX),
     .help = "Points in time of a window, which is a sample."},
    {"", "step", INTEGER, .offset = offsetof(struct elbow_config, data.series.step), FROM(0, INT32_MAX), .preset = "0",
     .help = "Points from the start of a window to that of the next one in its row; 0: as many as a window has."},
};
// clang-format on
const struct elbow_kind_schema elbow_series_options[2] = {{"series", {series_keys, 2}}, {NULL, {NULL, 0}}};

#define OF_CORRUPT .offset = offsetof(struct elbow_config, model.input.amount)

// clang-format off
static const struct elbow_key drop_keys[] = {
    {"", "share", REAL, OF_CORRUPT, .low = 0, .low_open = true, .high = 1, .high_open = true,
     .help = "Of the values, which become 0; the others are not rescaled."},
};
static const struct elbow_key deviation_keys[] = {
    {"", "deviation", REAL, OF_CORRUPT, ABOVE_ZERO, .help = "Of the noise, in the unit of what the encoder sees."},
};
static const struct elbow_key salt_keys[] = {
    {"", "share", REAL, OF_CORRUPT, .low = 0, .low_open = true, .high = 1, .high_open = true,
     .help = "Of the values, which become the smallest or the largest of the training data."},
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
     .help = "What is done to the values for the encoder alone, as data.transform does it; what is scored stays as it is."},
    {"", "corrupt", KIND(elbow_corrupt_kinds), .offset = offsetof(struct elbow_config, model.input.corrupt),
     .preset = "none",
     .help = "What the encoder sees in training in place of the values, after the transform, drawn anew in each epoch: "
             "{drop: SHARE}, {gaussian: DEVIATION} or {salt_and_pepper: SHARE}; the clean values are scored."},
    {"", "mask", BOOLEAN, .offset = offsetof(struct elbow_config, model.input.mask), .preset = "false",
     .help = "Whether the encoder also sees which values are known: 1, or 0 where one is missing, which has the value 0."},
};
// clang-format on
const struct elbow_kind_schema elbow_input_options[2] = {{"input", OPTIONS(input_keys)}, {NULL, {NULL, 0}}};
