// SPDX-License-Identifier: BSD-3-Clause
// elbow info: a dataset file or a checkpoint, told in words on stdout.
#include "elbow/base/child.h"
#include "elbow/cli/command.h"
#include "elbow/run/describe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Collective.
static enum elbow_status tell_checkpoint(struct elbow_call *call, const char *path, struct elbow_error *error)
{
    struct elbow_checkpoint checkpoint = {0};
    enum elbow_status status = elbow_checkpoint_load(call->comm, path, false, call->log, &checkpoint, error);
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0)
        elbow_describe_checkpoint(&checkpoint, stdout);
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

static enum elbow_status read_flags(const struct elbow_call *call, const char **path, struct elbow_error *error)
{
    const struct elbow_flag flags[] = {{.kind = ELBOW_FLAG_TEXT, .target = path}};
    enum elbow_status status = elbow_flags_read(call, flags, 1, error);
    if (status == ELBOW_OK && *path == NULL)
        status = elbow_error_set(error, ELBOW_USAGE, "info needs a file: a dataset, a checkpoint or a run directory");
    return status;
}

void elbow_preview_info(const struct elbow_call *call, char *note)
{
    const char *path = NULL;
    struct elbow_error error = {0};
    if (read_flags(call, &path, &error) != ELBOW_OK || elbow_describe_is_checkpoint(path))
        return;
    elbow_text_format(note, ELBOW_CHILD_NOTE_SIZE, "%s", path);
    elbow_describe_file(path, stdout, &error); // a child prints to nowhere
    note[0] = '\0';
}

enum elbow_status elbow_command_info(struct elbow_call *call, struct elbow_error *error)
{
    const char *path = NULL;
    enum elbow_status status = read_flags(call, &path, error);
    if (status != ELBOW_OK)
        return status;
    *error = (struct elbow_error){0};
    bool is_root = elbow_comm_place(call->comm).rank == 0;
    bool is_checkpoint = is_root && elbow_describe_is_checkpoint(path);
    elbow_comm_broadcast(call->comm, &is_checkpoint, sizeof is_checkpoint);
    if (is_checkpoint)
        tell_checkpoint(call, path, error);
    else if (is_root)
        elbow_describe_file(path, stdout, error);
    if (is_root && error->status == ELBOW_OK && (fflush(stdout) != 0 || ferror(stdout)))
        elbow_error_set(error, ELBOW_OUTPUT, "the standard output cannot be written: %s", strerror(errno));
    elbow_comm_broadcast(call->comm, error, sizeof *error);
    return error->status;
}
