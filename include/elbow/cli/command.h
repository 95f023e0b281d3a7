// SPDX-License-Identifier: BSD-3-Clause
// Subcommands: one table row and one file each. No logic here: flags in, one call of a lower floor, status out.
#ifndef ELBOW_CLI_COMMAND_H
#define ELBOW_CLI_COMMAND_H

#include "elbow/base/log.h"
#include "elbow/base/status.h"
#include "elbow/parallel/comm.h"

// What every subcommand gets.
struct elbow_call {
    struct elbow_comm *comm;
    struct elbow_log *log; // speaks on rank zero, to stdout (stderr for commands whose result goes to stdout)
    int count;             // words after the subcommand's name
    char **words;
};

struct elbow_command {
    const char *name;
    const char *synopsis; // of the words after the name
    const char *help;     // lines
    bool result_on_stdout;
    bool stops_with_checkpoint; // on SIGUSR1 and SIGUSR2; else they end the process
    enum elbow_status (*run)(struct elbow_call *call, struct elbow_error *error); // Collective.
    // Local. Looks at the files that `run` will hand to HDF5, before MPI is there (comm and log are NULL), in a child
    // process that may crash of it; note: elbow/base/child.h. NULL where there are none.
    void (*preview)(const struct elbow_call *call, char *note);
};

// One row of a subcommand's table of flags: --name or --name=value or --name value, -letter value.
struct elbow_flag {
    const char *name; // without dashes; NULL for a plain word
    char letter;      // 0: none
    enum { ELBOW_FLAG_SWITCH, ELBOW_FLAG_TEXT, ELBOW_FLAG_OPTIONAL_TEXT, ELBOW_FLAG_INTEGER, ELBOW_FLAG_LIST } kind;
    void *target;  // bool *, const char ** ("" for an optional text left out), int64_t *, struct elbow_words *
    int64_t least; // of an integer
};

enum { ELBOW_WORDS_MAX = 64 };
struct elbow_words {
    int count;
    const char *words[ELBOW_WORDS_MAX];
};

// Local. Reads the words of a call by a table of `count` flags; plain words go to the rows without name, in order.
// USAGE for an unknown flag (with the nearest known one), a missing or wrong value, too many words.
enum elbow_status elbow_flags_read(const struct elbow_call *call, const struct elbow_flag *flags, size_t count,
                                   struct elbow_error *error);

// The subcommands.
void elbow_preview_train(const struct elbow_call *call, char *note);
void elbow_preview_eval(const struct elbow_call *call, char *note);
void elbow_preview_encode(const struct elbow_call *call, char *note);
void elbow_preview_reconstruct(const struct elbow_call *call, char *note);
void elbow_preview_info(const struct elbow_call *call, char *note);
void elbow_preview_bench(const struct elbow_call *call, char *note);
enum elbow_status elbow_command_train(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_eval(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_encode(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_sample(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_reconstruct(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_info(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_config(struct elbow_call *call, struct elbow_error *error);
enum elbow_status elbow_command_bench(struct elbow_call *call, struct elbow_error *error);

#endif
