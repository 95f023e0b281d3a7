// SPDX-License-Identifier: BSD-3-Clause
// elbow config: the resolved configuration, or the help of every key, on stdout. It needs no ranks.
#include "elbow/base/memory.h"
#include "elbow/cli/configuration.h"
#include "elbow/cli/launcher.h"

#include <stddef.h>
#include <stdio.h>

static enum elbow_status print_resolved(const struct elbow_config *config, struct elbow_error *error)
{
    char *text = NULL;
    enum elbow_status status = elbow_config_dump(config, &text, error);
    if (status != ELBOW_OK)
        return status;
    fputs(text, stdout);
    elbow_release(&text);
    return ELBOW_OK;
}

// The options on the command line.
struct options {
    const char *path;
    struct elbow_words sets;
    bool explains;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT, .value = "CONFIG", .help = ELBOW_HELP_CONFIG, .offset = offsetof(struct options, path)},
    ELBOW_ROW_SET(offsetof(struct options, sets)),
    {.name = "explain",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "every key with its type, bounds, default and meaning",
     .offset = offsetof(struct options, explains)},
};

static enum elbow_status alone(const struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    enum elbow_status status = elbow_flags_read(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    if (!options.explains && options.path == NULL)
        return elbow_error_set(error, ELBOW_USAGE, "config needs a configuration file, or --explain");
    struct elbow_config config;
    if (options.path != NULL)
        status = elbow_configuration_read_alone(options.path, &options.sets, &config, error);
    if (status != ELBOW_OK || !elbow_launcher_is_first())
        return status;
    if (!options.explains)
        return print_resolved(&config, error);
    elbow_config_explain(stdout);
    return ELBOW_OK;
}

const struct elbow_command elbow_command_config = {
    .name = "config",
    .summary = "print a configuration with all its keys, or explain them",
    .text = "Prints the configuration with all defaults, or with --explain every key with its type, bounds, default\n"
            "and meaning; one of the two must be given.\n",
    .examples = "elbow config configs/shapes.yaml --set train.epochs=40\n"
                "elbow config --explain\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .alone = alone,
};
