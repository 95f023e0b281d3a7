// SPDX-License-Identifier: BSD-3-Clause
// Makes manual pages and bash's completion; run by the build, not installed. It starts no MPI: builds run where none
// may be started.
//   elbow-pages commands DATE DIR          elbow.1 and elbow-COMMAND.1 into DIR
//   elbow-pages tool DATE NAME SUMMARY     the page of a program, whose --help stands on standard input
//   elbow-pages completion                 the tables of completion.bash
#include "elbow/cli/help.h"
#include "elbow/cli/manual.h"
#include "elbow/cli/processor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_SIZE = 1 << 16, PATH_SIZE = 4096 };

static int fail(const char *text, const char *reason)
{
    fprintf(stderr, "elbow-pages: %s: %s\n", text, reason);
    return 1;
}

static int close_output(FILE *out, const char *path)
{
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written ? 0 : fail(path, strerror(errno));
}

static int write_page(const struct elbow_manual *manual, const char *directory)
{
    char path[PATH_SIZE];
    struct elbow_error error = {0};
    snprintf(path, sizeof path, "%s/%s.1", directory, manual->name);
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return fail(path, strerror(errno));
    if (elbow_manual_write(manual, out, &error) != ELBOW_OK) {
        fclose(out);
        return fail(path, error.message);
    }
    return close_output(out, path);
}

// The page of a command, or of the program for a NULL.
static int write_command(const struct elbow_command *command, const char *date, const char *directory)
{
    char *help = NULL, name[64] = "elbow";
    size_t size = 0;
    FILE *memory = open_memstream(&help, &size);
    if (memory == NULL)
        return fail("help", strerror(errno));
    if (command == NULL) {
        elbow_help_program(memory);
    } else {
        elbow_help_command(command, memory);
        snprintf(name, sizeof name, "elbow-%s", command->name);
    }
    fclose(memory);
    struct elbow_manual manual = {.name = name,
                                  .summary = command == NULL ? "train variational autoencoders on MPI ranks"
                                                             : command->summary,
                                  .date = date,
                                  .help = help};
    int status = write_page(&manual, directory);
    free(help);
    return status;
}

static int write_commands(const char *date, const char *directory)
{
    size_t count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    int status = write_command(NULL, date, directory);
    for (size_t i = 0; i < count && status == 0; ++i)
        status = write_command(commands[i], date, directory);
    return status;
}

static int write_tool(const char *date, const char *name, const char *summary)
{
    static char help[HELP_SIZE];
    struct elbow_error error = {0};
    help[fread(help, 1, sizeof help - 1, stdin)] = '\0';
    struct elbow_manual manual = {.name = name, .summary = summary, .date = date, .help = help};
    if (elbow_manual_write(&manual, stdout, &error) != ELBOW_OK)
        return fail(name, error.message);
    return 0;
}

int main(int argc, char **argv)
{
    int status = 2;
    if (!elbow_processor_fits("elbow-pages"))
        return 1;
    if (argc == 4 && strcmp(argv[1], "commands") == 0) {
        status = write_commands(argv[2], argv[3]);
    } else if (argc == 5 && strcmp(argv[1], "tool") == 0) {
        status = write_tool(argv[2], argv[3], argv[4]);
    } else if (argc == 2 && strcmp(argv[1], "completion") == 0) {
        elbow_completion_write(stdout);
        status = 0;
    } else {
        fprintf(stderr, "usage: elbow-pages commands DATE DIR | tool DATE NAME SUMMARY | completion\n");
    }
    if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        return fail("standard output", strerror(errno));
    return status;
}
