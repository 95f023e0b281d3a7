// SPDX-License-Identifier: BSD-3-Clause
// The tables of bash's completion (tools/pages/completion.bash), from the table of commands and the table of keys. The
// name of a value in the help gives its kind: CONFIG, DIR, FILE, CHECKPOINT and KEY=VALUE can be completed, numbers
// cannot.
#include "elbow/cli/command.h"
#include "elbow/cli/manual.h"
#include "elbow/config/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *kind_of(const struct elbow_flag *flag)
{
    if (flag->kind == ELBOW_FLAG_INTEGER)
        return "number";
    if (strcmp(flag->value, "CONFIG") == 0)
        return "config";
    if (strcmp(flag->value, "DIR") == 0)
        return "directory";
    if (strcmp(flag->value, "KEY=VALUE") == 0)
        return "key";
    bool is_file = strstr(flag->value, "FILE") != NULL || strcmp(flag->value, "CHECKPOINT") == 0;
    return is_file ? "file" : "number";
}

static void write_options(const struct elbow_command *command, FILE *out)
{
    fprintf(out, "_elbow_options[%s]='", command->name);
    for (size_t i = 0; i < command->flag_count; ++i) {
        const struct elbow_flag *flag = &command->flags[i];
        if (flag->name != NULL)
            fprintf(out, "--%s ", flag->name);
        if (flag->kind == ELBOW_FLAG_OPTIONAL_TEXT)
            fprintf(out, "--%s=%s ", flag->name, flag->value);
    }
    fputs("'\n", out);
}

static void write_kinds(const struct elbow_command *command, FILE *out)
{
    for (size_t i = 0; i < command->flag_count; ++i) {
        const struct elbow_flag *flag = &command->flags[i];
        if (flag->kind == ELBOW_FLAG_SWITCH || flag->kind == ELBOW_FLAG_OPTIONAL_TEXT)
            continue;
        if (flag->name == NULL)
            fprintf(out, "_elbow_kinds[%s]='%s'\n", command->name, kind_of(flag));
        else
            fprintf(out, "_elbow_kinds['%s --%s']='%s'\n", command->name, flag->name, kind_of(flag));
        if (flag->letter != 0)
            fprintf(out, "_elbow_kinds['%s -%c']='%s'\n", command->name, flag->letter, kind_of(flag));
    }
}

// "train.epochs=" and so on: the lines of --explain that begin with a key, up to the options of layers.
static void write_keys(FILE *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *explained = open_memstream(&text, &size);
    fputs("_elbow_keys='", out);
    if (explained != NULL) {
        elbow_config_explain(explained);
        fclose(explained);
        for (const char *line = text; *line == ' ' || islower((unsigned char)*line); line += strcspn(line, "\n") + 1)
            if (*line != ' ')
                fprintf(out, "%.*s= ", (int)strcspn(line, ":"), line);
    }
    free(text);
    fputs("'\n", out);
}

void elbow_completion_write(FILE *out)
{
    size_t count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    fputs("_elbow_commands='", out);
    for (size_t i = 0; i < count; ++i)
        fprintf(out, "%s ", commands[i]->name);
    fputs("'\ndeclare -gA _elbow_options _elbow_kinds\n", out);
    for (size_t i = 0; i < count; ++i) {
        write_options(commands[i], out);
        write_kinds(commands[i], out);
    }
    write_keys(out);
}
