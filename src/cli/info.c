// SPDX-License-Identifier: BSD-3-Clause
// elbow info: a dataset file or a checkpoint, described on stdout.
#include "elbow/base/child.h"
#include "elbow/cli/command.h"
#include "elbow/cli/early.h"
#include "elbow/evaluate/describe.h"

#include <stddef.h>
#include <stdio.h>

// Collective.
static enum elbow_status describe_checkpoint(struct elbow_call *call, const char *path, struct elbow_error *error)
{
    struct elbow_checkpoint checkpoint = {0};
    enum elbow_status status = elbow_checkpoint_load(call->comm, path, false, call->log, &checkpoint, error);
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0)
        elbow_describe_checkpoint(&checkpoint, stdout);
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

// The options on the command line.
struct options {
    const char *path;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "a dataset file, a checkpoint, or a run directory",
     .offset = offsetof(struct options, path)},
};

// libhdf5 sees no byte of a damaged checkpoint: its hash is verified first.
static bool describe(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error)
{
    struct options options = {0};
    if (elbow_flags_read(call, &options, error) != ELBOW_OK || elbow_describe_is_checkpoint(options.path))
        return false;
    elbow_text_format(note, ELBOW_CHILD_NOTE_SIZE, "%s", options.path);
    elbow_describe_file(options.path, out, error);
    note[0] = '\0';
    return true;
}

// Rank zero.
static void describe_file(const struct elbow_call *call, const char *path, struct elbow_error *error)
{
    if (call->early != NULL)
        elbow_early_take(call->early, stdout, error);
    else
        elbow_describe_file(path, stdout, error);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    if (elbow_flags_read(call, &options, error) != ELBOW_OK)
        return error->status;
    *error = (struct elbow_error){0};
    bool is_root = elbow_comm_place(call->comm).rank == 0;
    bool is_checkpoint = is_root && call->early == NULL && elbow_describe_is_checkpoint(options.path);
    elbow_comm_broadcast(call->comm, &is_checkpoint, sizeof is_checkpoint);
    if (is_checkpoint)
        describe_checkpoint(call, options.path, error);
    else if (is_root)
        describe_file(call, options.path, error);
    elbow_comm_broadcast(call->comm, error, sizeof *error);
    return error->status;
}

const struct elbow_command elbow_command_info = {
    .name = "info",
    .summary = "describe the contents of a file",
    .text = "Describes the contents of a dataset file, a checkpoint or a run directory.\n",
    .examples = "elbow info data/shapes.h5\n"
                "elbow info runs/shapes\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .describe = describe,
};
