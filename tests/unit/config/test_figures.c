// SPDX-License-Identifier: BSD-3-Clause
// The list of figures, and texts that must agree with it: the table in the documents, and lists in scripts.
#include "elbow/base/text.h"
#include "elbow/config/figures.h"
#include "scratch.h"
#include "unit.h"

#include <ctype.h>
#include <math.h>

enum { LINE_SIZE = 1024 };

// Names of the places in the documents, in the order of enum elbow_figure_place.
static const char *const places[] = {"`metrics.csv`", "log", "`eval`", "`eval --json`", "classes", "`encode`"};
enum { PLACES = sizeof places / sizeof *places };

static char *read_text(const char *name)
{
    size_t size;
    char path[LINE_SIZE];
    snprintf(path, sizeof path, "%s/%s", ELBOW_SOURCE_DIR, name);
    char *text = scratch_read(path, &size);
    ck_assert_msg(text != NULL, "%s cannot be read", path);
    text[size] = '\0';
    return text;
}

START_TEST(names_are_good)
{
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        size_t length = strlen(figure->name);
        ck_assert_msg(length > 0 && length < 32, "%s: a column has room for 31 characters", figure->name);
        for (size_t i = 0; i < length; ++i)
            ck_assert_msg(islower((unsigned char)figure->name[i]) || figure->name[i] == '_', "%s", figure->name);
        ck_assert_msg(strpbrk(figure->unit, "|\n,") == NULL && strpbrk(figure->meaning, "|\n") == NULL, "%s: %s",
                      figure->name, figure->meaning);
        ck_assert_msg(strlen(figure->meaning) > 10, "%s has no meaning", figure->name);
        unsigned others = ELBOW_FIGURE_OF_KL | ELBOW_FIGURE_IN_PLAIN_TABLE | ELBOW_FIGURE_OF_SOME;
        ck_assert_msg((figure->where & ELBOW_FIGURE_PLACES) != 0, "%s is nowhere", figure->name);
        ck_assert_uint_le(figure->where & ~others, ELBOW_FIGURE_PLACES);
        int digits = figure->digits % ELBOW_FIGURE_SIGNIFICANT;
        ck_assert(digits >= 0 && digits < 10 && figure->digits < 2 * ELBOW_FIGURE_SIGNIFICANT);
        for (enum elbow_figure_kind other = 0; other < kind; ++other)
            ck_assert_str_ne(figure->name, elbow_figure_row(other)->name);
    }
}
END_TEST

START_TEST(nothing_is_given_but_what_is_set)
{
    struct elbow_figures figures = {.values = {0}}, more = {.values = {0}};
    ck_assert(isnan(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO)));
    ck_assert(!elbow_figures_has(&figures, ELBOW_FIGURE_ELBO, ELBOW_FIGURE_IN_TABLE));
    elbow_figures_set(&figures, ELBOW_FIGURE_ELBO, -3);
    elbow_figures_set(&figures, ELBOW_FIGURE_KL, 1);
    elbow_figures_set(&more, ELBOW_FIGURE_ELBO, NAN);
    elbow_figures_set(&more, ELBOW_FIGURE_BETA, 0.5);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO) == -3);
    elbow_figures_add(&figures, &more);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_KL) == 1);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_BETA) == 0.5);
    ck_assert(elbow_figures_has(&figures, ELBOW_FIGURE_ELBO, ELBOW_FIGURE_IN_JSON)); // a NaN is given, too
    ck_assert(isnan(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO)));
    ck_assert(!elbow_figures_has(&figures, ELBOW_FIGURE_BETA, ELBOW_FIGURE_IN_JSON));
}
END_TEST

// The line about a figure in the table of docs/reference/formats.md.
static void write_line(const struct elbow_figure *figure, char line[LINE_SIZE])
{
    const char *separator = "";
    int length = snprintf(line, LINE_SIZE, "| `%s` |%s%s | %s%s | ", figure->name, *figure->unit == '\0' ? "" : " ",
                          figure->unit, figure->meaning, figure->is_clock ? " (clock)" : "");
    for (int place = 0; place < PLACES; ++place)
        if ((figure->where >> place & 1) != 0) {
            length += snprintf(line + length, (size_t)(LINE_SIZE - length), "%s%s", separator, places[place]);
            separator = ", ";
        }
    snprintf(line + length, (size_t)(LINE_SIZE - length), " |\n");
}

// The table is the list, line by line; a failure prints the correct table.
START_TEST(the_documents_have_every_figure)
{
    static const char title[] = "| figure | unit | meaning | where |\n|---|---|---|---|\n";
    ck_assert_uint_eq((size_t)1 << PLACES, (size_t)ELBOW_FIGURE_PLACES + 1);
    char *text = read_text("docs/reference/formats.md"), *table = calloc(ELBOW_FIGURES + 1, LINE_SIZE), line[LINE_SIZE];
    ck_assert_ptr_nonnull(table);
    strcpy(table, title);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        write_line(elbow_figure_row(kind), line);
        strcat(table, line);
    }
    strcat(table, "\n");
    ck_assert_msg(strstr(text, table) != NULL, "docs/reference/formats.md has another table of figures than this:\n%s",
                  table);
    free(table);
    free(text);
}
END_TEST

// The names of all required figures, each followed by a separator.
static void list(bool (*is_wanted)(enum elbow_figure_kind kind), char separator, char line[LINE_SIZE])
{
    size_t length = 0;
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (is_wanted(kind))
            length +=
                (size_t)snprintf(line + length, LINE_SIZE - length, "%s%c", elbow_figure_row(kind)->name, separator);
    line[length - 1] = '\0';
}

static bool is_clock(enum elbow_figure_kind kind)
{
    return elbow_figure_row(kind)->is_clock;
}

// A sweep's table has the figures of `elbow eval --json`, except for the number of draws.
static bool is_swept(enum elbow_figure_kind kind)
{
    return kind != ELBOW_FIGURE_IMPORTANCE && (elbow_figure_row(kind)->where & ELBOW_FIGURE_IN_JSON) != 0;
}

static void check_script(const char *name, const char *form, const char *names)
{
    char line[2 * LINE_SIZE], *text = read_text(name);
    snprintf(line, sizeof line, form, names);
    ck_assert_msg(strstr(text, line) != NULL, "%s does not have this line:%s", name, line);
    free(text);
}

START_TEST(scripts_know_the_list)
{
    char line[LINE_SIZE];
    list(is_clock, ',', line);
    check_script("tests/system/lib.sh", "\nclocks=%s\n", line);
    list(is_swept, ' ', line);
    check_script("jobs/sweep.sbatch", "\nfigures=(%s)\n", line);
}
END_TEST

UNIT_MAIN("config/figures", names_are_good, nothing_is_given_but_what_is_set, the_documents_have_every_figure,
          scripts_know_the_list)
