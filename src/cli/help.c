// SPDX-License-Identifier: BSD-3-Clause
// Help from the table of commands. This file names no command and no flag.
#include "elbow/cli/help.h"

#include "elbow/base/build.h"
#include "elbow/base/text.h"

#include <string.h>

enum { WIDTH = ELBOW_TEXT_WIDTH, INDENT = 2, GAP = 2, TERM_WIDTH_MAX = 30 };

// An entry: the term, padded to `width`, and its meaning beside it, or below it if the term is wider.
static void print_entry(FILE *out, const char *term, int width, const char *meaning)
{
    int margin = INDENT + width + GAP;
    fprintf(out, "%*s%-*s", INDENT, "", width, term);
    if ((int)strlen(term) > width)
        fprintf(out, "\n%*s", margin, "");
    else
        fprintf(out, "%*s", GAP, "");
    elbow_text_wrap(meaning, margin, out);
    fputc('\n', out);
}

void elbow_help_term(const struct elbow_flag *flag, char term[ELBOW_HELP_TERM_SIZE])
{
    if (flag->name == NULL && flag->letter == 0) {
        snprintf(term, ELBOW_HELP_TERM_SIZE, "%s", flag->value);
        return;
    }
    char letter[8] = "    ", value[64] = "";
    if (flag->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    if (flag->kind == ELBOW_FLAG_OPTIONAL_TEXT)
        snprintf(value, sizeof value, "[=%s]", flag->value);
    else if (flag->kind != ELBOW_FLAG_SWITCH)
        snprintf(value, sizeof value, " %s", flag->value);
    snprintf(term, ELBOW_HELP_TERM_SIZE, "%s--%s%s", letter, flag->name, value);
}

// A flag as the usage line has it: "[--set KEY=VALUE]...", " -o FILE".
static void format_usage(const struct elbow_flag *flag, char *text, size_t size)
{
    char term[ELBOW_HELP_TERM_SIZE], letter[ELBOW_HELP_TERM_SIZE];
    elbow_help_term(flag, term);
    const char *name = term + strspn(term, " ");
    if (flag->letter != 0) { // "-o FILE" of "-o, --output FILE"
        const char *value = strchr(name + 4, ' ');
        snprintf(letter, sizeof letter, "-%c%s", flag->letter, value == NULL ? "" : value);
        name = letter;
    }
    snprintf(text, size, flag->is_required ? " %s%s" : " [%s]%s", name, flag->kind == ELBOW_FLAG_LIST ? "..." : "");
}

static void print_usage(const struct elbow_command *command, FILE *out)
{
    int margin = fprintf(out, "usage: elbow %s", command->name), column = margin;
    for (size_t i = 0; i < command->flag_count; ++i) {
        char text[ELBOW_HELP_TERM_SIZE + 8];
        format_usage(&command->flags[i], text, sizeof text);
        if (column + (int)strlen(text) > WIDTH)
            column = fprintf(out, "\n%*s", margin, "") - 1;
        column += fprintf(out, "%s", text);
    }
    fputs("\n\n", out);
}

static void print_flags(const struct elbow_command *command, FILE *out)
{
    char term[ELBOW_HELP_TERM_SIZE];
    static const char HELP[] = "-h, --help";
    int width = (int)sizeof HELP - 1;
    for (size_t i = 0; i < command->flag_count; ++i) {
        elbow_help_term(&command->flags[i], term);
        int length = (int)strlen(term);
        width = length > width && length <= TERM_WIDTH_MAX ? length : width;
    }
    fputs("\noptions:\n", out);
    for (size_t i = 0; i < command->flag_count; ++i) {
        elbow_help_term(&command->flags[i], term);
        print_entry(out, term, width, command->flags[i].help);
    }
    print_entry(out, HELP, width, "this text");
}

static void print_exit_status(bool stops_with_checkpoint, FILE *out)
{
    fputs("\nexit status:\n", out);
    print_entry(out, "0", GAP, "done");
    print_entry(out, "1", GAP, "failed: a file, data, memory or numbers");
    print_entry(out, "2", GAP, "wrong command line or configuration");
    print_entry(out, "3", GAP, "done, but some output could not be written");
    if (stops_with_checkpoint)
        print_entry(out, "75", GAP, "stopped early, with a checkpoint: start again with --resume to continue");
}

void elbow_help_command(const struct elbow_command *command, FILE *out)
{
    print_usage(command, out);
    fputs(command->text, out);
    print_flags(command, out);
    print_exit_status(command->stops_with_checkpoint, out);
    fputs("\nexamples:\n", out);
    for (const char *line = command->examples; *line != '\0'; line += strcspn(line, "\n") + 1)
        fprintf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
}

void elbow_help_program(FILE *out)
{
    size_t count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    fprintf(out,
            "usage: [mpirun -n RANKS] elbow COMMAND [ARGUMENT...]\n"
            "       elbow help COMMAND\n"
            "       elbow --version\n"
            "\n"
            "Elbow %s trains variational autoencoders on MPI ranks. Every command works alone or under mpirun or\n"
            "srun, with the same results on any number of ranks.\n"
            "\n"
            "commands:\n",
            elbow_build_version());
    int width = 0;
    for (size_t i = 0; i < count; ++i)
        width = (int)strlen(commands[i]->name) > width ? (int)strlen(commands[i]->name) : width;
    for (size_t i = 0; i < count; ++i)
        print_entry(out, commands[i]->name, width, commands[i]->summary);
    fputs("\nelbow COMMAND --help lists the options of a command.\n", out);
    print_exit_status(true, out);
}
