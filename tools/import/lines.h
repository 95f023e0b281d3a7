// SPDX-License-Identifier: BSD-3-Clause
// Lines of a text file.
#ifndef ELBOW_TOOLS_IMPORT_LINES_H
#define ELBOW_TOOLS_IMPORT_LINES_H

#include "stream.h"

#include <stdbool.h>

enum { IMPORT_BLOCK = 1 << 16 };

// A reader of lines. Plain; begins with {.stream, .path}, which it does not own.
struct import_lines {
    struct import_stream *stream;
    const char *path;
    char block[IMPORT_BLOCK];
    size_t block_size, block_used;
    char *line; // zero-terminated
    size_t line_size;
    uint64_t number;    // of the line, from 1
    uint64_t tabs_line; // the first one, before the separator is known, of nothing but tabs, which may turn out to be
                        // empty fields; or 0
};

// Local. The next line that holds something, trimmed of blanks at both ends (of tabs, too, unless they separate); NULL
// behind the last. Blank lines and those that begin with # are passed over. The separator is '\0' where it is not
// known yet. The line lasts until the next call.
enum elbow_status import_lines_next(struct import_lines *lines, char separator, char **text, struct elbow_error *error);

// Local. Back to the beginning, and on until `number` is the next line's.
enum elbow_status import_lines_restart(struct import_lines *lines, uint64_t number, struct elbow_error *error);

// Local.
void import_lines_clear(struct import_lines *lines);

#endif
