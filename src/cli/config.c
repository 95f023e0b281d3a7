// SPDX-License-Identifier: BSD-3-Clause
// elbow config: the resolved configuration, or the help of every key, on stdout.
#include "elbow/base/memory.h"
#include "elbow/cli/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum elbow_status flush_stdout(struct elbow_error *error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "the standard output cannot be written: %s", strerror(errno));
}

// Rank zero.
static enum elbow_status print_resolved(const struct elbow_config *config, struct elbow_error *error)
{
    char *text = NULL;
    enum elbow_status status = elbow_config_dump(config, &text, error);
    if (status != ELBOW_OK)
        return status;
    fputs(text, stdout);
    elbow_release(&text);
    return flush_stdout(error);
}

enum elbow_status elbow_command_config(struct elbow_call *call, struct elbow_error *error)
{
    struct elbow_words sets = {0};
    const char *path = NULL;
    bool explains = false;
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &path},
        {"set", 0, ELBOW_FLAG_LIST, &sets, 0},
        {"explain", 0, ELBOW_FLAG_SWITCH, &explains, 0},
    };
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status != ELBOW_OK)
        return status;
    if (!explains && path == NULL)
        return elbow_error_set(error, ELBOW_USAGE, "config needs a configuration file, or --explain");
    struct elbow_config config;
    bool is_root = elbow_comm_place(call->comm).rank == 0;
    if (path != NULL)
        status = elbow_configuration_read(call->comm, path, &sets, &config, error);
    if (status != ELBOW_OK)
        return status;
    *error = (struct elbow_error){0};
    if (is_root && explains) {
        elbow_config_explain(stdout);
        flush_stdout(error);
    } else if (is_root) {
        print_resolved(&config, error);
    }
    elbow_comm_broadcast(call->comm, error, sizeof *error);
    return error->status;
}
