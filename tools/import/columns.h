// SPDX-License-Identifier: BSD-3-Clause
// Columns of a text file, as a user lists them: 1-64, or 1,3-5.
#ifndef ELBOW_TOOLS_IMPORT_COLUMNS_H
#define ELBOW_TOOLS_IMPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

enum { IMPORT_RANGES_MAX = 64 };

// Ranges of columns, counted from 1. Plain; zeroed: none.
struct import_columns {
    size_t count;
    struct {
        size_t first, last;
    } ranges[IMPORT_RANGES_MAX];
};

// Local. Parses a list; false if the text is not one, or has more than IMPORT_RANGES_MAX ranges.
bool import_columns_parse(const char *text, struct import_columns *columns);

// Local. Whether a column is in the list; and the largest column in it (0: none).
bool import_columns_has(const struct import_columns *columns, size_t column);
size_t import_columns_last(const struct import_columns *columns);

// Local. Whether a column is imported: it is in `taken` (or that is empty), and not in `skipped`.
bool import_columns_take(const struct import_columns *taken, const struct import_columns *skipped, size_t column);

#endif
