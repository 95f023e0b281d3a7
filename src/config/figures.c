// SPDX-License-Identifier: BSD-3-Clause
// The table of figures.
#include "elbow/config/figures.h"

#include "elbow/base/status.h"

#include <math.h>
#include <stdio.h>

#define ROW(kind, name, unit, meaning, digits, where, is_clock)                                                        \
    [kind] = {#name, unit, meaning, digits, where, is_clock},
static const struct elbow_figure rows[] = {ELBOW_FIGURE_LIST(ROW)};

const struct elbow_figure *elbow_figure_row(enum elbow_figure_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_FIGURES);
    return &rows[kind];
}

const char *elbow_figure_text(enum elbow_figure_kind kind, double value, char text[ELBOW_FIGURE_TEXT])
{
    int digits = elbow_figure_row(kind)->digits;
    if (digits >= ELBOW_FIGURE_SIGNIFICANT)
        snprintf(text, ELBOW_FIGURE_TEXT, "%.*g", digits - ELBOW_FIGURE_SIGNIFICANT, value);
    else
        snprintf(text, ELBOW_FIGURE_TEXT, "%.*f", digits, value);
    return text;
}

void elbow_figures_set(struct elbow_figures *figures, enum elbow_figure_kind kind, double value)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_FIGURES);
    figures->values[kind] = value;
    figures->is_given[kind] = true;
}

void elbow_figures_set_error(struct elbow_figures *figures, enum elbow_figure_kind kind, double samples, double sum,
                             double squares)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_FIGURES);
    if (samples < 2)
        return;
    double variance = (squares - sum / samples * sum) / (samples - 1);
    figures->errors[kind] = variance < 0 ? 0 : sqrt(variance / samples); // NaN stays
    figures->has_error[kind] = true;
}

void elbow_figures_set_part(struct elbow_figures *figures, enum elbow_figure_kind kind, size_t part, double value)
{
    size_t at = 0;
    while (at < figures->part_count && (figures->parts[at].kind != kind || figures->parts[at].part != part))
        ++at;
    ELBOW_CHECK(at < ELBOW_PART_FIGURES);
    figures->part_count += at == figures->part_count;
    figures->parts[at] = (struct elbow_part_figure){kind, part, value};
}

const char *elbow_figure_name_part(enum elbow_figure_kind kind, size_t part, char name[ELBOW_FIGURE_NAME])
{
    snprintf(name, ELBOW_FIGURE_NAME, "%s_%zu", elbow_figure_row(kind)->name, part);
    return name;
}

double elbow_figures_get_part(const struct elbow_figures *figures, enum elbow_figure_kind kind, size_t part)
{
    for (size_t i = 0; i < figures->part_count; ++i)
        if (figures->parts[i].kind == kind && figures->parts[i].part == part)
            return figures->parts[i].value;
    return NAN;
}

void elbow_figures_add(struct elbow_figures *figures, const struct elbow_figures *more)
{
    for (size_t i = 0; i < more->part_count; ++i)
        elbow_figures_set_part(figures, more->parts[i].kind, more->parts[i].part, more->parts[i].value);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (more->is_given[kind]) {
            elbow_figures_set(figures, kind, more->values[kind]);
            figures->errors[kind] = more->errors[kind];
            figures->has_error[kind] = more->has_error[kind];
        }
}

double elbow_figures_get(const struct elbow_figures *figures, enum elbow_figure_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_FIGURES);
    return figures->is_given[kind] ? figures->values[kind] : NAN;
}

bool elbow_figures_has(const struct elbow_figures *figures, enum elbow_figure_kind kind, enum elbow_figure_place place)
{
    return figures->is_given[kind] && (elbow_figure_row(kind)->where & (unsigned)place) != 0;
}
