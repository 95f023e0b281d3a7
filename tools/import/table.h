// SPDX-License-Identifier: BSD-3-Clause
// A text file as a table: its lines, and the beginning of its values.
#ifndef ELBOW_TOOLS_IMPORT_TABLE_H
#define ELBOW_TOOLS_IMPORT_TABLE_H

#include "fields.h"
#include "lines.h"
#include "source.h"

// Of a column: its extremes, and the largest distance of a 32-bit float from a value.
struct import_span {
    double low, high, error;
};

// The values of a row, one after another.
struct import_ladder {
    uint64_t row; // 0: none yet
    size_t columns;
    double first, last, step;
    bool is_strict, is_even; // all steps have the same sign; are equal
};

// The state of a source of text.
struct import_table {
    struct import_lines lines;
    uint64_t first_line; // of the values: its number of columns is that of all lines
    char separator;
    size_t fields; // of each line
    size_t column; // of the current value
    struct import_reading reading;
    struct import_ladder ladder;
    bool header_begins_empty;  // of its imported fields
    uint64_t bytes, read;      // bytes of the file in the first pass; rows in the second
    struct import_span *spans; // of the imported columns, from the first pass; owned
};

// Local. Whether a column is imported.
bool import_table_takes(const struct import_table *table, size_t column);

// Local. The next line that is not empty; NULL after the last.
enum elbow_status import_table_next(struct import_source *source, char **text, struct elbow_error *error);

// Local. The remedy for an empty last column, as the end of a message.
enum { IMPORT_CURE_SIZE = 96 };
void import_cure_end(size_t column, char text[IMPORT_CURE_SIZE]);

// Local. The first line of values, after a header if there is one; NULL if there is none. Sets separator, fields and
// first_line. FORMAT if the kind of the first lines cannot be determined.
enum elbow_status import_table_begin(struct import_source *source, char **line, struct elbow_error *error);

#endif
