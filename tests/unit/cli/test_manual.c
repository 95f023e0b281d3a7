// SPDX-License-Identifier: BSD-3-Clause
// Manual pages of invented helps: every form that a help may have, and characters with a meaning in roff.
#include "elbow/cli/manual.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

// To be freed.
static char *page_of(const char *help, enum elbow_status expected)
{
    char *text = NULL;
    size_t size = 0;
    struct elbow_error error = {0};
    struct elbow_manual manual = {.name = "elbow-make", .summary = "make things", .date = "2026-01-31", .help = help};
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(elbow_manual_write(&manual, out, &error), expected);
    ck_assert_int_eq(error.status, expected);
    fclose(out);
    return text;
}

// The page behind its head.
static void check_page(const char *help, const char *expected)
{
    char *page = page_of(help, ELBOW_OK);
    const char *body = strstr(page, ".SH NAME\nelbow\\-make \\- make things\n");
    ck_assert(strstr(page, ".TH ELBOW-MAKE 1 2026-01-31 \"Elbow ") != NULL);
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(strstr(body, ".SH SYNOPSIS"), expected);
    free(page);
}

START_TEST(whole_page)
{
    check_page("usage: elbow make FILE [--set KEY=VALUE]...\n"
               "                  [-n N]\n"
               "       elbow make --all  everything\n"
               "\n"
               "First paragraph,\n"
               "two lines.\n"
               "\n"
               "Second.\n"
               "\n"
               "options:\n"
               "  FILE           what is made\n"
               "  -n, --count N  how many,\n"
               "                 or more\n"
               "      --a-long-one WITH-A-VALUE\n"
               "                 below\n"
               "\n"
               "exit status:\n"
               "  75  stopped\n"
               "\n"
               "examples:\n"
               "  elbow make a -n 2\n"
               "  elbow make b\n",
               ".SH SYNOPSIS\n"
               "\\fBelbow\\fR \\fBmake\\fR \\fIFILE\\fR [\\fB\\-\\-set\\fR\n"
               "\\fIKEY=VALUE\\fR]\\&...\n"
               "[\\fB\\-n\\fR \\fIN\\fR]\n"
               ".br\n"
               "\\fBelbow\\fR \\fBmake\\fR \\fB\\-\\-all\\fR\n"
               ".RS 4\n"
               "everything\n"
               ".RE\n"
               ".SH DESCRIPTION\n"
               "First paragraph,\n"
               "two lines.\n"
               ".PP\n"
               "Second.\n"
               ".SH OPTIONS\n"
               ".TP\n"
               "\\fIFILE\\fR\n"
               "what is made\n"
               ".TP\n"
               "\\fB\\-n\\fR, \\fB\\-\\-count\\fR \\fIN\\fR\n"
               "how many,\n"
               "or more\n"
               ".TP\n"
               "\\fB\\-\\-a\\-long\\-one\\fR \\fIWITH\\-A\\-VALUE\\fR\n"
               "below\n"
               ".SH EXIT STATUS\n"
               ".TP\n"
               "75\n"
               "stopped\n"
               ".SH EXAMPLES\n"
               ".RS 4\n"
               ".nf\n"
               "elbow make a \\-n 2\n"
               "elbow make b\n"
               ".fi\n"
               ".RE\n"
               ".SH SEE ALSO\n"
               ".BR elbow (1)\n");
}
END_TEST

// A tool's help has no heading before its options.
START_TEST(options_without_heading)
{
    check_page("usage: tool -o FILE\n"
               "\n"
               "Makes\n"
               "  /a  one thing\n"
               "\n"
               "  -o, --output FILE  where\n"
               "  -h, --help         this text\n",
               ".SH SYNOPSIS\n"
               "\\fBtool\\fR \\fB\\-o\\fR \\fIFILE\\fR\n"
               ".SH DESCRIPTION\n"
               "Makes\n"
               ".TP\n"
               "\\fB/a\\fR\n"
               "one thing\n"
               ".SH OPTIONS\n"
               ".TP\n"
               "\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\n"
               "where\n"
               ".TP\n"
               "\\fB\\-h\\fR, \\fB\\-\\-help\\fR\n"
               "this text\n"
               ".SH SEE ALSO\n"
               ".BR elbow (1)\n");
}
END_TEST

START_TEST(nothing_is_a_request)
{
    check_page("usage: tool\n"
               "\n"
               ".png or \\n\n"
               "'quoted'\n",
               ".SH SYNOPSIS\n"
               "\\fBtool\\fR\n"
               ".SH DESCRIPTION\n"
               "\\&.png or \\en\n"
               "\\&'quoted'\n"
               ".SH SEE ALSO\n"
               ".BR elbow (1)\n");
}
END_TEST

START_TEST(no_help)
{
    free(page_of("", ELBOW_FORMAT));
    free(page_of("tool: not found\n", ELBOW_FORMAT));
}
END_TEST

UNIT_MAIN("cli/manual", whole_page, options_without_heading, nothing_is_a_request, no_help)
