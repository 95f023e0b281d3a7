// SPDX-License-Identifier: BSD-3-Clause
// Lines of a text file.
#ifndef ELBOW_TOOLS_IMPORT_LINES_H
#define ELBOW_TOOLS_IMPORT_LINES_H

#include "stream.h"

#include <stdbool.h>

enum { IMPORT_BLOCK = 1 << 16 };

// A reader of lines. Plain; begins with {.stream, .path}, which are not owned.
struct import_lines {
    struct import_stream *stream;
    const char *path;
    char block[IMPORT_BLOCK];
    size_t block_size, block_used;
    char *line; // zero-terminated
    size_t line_size;
    uint64_t number;    // of the line, counted from 1
    uint64_t tabs_line; // the first line of only tabs, before the separator is known: they may be empty fields; or 0
};

// Local. The next line that is not empty, without blanks at both ends (and without tabs, unless they separate); NULL
// after the last. Blank lines and lines that begin with # are skipped. The separator is '\0' if it is not known yet.
// The line is valid until the next call.
enum elbow_status import_lines_next(struct import_lines *lines, char separator, char **text, struct elbow_error *error);

// Local. Restarts the stream, and reads on until `number` is the next line's.
enum elbow_status import_lines_restart(struct import_lines *lines, uint64_t number, struct elbow_error *error);

// Local. Releases the memory.
void import_lines_clear(struct import_lines *lines);

#endif
