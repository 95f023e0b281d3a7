// SPDX-License-Identifier: BSD-3-Clause
// Lists of columns.
#include "columns.h"

#include <errno.h>
#include <stdlib.h>

// A number from 1 on; false if there is none, or if it is too large.
static bool parse_number(const char **text, size_t *number)
{
    char *end;
    if (**text < '1' || **text > '9')
        return false;
    errno = 0;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

bool import_columns_parse(const char *text, struct import_columns *columns)
{
    *columns = (struct import_columns){0};
    for (;; ++text) {
        size_t first, last;
        if (columns->count == IMPORT_RANGES_MAX || !parse_number(&text, &first))
            return false;
        last = first;
        if (*text == '-') {
            ++text;
            if (!parse_number(&text, &last))
                return false;
        }
        if (last < first)
            return false;
        columns->ranges[columns->count].first = first;
        columns->ranges[columns->count++].last = last;
        if (*text != ',')
            return *text == '\0';
    }
}

bool import_columns_has(const struct import_columns *columns, size_t column)
{
    for (size_t i = 0; i < columns->count; ++i)
        if (column >= columns->ranges[i].first && column <= columns->ranges[i].last)
            return true;
    return false;
}

size_t import_columns_last(const struct import_columns *columns)
{
    size_t last = 0;
    for (size_t i = 0; i < columns->count; ++i)
        last = columns->ranges[i].last > last ? columns->ranges[i].last : last;
    return last;
}

bool import_columns_take(const struct import_columns *taken, const struct import_columns *skipped, size_t column)
{
    return (taken->count == 0 || import_columns_has(taken, column)) && !import_columns_has(skipped, column);
}
