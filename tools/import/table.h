// SPDX-License-Identifier: BSD-3-Clause
// A text file as a table: its lines, and where its values begin.
#ifndef ELBOW_TOOLS_IMPORT_TABLE_H
#define ELBOW_TOOLS_IMPORT_TABLE_H

#include "fields.h"
#include "lines.h"
#include "source.h"

// Of a column: its extremes, and how far 32-bit floats are from its decimals at the most.
struct import_span {
    double low, high, error;
};

// The values of a row, one behind the other.
struct import_ladder {
    uint64_t row; // 0: there is none yet
    size_t columns;
    double first, last, step;
    bool is_strict, is_even; // all steps go one way; are alike
};

// The state of a source of text.
struct import_table {
    struct import_lines lines;
    uint64_t first_line; // of the values: whose number of columns is everybody's
    char separator;
    size_t fields; // of every line
    size_t column; // of the value at hand
    struct import_reading reading;
    struct import_ladder ladder;
    bool header_begins_empty;  // its first field that is taken
    uint64_t bytes, read;      // of the file, by the first pass; rows, by the second
    struct import_span *spans; // of the columns that are taken, by the first pass; owned
};

// Local. Whether a column is to be taken.
bool import_table_takes(const struct import_table *table, size_t column);

// Local. The next line that holds something; NULL behind the last.
enum elbow_status import_table_next(struct import_source *source, char **text, struct elbow_error *error);

// Local. What to do about a last column that is empty: the end of a sentence.
enum { IMPORT_CURE_SIZE = 96 };
void import_cure_end(size_t column, char text[IMPORT_CURE_SIZE]);

// Local. The first line of values, behind a header if there is one; NULL if there is none. Sets separator, fields and
// first_line. FORMAT if it cannot be told what the first lines are.
enum elbow_status import_table_begin(struct import_source *source, char **line, struct elbow_error *error);

#endif
