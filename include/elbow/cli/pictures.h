// SPDX-License-Identifier: BSD-3-Clause
// What the commands share that show what a model decodes: sample, reconstruct, decode, traverse, interpolate.
#ifndef ELBOW_CLI_PICTURES_H
#define ELBOW_CLI_PICTURES_H

#include "elbow/cli/command.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/evaluate/session.h"

// What they are asked for alike. Left out: seed below zero.
struct elbow_pictures_options {
    struct elbow_session_request request;
    struct elbow_words conditions, values; // --condition-from, --condition
    const char *class_name;                // --class
    int64_t seed;
    double size;
    bool draw, transformed;
};

// Local. Reads a command's words into its options, which is, or begins with, `options`.
enum elbow_status elbow_pictures_read(const struct elbow_call *call, struct elbow_pictures_options *options,
                                      struct elbow_error *error);

// Local. A gallery of a session.
struct elbow_gallery elbow_pictures_gallery(const struct elbow_call *call, const struct elbow_pictures_options *options,
                                            const struct elbow_session *session);

// Local. The seed of draws.
uint64_t elbow_pictures_seed(const struct elbow_pictures_options *options, const struct elbow_session *session);

// Local. What the flags say of conditions; cleared by the caller in any case.
enum elbow_status elbow_pictures_conditions(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session,
                                            struct elbow_conditioning *conditioning, struct elbow_error *error);

// Local. The class that --class names, by number or name, of a model with a classifier; -1 without the flag.
enum elbow_status elbow_pictures_class(const struct elbow_pictures_options *options,
                                       const struct elbow_session *session, int64_t *number, struct elbow_error *error);

// Local. Likewise where one has to be named: USAGE without the flag, of a model with a classifier.
enum elbow_status elbow_pictures_one_class(const struct elbow_pictures_options *options,
                                           const struct elbow_session *session, int64_t *number,
                                           struct elbow_error *error);

// Local. USAGE for --size of a model without one.
enum elbow_status elbow_pictures_check_size(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session, struct elbow_error *error);

// Local. Numbers that a flag lists, "594,274", into new memory (elbow_release). USAGE, with the flag.
enum elbow_status elbow_pictures_numbers(const char *flag, const char *text, uint64_t **numbers, uint64_t *count,
                                         struct elbow_error *error);

// Local. A flag's numbers, all of which are to be below `end`: "rows of digits.h5:/x", as in "there are 100 rows of
// digits.h5:/x, counted from 0".
enum elbow_status elbow_pictures_below(const char *flag, const uint64_t *numbers, uint64_t count, uint64_t end,
                                       const char *of, struct elbow_error *error);

// Local. Fewer rows than -n asks for are no reason to have none: a warning where there were fewer; asked 0: not asked.
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
        .help = "the output file: a picture, or plot, with the ending .png, .svg or .pdf, or the points, .h5 or .csv"  \
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
