// SPDX-License-Identifier: BSD-3-Clause
// Help: exact for a made-up command; complete and well-formed for every real one.
#include "elbow/cli/help.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct elbow_flag FLAGS[] = {
    {.kind = ELBOW_FLAG_LIST, .is_required = true, .value = "INPUT", .help = "what is read"},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "what is written, told in so many words that the line is full before they are all told, and more"},
    {.name = "count", .letter = 'n', .kind = ELBOW_FLAG_INTEGER, .value = "N", .help = "how many (3)"},
    {.name = "resume", .kind = ELBOW_FLAG_OPTIONAL_TEXT, .value = "auto", .help = "go on"},
    {.name = "a-name-of-some-length", .kind = ELBOW_FLAG_TEXT, .value = "VALUE-OF-SOME-LENGTH", .help = "for width"},
    {.name = "quick", .kind = ELBOW_FLAG_SWITCH, .help = "be quick"},
};
static const struct elbow_command COMMAND = {.name = "make",
                                             .text = "Makes things.\n",
                                             .examples = "elbow make a -o b\nelbow make c -o d\n",
                                             .flags = FLAGS,
                                             .flag_count = sizeof FLAGS / sizeof *FLAGS};

// To be freed.
static char *help_of(const struct elbow_command *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    elbow_help_command(command, out);
    fclose(out);
    return text;
}

START_TEST(whole_text)
{
    char *text = help_of(&COMMAND);
    ck_assert_str_eq(
        text, "usage: elbow make INPUT... -o FILE [-n N] [--resume[=auto]]\n"
              "                  [--a-name-of-some-length VALUE-OF-SOME-LENGTH] [--quick]\n"
              "\n"
              "Makes things.\n"
              "\n"
              "options:\n"
              "  INPUT                what is read\n"
              "  -o, --output FILE    what is written, told in so many words that the line is full before they are\n"
              "                       all told, and more\n"
              "  -n, --count N        how many (3)\n"
              "      --resume[=auto]  go on\n"
              "      --a-name-of-some-length VALUE-OF-SOME-LENGTH\n"
              "                       for width\n"
              "      --quick          be quick\n"
              "  -h, --help           this text\n"
              "\n"
              "exit status:\n"
              "  0   done\n"
              "  1   failed: a file, data, memory or numbers\n"
              "  2   wrong command line or configuration\n"
              "  3   done, but some output could not be written\n"
              "\n"
              "examples:\n"
              "  elbow make a -o b\n"
              "  elbow make c -o d\n");
    free(text);
}
END_TEST

// Required members of a row of any table, and the help that follows from them.
static void check_flag(const struct elbow_command *command, const struct elbow_flag *flag, const char *text)
{
    char term[ELBOW_HELP_TERM_SIZE];
    bool is_word = flag->name == NULL;
    ck_assert(!is_word || flag->letter == 0);
    ck_assert_msg(flag->help != NULL && *flag->help != '\0', "%s: a flag without help", command->name);
    ck_assert_msg(strchr(flag->help, '\n') == NULL && flag->help[strlen(flag->help) - 1] != '.', "%s: %s",
                  command->name, flag->help);
    ck_assert_int_eq(flag->value == NULL, flag->kind == ELBOW_FLAG_SWITCH);
    ck_assert(!flag->is_required || flag->kind == ELBOW_FLAG_TEXT || flag->kind == ELBOW_FLAG_LIST);
    elbow_help_term(flag, term);
    ck_assert_msg(strstr(text, term) != NULL, "%s --help lacks '%s'", command->name, term);
    ck_assert_msg(strstr(text, flag->kind == ELBOW_FLAG_LIST ? (flag->is_required ? "..." : "]...") : "") != NULL,
                  "%s: no list", command->name);
}

START_TEST(every_command)
{
    size_t count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    ck_assert_uint_gt(count, 7);
    for (size_t c = 0; c < count; ++c) {
        const struct elbow_command *command = commands[c];
        char *text = help_of(command), usage[64];
        ck_assert(command->run != NULL || command->alone != NULL);
        ck_assert_ptr_eq(elbow_command_find(command->name, NULL), command);
        ck_assert(command->summary != NULL && strchr(command->summary, '.') == NULL);
        ck_assert(command->text[strlen(command->text) - 1] == '\n');
        ck_assert(command->examples[strlen(command->examples) - 1] == '\n');
        snprintf(usage, sizeof usage, "usage: elbow %s ", command->name);
        ck_assert(strncmp(text, usage, strlen(usage)) == 0);
        for (size_t f = 0; f < command->flag_count; ++f)
            check_flag(command, &command->flags[f], text);
        ck_assert_msg((strstr(text, "  75  ") != NULL) == command->stops_with_checkpoint, "%s: 75", command->name);
        ck_assert_msg(strstr(text, " \n") == NULL, "%s --help: blanks at the end of a line", command->name);
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_msg(strcspn(line, "\n") <= 120, "%s --help: %.*s", command->name, (int)strcspn(line, "\n"), line);
        free(text);
    }
}
END_TEST

START_TEST(program)
{
    char *text = NULL;
    size_t size = 0, count;
    const struct elbow_command *const *commands = elbow_commands(&count);
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    elbow_help_program(out);
    fclose(out);
    for (size_t c = 0; c < count; ++c) {
        ck_assert_ptr_nonnull(strstr(text, commands[c]->name));
        ck_assert_ptr_nonnull(strstr(text, commands[c]->summary));
    }
    free(text);
}
END_TEST

START_TEST(unknown_command)
{
    struct elbow_error error = {0};
    ck_assert_ptr_null(elbow_command_find("recontsruct", &error));
    ck_assert_int_eq(error.status, ELBOW_USAGE);
    ck_assert_str_eq(error.message, "recontsruct: unknown command; did you mean reconstruct? (elbow --help lists all)");
}
END_TEST

UNIT_MAIN("cli/help", whole_text, every_command, program, unknown_command)
