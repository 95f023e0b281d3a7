// SPDX-License-Identifier: BSD-3-Clause
// Classifies the lines of a table. Only lines that are certainly Elbow's own are removed.
#include "elbow/output/detail/table_lines.h"

#include "elbow/output/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const elbow_split_words[ELBOW_SPLITS] = {[ELBOW_SPLIT_TRAIN] = "train", [ELBOW_SPLIT_VALID] = "valid"};

static size_t count_commas(const char *line, size_t length)
{
    size_t commas = 0;
    for (size_t i = 0; i < length; ++i)
        commas += line[i] == ',';
    return commas;
}

// Kinds of lines of a table. A crash leaves at most the beginning of a row at the end, and blocks of zeros instead of
// rows; any other line that is no row is from somebody else.
enum line { LINE_OWN, LINE_TORN, LINE_FOREIGN };

// The characters of a row behind its split, and of a whole row.
static const char NUMBERS[] = "0123456789.,+-einfa", ROWS[] = "0123456789.,+-einfatrvld";

// True if a whole line, including its end, is a row with this number of commas; *step is then its step.
static bool is_row(const char *line, size_t length, size_t commas, uint64_t *step)
{
    char *end;
    if (line[0] < '0' || line[0] > '9' || memchr(line, '\0', length) != NULL || count_commas(line, length) != commas)
        return false;
    errno = 0;
    *step = strtoull(line, &end, 10);
    if (errno != 0 || *end != ',')
        return false;
    end += 1 + strspn(end + 1, "0123456789");
    for (size_t i = 0; i < ELBOW_SPLITS; ++i) {
        size_t size = strlen(elbow_split_words[i]);
        if (*end == ',' && strncmp(end + 1, elbow_split_words[i], size) == 0 && end[1 + size] == ',')
            return end[1 + size + strspn(end + 1 + size, NUMBERS)] == '\n';
    }
    return false;
}

static bool is_torn(const char *line, size_t length, bool is_whole)
{
    bool has_zeros = memchr(line, '\0', length) != NULL;
    for (size_t i = 0; i + is_whole < length; ++i)
        if (memchr(ROWS, line[i], sizeof ROWS) == NULL) // the zero at their end is one
            return false;
    return has_zeros || (!is_whole && line[0] >= '0' && line[0] <= '9');
}

static enum line judge_line(const char *line, size_t length, bool is_whole, size_t commas, uint64_t *step)
{
    if (is_whole && is_row(line, length, commas, step))
        return LINE_OWN;
    return is_torn(line, length, is_whole) ? LINE_TORN : LINE_FOREIGN;
}

size_t elbow_table_cut(char *text, size_t size, size_t header_length, uint64_t step)
{
    size_t kept = header_length, commas = count_commas(text, header_length);
    for (size_t at = header_length; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = (end == NULL ? size : (size_t)(end - text) + 1) - at;
        uint64_t found = 0;
        enum line line = judge_line(text + at, length, end != NULL, commas, &found);
        if (line == LINE_FOREIGN || (line == LINE_OWN && found <= step)) {
            memmove(text + kept, text + at, length);
            kept += length;
            if (end == NULL)
                text[kept++] = '\n';
        }
        at += length;
    }
    return kept;
}

// Number of times that a name occurs in a list of names.
static size_t count_name(const char *names, const char *name, size_t length)
{
    size_t count = 0;
    for (;;) {
        size_t size = strcspn(names, ",\n");
        count += size == length && memcmp(names, name, length) == 0;
        if (names[size] != ',')
            return count;
        names += size + 1;
    }
}

size_t elbow_table_columns(const char *text, const char *header)
{
    static const char head[] = ELBOW_TABLE_PLACE ",";
    const char *names = text + sizeof head - 1, *known = header + sizeof head - 1;
    if (strncmp(text, head, sizeof head - 1) != 0)
        return 0;
    ELBOW_CHECK(strncmp(header, head, sizeof head - 1) == 0);
    for (const char *name = names;;) {
        size_t length = strcspn(name, ",\n");
        if (count_name(known, name, length) != 1 || count_name(names, name, length) != 1)
            return 0;
        name += length + 1;
        if (name[-1] == '\n')
            return (size_t)(name - text);
        if (name[-1] != ',')
            return 0;
    }
}

bool elbow_table_is_own(const char *text, size_t size)
{
    static const char head[] = ELBOW_TABLE_PLACE ",";
    const char *end = memchr(text, '\n', size);
    if (end == NULL || strncmp(text, head, sizeof head - 1) != 0)
        return false;
    size_t header_length = (size_t)(end - text) + 1, commas = count_commas(text, header_length);
    for (size_t at = header_length; at < size;) {
        uint64_t step;
        end = memchr(text + at, '\n', size - at);
        size_t length = (end == NULL ? size : (size_t)(end - text) + 1) - at;
        if (judge_line(text + at, length, end != NULL, commas, &step) == LINE_FOREIGN)
            return false;
        at += length;
    }
    return true;
}
