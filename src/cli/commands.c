// SPDX-License-Identifier: BSD-3-Clause
// The table of commands. Each has its row of options in its own file.
#include "elbow/base/text.h"
#include "elbow/cli/command.h"

#include <string.h>

static const struct elbow_command *const commands[] = {
    &elbow_command_train,       &elbow_command_eval,   &elbow_command_encode,   &elbow_command_sample,
    &elbow_command_reconstruct, &elbow_command_decode, &elbow_command_traverse, &elbow_command_interpolate,
    &elbow_command_impute,      &elbow_command_score,  &elbow_command_measure,  &elbow_command_map,
    &elbow_command_compare,     &elbow_command_info,   &elbow_command_config,   &elbow_command_bench,
    &elbow_command_doctor,      &elbow_command_verify, &elbow_command_export,
};
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
