// SPDX-License-Identifier: BSD-3-Clause
// The table of commands. Each has its row of options in its own file.
#include "elbow/base/text.h"
#include "elbow/cli/command.h"

#include <string.h>

#define COMMAND_ROW(name) &elbow_command_##name,
static const struct elbow_command *const commands[] = {ELBOW_COMMAND_LIST(COMMAND_ROW)};
enum { COMMANDS = sizeof commands / sizeof *commands };

const struct elbow_command *const *elbow_commands(size_t *count)
{
    *count = COMMANDS;
    return commands;
}

const struct elbow_command *elbow_command_find(const char *name, struct elbow_error *error)
{
    const struct elbow_command *nearest = commands[0];
    for (int i = 0; i < COMMANDS; ++i) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        if (elbow_text_distance(name, commands[i]->name) < elbow_text_distance(name, nearest->name))
            nearest = commands[i];
    }
    elbow_error_set(error, ELBOW_USAGE, "%s: unknown command; did you mean %s? (elbow --help lists all)", name,
                    nearest->name);
    return NULL;
}
