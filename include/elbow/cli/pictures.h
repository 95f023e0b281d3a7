// SPDX-License-Identifier: BSD-3-Clause
// The shared part of the commands that show decoded samples: sample, reconstruct, decode, traverse, interpolate.
#ifndef ELBOW_CLI_PICTURES_H
#define ELBOW_CLI_PICTURES_H

#include "elbow/cli/command.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/evaluate/session.h"

// The options that they share. seed: negative if it is left out.
struct elbow_pictures_options {
    struct elbow_session_request request;
    struct elbow_words conditions, values; // --condition-from, --condition
    const char *class_name;                // --class
    int64_t seed;
    double size;
    bool draw, transformed;
};

// Local. Parses a command's words into its options. `options` is the beginning of that command's struct. USAGE.
enum elbow_status elbow_pictures_read(const struct elbow_call *call, struct elbow_pictures_options *options,
                                      struct elbow_error *error);

// Local. The gallery of a session. It borrows from both arguments.
struct elbow_gallery elbow_pictures_gallery(const struct elbow_call *call, const struct elbow_pictures_options *options,
                                            const struct elbow_session *session);

// Local. The seed of draws: that of the options, else that of the configuration.
uint64_t elbow_pictures_seed(const struct elbow_pictures_options *options, const struct elbow_session *session);

// Local. The conditions that the flags give. The caller clears them, also after an error. USAGE.
enum elbow_status elbow_pictures_conditions(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session,
                                            struct elbow_conditioning *conditioning, struct elbow_error *error);

// Local. The number of the class that --class names, by number or name; -1 without the flag. USAGE for an unknown
// class, and for a model without a classifier.
enum elbow_status elbow_pictures_class(const struct elbow_pictures_options *options,
                                       const struct elbow_session *session, int64_t *number, struct elbow_error *error);

// Local. The same if a class is required: also USAGE without the flag for a model with a classifier.
enum elbow_status elbow_pictures_one_class(const struct elbow_pictures_options *options,
                                           const struct elbow_session *session, int64_t *number,
                                           struct elbow_error *error);

// Local. USAGE if --size is given and no likelihood of the model has a size.
enum elbow_status elbow_pictures_check_size(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session, struct elbow_error *error);

// Local. Parses the numbers of a flag, "594,274", into new memory, which the caller releases with elbow_release, also
// after an error. USAGE, with the flag.
enum elbow_status elbow_pictures_numbers(const char *flag, const char *text, uint64_t **numbers, uint64_t *count,
                                         struct elbow_error *error);

// Local. USAGE unless all numbers of a flag are below `end`. `of` names the things in the message: "7 is out of range;
// there are 5 rows of digits.h5:/x, counted from 0".
enum elbow_status elbow_pictures_below(const char *flag, const uint64_t *numbers, uint64_t count, uint64_t end,
                                       const char *of, struct elbow_error *error);

// Local. Warns if -n asked for more rows than the `count` that there are. asked: 0 without the flag.
void elbow_pictures_warn_fewer(const struct elbow_call *call, int64_t asked, uint64_t count, int64_t first,
                               const char *noun, const char *of);

#define ELBOW_ROW_CONDITION(at, what)                                                                                  \
    {                                                                                                                  \
        .name = "condition", .kind = ELBOW_FLAG_LIST, .value = "NAME=VALUE[,...]", .offset = (at), .help = what        \
    }
#define ELBOW_ROW_WALK(at)                                                                                             \
    {                                                                                                                  \
        .name = "output", .letter = 'o', .kind = ELBOW_FLAG_TEXT, .is_required = true, .value = "FILE",                \
        .offset = (at),                                                                                                \
        .help = "the output file: a picture or plot, with the ending .png, .svg or .pdf, or the points, .h5 or .csv"   \
    }
#define ELBOW_ROW_TOTAL(at)                                                                                            \
    {                                                                                                                  \
        .name = "size", .kind = ELBOW_FLAG_POSITIVE, .value = "S", .offset = (at),                                     \
        .help = "the sum of the means of a sample, for a likelihood with size: total or data (the average of the "     \
                "training data)"                                                                                       \
    }
#define ELBOW_ROW_CLASS(at)                                                                                            \
    {                                                                                                                  \
        .name = "class", .kind = ELBOW_FLAG_TEXT, .value = "NAME|NUMBER", .offset = (at),                              \
        .help = "the class for the decoder, for a model with a classifier"                                             \
    }

#endif
