// SPDX-License-Identifier: BSD-3-Clause
// Comparing the tables of two runs. Numbers are written with all their digits, so equal texts are equal bits.
#include "elbow/output/table_compare.h"

#include "elbow/base/text.h"
#include "elbow/config/figures.h"
#include "elbow/output/table.h"

#include <stdlib.h>
#include <string.h>

enum { PLACE_COLUMNS = 3 }; // step, epoch, split

// A word of a line, without its end.
struct word {
    const char *text;
    size_t length;
};

// Word number `wanted` of the line at `line`; false behind its end.
static bool find_word(const char *line, size_t wanted, struct word *word)
{
    for (size_t i = 0;; ++i) {
        *word = (struct word){line, strcspn(line, ",\n")};
        if (i == wanted)
            return true;
        if (line[word->length] != ',')
            return false;
        line += word->length + 1;
    }
}

static bool are_same(struct word a, struct word b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static void copy(struct word word, char text[ELBOW_TABLE_WORD_SIZE])
{
    elbow_text_format(text, ELBOW_TABLE_WORD_SIZE, "%.*s", (int)word.length, word.text);
}

static bool is_clock(struct word name)
{
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        if (figure->is_clock && are_same(name, (struct word){figure->name, strlen(figure->name)}))
            return true;
    }
    return false;
}

// The number of a column in a table; false if it has none of the name.
static bool find_column(const char *table, struct word name, size_t *number)
{
    struct word word;
    for (size_t i = 0; find_word(table, i, &word); ++i)
        if (are_same(word, name)) {
            *number = i;
            return true;
        }
    return false;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\n' ? line + 1 : NULL;
}

// The next row from a line on, whole, with its step and split; NULL: none.
static const char *next_row(const char *line, uint64_t *step, struct word *split)
{
    for (; line != NULL; line = next_line(line)) {
        char *end;
        if (line[0] < '0' || line[0] > '9' || next_line(line) == NULL)
            continue;
        *step = strtoull(line, &end, 10);
        if (*end == ',' && find_word(line, PLACE_COLUMNS - 1, split))
            return line;
    }
    return NULL;
}

// The row of a place from one on, in a table whose steps rise; NULL: there is none.
static const char *find_row(const char *row, uint64_t step, struct word split)
{
    uint64_t found;
    struct word its;
    for (; (row = next_row(row, &found, &its)) != NULL && found <= step; row = next_line(row))
        if (found == step && are_same(its, split))
            return row;
    return NULL;
}

// True if two rows of the same place differ, with the first column in which they do.
static bool compare_rows(const char *tables[2], const char *rows[2], struct elbow_table_difference *difference)
{
    struct word name, before, now;
    for (size_t i = PLACE_COLUMNS, other; find_word(tables[0], i, &name); ++i) {
        if (is_clock(name) || !find_column(tables[1], name, &other))
            continue;
        if (!find_word(rows[0], i, &before) || !find_word(rows[1], other, &now) || are_same(before, now))
            continue;
        copy(name, difference->column);
        copy(before, difference->before);
        copy(now, difference->now);
        return true;
    }
    return false;
}

bool elbow_table_compare(const char *before, const char *now, uint64_t first, uint64_t last,
                         struct elbow_table_difference *difference)
{
    uint64_t step, latest = 0; // of which a row was the same
    struct word split;
    const char *tables[2] = {before, now}, *from = now;
    *difference = (struct elbow_table_difference){0};
    for (const char *row = before; (row = next_row(row, &step, &split)) != NULL; row = next_line(row)) {
        if (step <= first || step > last)
            continue;
        const char *rows[2] = {row, find_row(from, step, split)};
        if (rows[1] == NULL)
            continue;
        from = rows[1];
        difference->rows += 1;
        if (latest != step)
            difference->equal = latest;
        if (compare_rows(tables, rows, difference)) {
            difference->step = step;
            copy(split, difference->split);
            return true;
        }
        latest = step;
    }
    difference->equal = latest;
    return false;
}
