// SPDX-License-Identifier: BSD-3-Clause
// Subcommands: one table row and one file each. They contain no logic: they read flags, call one lower room, and return
// its status.
//
// A command's table of flags is the only list of its flags: the parser, the help, the manual page and the shell's
// completion are made from it. So every flag that is parsed is also documented.
#ifndef ELBOW_CLI_COMMAND_H
#define ELBOW_CLI_COMMAND_H

#include "elbow/base/log.h"
#include "elbow/base/output.h"
#include "elbow/base/status.h"
#include "elbow/config/kinds.h"
#include "elbow/parallel/comm.h"

#include <stdio.h>

// One row of a table of flags: --name, --name=value, --name value or -letter value; or a plain word.
struct elbow_flag {
    const char *name; // without dashes; NULL for a plain word
    char letter;      // 0: none
    enum {
        ELBOW_FLAG_SWITCH,
        ELBOW_FLAG_TEXT,
        ELBOW_FLAG_OPTIONAL_TEXT,
        ELBOW_FLAG_INTEGER,
        ELBOW_FLAG_SHARE,
        ELBOW_FLAG_POSITIVE,
        ELBOW_FLAG_BYTES,
        ELBOW_FLAG_LIST
    } kind;
    bool is_required;
    const char *value; // name of its value in the help ("DIR"), or of the plain word; NULL for a switch
    const char *help;  // one line, without a full stop
    size_t offset; // of its member in the command's options: bool, const char * ("" if an optional text is left out),
                   // int64_t, double (a share between 0 and 1, or a number above 0), int64_t bytes (a size such as
                   // 500MB or 2GiB, or a plain number of `unit`s), struct elbow_words
    int64_t least; // smallest value of an integer, or of a size in bytes
    int64_t most;  // largest value of an integer or size; 0: no limit
    int64_t unit;  // bytes that a plain number counts
};

enum { ELBOW_WORDS_MAX = 64 };

// The values of a flag that may be repeated. The words are those of the command line, not copies.
struct elbow_words {
    int count;
    const char *words[ELBOW_WORDS_MAX];
};

// Help texts and rows that the tables of several commands share. `at`: the offset of the member that the row fills.
#define ELBOW_HELP_CONFIG "the configuration, a YAML file"
#define ELBOW_HELP_LABELS "the dataset's labels"
#define ELBOW_WHY_NO_IMPORTANCE "without a distribution of z to draw from; leave it out"
#define ELBOW_ROW_SET(at)                                                                                              \
    {                                                                                                                  \
        .name = "set", .kind = ELBOW_FLAG_LIST, .value = "KEY=VALUE", .offset = (at),                                  \
        .help = "change a key of the configuration, such as train.epochs=40; may be repeated"                          \
    }
#define ELBOW_ROW_CORRUPT(at, what)                                                                                    \
    {                                                                                                                  \
        .name = "corrupt", .kind = ELBOW_FLAG_SWITCH, .help = what, .offset = (at)                                     \
    }
#define ELBOW_ROW_CHECKPOINT(at)                                                                                       \
    {                                                                                                                  \
        .kind = ELBOW_FLAG_TEXT, .is_required = true, .value = "CHECKPOINT", .offset = (at),                           \
        .help = "a checkpoint, or a run directory, whose newest checkpoint is used"                                    \
    }
#define ELBOW_ROW_BEST(at)                                                                                             \
    {                                                                                                                  \
        .name = "best", .kind = ELBOW_FLAG_SWITCH, .offset = (at),                                                     \
        .help = "for a run directory: the checkpoint with the best validation ELBO"                                    \
    }
#define ELBOW_ROW_RAW(at)                                                                                              \
    {                                                                                                                  \
        .name = "raw-weights", .kind = ELBOW_FLAG_SWITCH, .offset = (at),                                              \
        .help = "the trained weights instead of the averages (train.average)"                                          \
    }
#define ELBOW_ROW_DATA(at)                                                                                             \
    {                                                                                                                  \
        .name = "data", .kind = ELBOW_FLAG_TEXT, .value = "FILE[:/dataset]", .offset = (at),                           \
        .help = "the dataset, of which all rows are used (the checkpoint's held-back rows; if there are none, its "    \
                "validation data; else its training data)"                                                             \
    }
#define ELBOW_ROW_NAMES(at)                                                                                            \
    {                                                                                                                  \
        .name = "names", .kind = ELBOW_FLAG_TEXT, .value = "[FILE:]/dataset", .offset = (at),                          \
        .help = "the names of the rows, to be copied into the output"                                                  \
    }
#define ELBOW_ROW_MASK(at)                                                                                             \
    {                                                                                                                  \
        .name = "mask", .kind = ELBOW_FLAG_TEXT, .value = "[FILE:]/dataset", .offset = (at),                           \
        .help = "the mask of the dataset: 1 for a known value, 0 for a missing one"                                    \
    }
#define ELBOW_ROW_SIZE(at)                                                                                             \
    {                                                                                                                  \
        .name = "size", .kind = ELBOW_FLAG_TEXT, .value = "[FILE:]/dataset", .offset = (at),                           \
        .help = "the sizes of the dataset's rows, for a likelihood with size: data"                                    \
    }
#define ELBOW_ROW_CONDITION_FROM(at, rows)                                                                             \
    {                                                                                                                  \
        .name = "condition-from", .kind = ELBOW_FLAG_LIST, .value = "[NAME=][FILE:]/dataset", .offset = (at),          \
        .help = "the condition of " rows ", for a conditional model; may be repeated, with names"                      \
    }
#define ELBOW_ROW_OUTPUT(at)                                                                                           \
    {                                                                                                                  \
        .name = "output", .letter = 'o', .kind = ELBOW_FLAG_TEXT, .is_required = true, .value = "FILE",                \
        .offset = (at), .help = "the output file, with one of these endings:" ELBOW_SINK_ENDINGS                       \
    }
#define ELBOW_ROW_TABLE(at)                                                                                            \
    {                                                                                                                  \
        .name = "output", .letter = 'o', .kind = ELBOW_FLAG_TEXT, .is_required = true, .value = "FILE",                \
        .offset = (at), .help = "the output file, with one of these endings:" ELBOW_SINK_TABLE_ENDINGS                 \
    }
#define ELBOW_ROW_FORCE(at)                                                                                            \
    {                                                                                                                  \
        .name = "force", .kind = ELBOW_FLAG_SWITCH, .offset = (at), .help = ELBOW_OUTPUT_FORCE_HELP                    \
    }
#define ELBOW_ROW_SEED(at)                                                                                             \
    {                                                                                                                  \
        .name = "seed", .kind = ELBOW_FLAG_INTEGER, .value = "S", .least = 0, .offset = (at),                          \
        .help = "the seed of the noise (that of the configuration)"                                                    \
    }
#define ELBOW_ROW_BINARIZE(at)                                                                                         \
    {                                                                                                                  \
        .name = "binarize", .kind = ELBOW_FLAG_TEXT, .value = "none|threshold|sample", .offset = (at),                 \
        .help = "how values become 0 and 1 before encoding (data.binarize of the configuration)"                       \
    }
#define ELBOW_ROW_DRAW(at)                                                                                             \
    {                                                                                                                  \
        .name = "draw", .kind = ELBOW_FLAG_SWITCH, .offset = (at), .help = "draws from p(x|z) instead of its means"    \
    }
#define ELBOW_ROW_TRANSFORMED(at)                                                                                      \
    {                                                                                                                  \
        .name = "transformed", .kind = ELBOW_FLAG_SWITCH, .offset = (at),                                              \
        .help = "values as the model sees them, without undoing data.transform"                                        \
    }
#define ELBOW_ROW_JSON(at)                                                                                             \
    {                                                                                                                  \
        .name = "json", .kind = ELBOW_FLAG_SWITCH, .offset = (at), .help = "one JSON object instead of text"           \
    }

struct elbow_command;

// The arguments of every subcommand. Nothing is owned.
struct elbow_call {
    const struct elbow_command *command;
    struct elbow_comm *comm;
    struct elbow_log *log; // prints on rank zero: to stdout, or to stderr if the result of the command goes to stdout
    int count;             // number of words after the name of the subcommand
    char **words;          // [count]
    double started;        // start of the program, by elbow_clock_seconds
    FILE *early;           // whole result of the command's `describe` (elbow/cli/early.h); NULL: there is none
    bool has_result;       // set by `run`: this result goes to stdout, unlike other results of the command
};

struct elbow_command {
    const char *name;
    const char *summary;  // its purpose in a few words: the title of its manual page
    const char *text;     // the description in its help; lines that end in newlines
    const char *examples; // command lines that end in newlines
    const struct elbow_flag *flags;
    size_t flag_count;
    bool result_on_stdout;
    bool minds_screen;          // its log lines are an output: the exit status is 3 if they cannot be written
    bool stops_with_checkpoint; // on SIGUSR1 and SIGUSR2; otherwise these signals end the process
    // Collective. Executes the command. NULL: `alone` executes all of it.
    enum elbow_status (*run)(struct elbow_call *call, struct elbow_error *error);
    // Local. Opens the files that `run` will pass to HDF5, before MPI starts (comm and log are NULL), in a child
    // process that may crash; it writes the name of the file that it is reading to `note` (elbow/base/child.h). NULL if
    // there are no such files.
    void (*preview)(const struct elbow_call *call, char *note);
    // Local. The same in place of `preview`, for a command whose result depends on its files alone: prints the result
    // to `out`. If it returns true, `run` finds text and error in the call's `early`, and need not open these files,
    // which may crash it even if the child survived them. NULL for all other commands.
    bool (*describe)(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error);
    // Local. Without MPI (comm and log are NULL): executes the whole command if `run` is NULL, else only its flag
    // --check, which reports what is wrong with the command line. NULL for a command without that flag.
    enum elbow_status (*alone)(const struct elbow_call *call, struct elbow_error *error);
};

// Local. All commands, in the order of the help. Static.
const struct elbow_command *const *elbow_commands(size_t *count);

// Local. The command of this name. If there is none: NULL, and USAGE in `error`, with the most similar name.
const struct elbow_command *elbow_command_find(const char *name, struct elbow_error *error);

// Local. Parses the words of a call, by its command's table, into the struct at `options`, to which the offsets of the
// rows refer; members of flags that are left out keep their values. Plain words fill the rows without a name, in order.
// The texts are those of the call, not copies. USAGE for an unknown flag (with the most similar known one), a missing
// or invalid value, too many words, or a missing required row.
enum elbow_status elbow_flags_read(const struct elbow_call *call, void *options, struct elbow_error *error);

// The subcommands, in the order of the help: X(name). src/cli/<name>.c defines elbow_command_<name>.
#define ELBOW_COMMAND_LIST(X)                                                                                          \
    X(train)                                                                                                           \
    X(eval)                                                                                                            \
    X(encode)                                                                                                          \
    X(sample)                                                                                                          \
    X(reconstruct)                                                                                                     \
    X(decode)                                                                                                          \
    X(traverse)                                                                                                        \
    X(interpolate)                                                                                                     \
    X(impute)                                                                                                          \
    X(score)                                                                                                           \
    X(measure)                                                                                                         \
    X(map)                                                                                                             \
    X(compare)                                                                                                         \
    X(report)                                                                                                          \
    X(rechunk)                                                                                                         \
    X(info)                                                                                                            \
    X(config)                                                                                                          \
    X(bench)                                                                                                           \
    X(doctor)                                                                                                          \
    X(verify)                                                                                                          \
    X(export)

#define ELBOW_COMMAND_DECLARATION(name) extern const struct elbow_command elbow_command_##name;
ELBOW_COMMAND_LIST(ELBOW_COMMAND_DECLARATION)

#endif
