// SPDX-License-Identifier: BSD-3-Clause
// Tables of a run, read. They are commas and numbers, and their third column is the split.
#include "elbow/evaluate/history.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SPLIT = 2, PLACE = 3, COLUMNS_MAX = 1 << 16 };

// Word n of a line; its length.
static const char *word_of(const char *line, size_t n, size_t *length)
{
    for (; n > 0 && *line != '\n' && *line != '\0'; ++line)
        n -= *line == ',';
    *length = strcspn(line, ",\n");
    return line;
}

static size_t words_of(const char *line)
{
    size_t count = 1;
    for (; *line != '\n' && *line != '\0'; ++line)
        count += *line == ',';
    return count;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end == NULL ? NULL : end + 1;
}

static bool is_word(const char *line, size_t n, const char *word)
{
    size_t length;
    const char *found = word_of(line, n, &length);
    return length == strlen(word) && strncmp(found, word, length) == 0;
}

// The number of a column; COLUMNS_MAX: there is none.
static size_t find_column(const char *header, const char *name)
{
    size_t count = words_of(header);
    for (size_t n = 0; n < count; ++n)
        if (is_word(header, n, name))
            return n;
    return COLUMNS_MAX;
}

static double number_of(const char *line, size_t n)
{
    size_t length;
    char *end;
    const char *word = n == COLUMNS_MAX ? "" : word_of(line, n, &length);
    double value = strtod(word, &end);
    return end == word || *word == '\n' || *word == ',' ? NAN : value;
}

static bool is_row(const char *line, const char *split, size_t columns)
{
    const char *end = strchr(line, '\n');
    return end != NULL && words_of(line) == columns && is_word(line, SPLIT, split);
}

enum elbow_status elbow_history_take(const char *table, const char *split, const char *const *names, size_t count,
                                     struct elbow_history *curves, struct elbow_error *error)
{
    size_t all = words_of(table), i = 0;
    *curves = (struct elbow_history){.columns = names != NULL ? count : all > PLACE ? all - PLACE : 0};
    for (const char *line = next_line(table); line != NULL; line = next_line(line))
        curves->rows += is_row(line, split, all);
    enum elbow_status status = elbow_allocate(&curves->values, curves->rows * curves->columns, sizeof *curves->values,
                                              "the curves of a run", error);
    if (status != ELBOW_OK)
        return status;
    for (const char *line = next_line(table); line != NULL; line = next_line(line)) {
        if (!is_row(line, split, all))
            continue;
        for (size_t c = 0; c < curves->columns; ++c)
            curves->values[c * curves->rows + i] =
                number_of(line, names == NULL ? PLACE + c : find_column(table, names[c]));
        ++i;
    }
    return ELBOW_OK;
}

const double *elbow_history_column(const struct elbow_history *curves, size_t column)
{
    return curves->values + column * curves->rows;
}

void elbow_history_clear(struct elbow_history *curves)
{
    elbow_release(&curves->values);
    *curves = (struct elbow_history){0};
}
