// SPDX-License-Identifier: BSD-3-Clause
// Lines, in blocks of the stream.
#include "lines.h"

#include "fields.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1 << 28 };

static enum elbow_status grow(struct import_lines *lines, size_t size, struct elbow_error *error)
{
    if (size > LINE_MAX_BYTES)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: the line is longer than %d bytes", lines->path,
                               (unsigned long long)lines->number, LINE_MAX_BYTES);
    char *line;
    enum elbow_status status = elbow_allocate(&line, size, 1, "a line of text", error);
    if (status != ELBOW_OK)
        return status;
    if (lines->line != NULL)
        memcpy(line, lines->line, lines->line_size);
    elbow_release(&lines->line);
    lines->line = line;
    lines->line_size = size;
    return ELBOW_OK;
}

// Puts a piece behind the first `length` bytes of the line.
static enum elbow_status append(struct import_lines *lines, size_t length, const char *piece, size_t size,
                                struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (length + size + 1 > lines->line_size)
        status = grow(lines, 2 * (length + size + 1), error);
    if (status != ELBOW_OK)
        return status;
    memcpy(lines->line + length, piece, size);
    lines->line[length + size] = '\0';
    return ELBOW_OK;
}

// The next line, unchanged, without its end; *is_there is false behind the last.
static enum elbow_status next_raw(struct import_lines *lines, bool *is_there, struct elbow_error *error)
{
    size_t length = 0;
    *is_there = false;
    ++lines->number;
    while (true) {
        if (lines->block_used == lines->block_size) {
            lines->block_used = 0;
            enum elbow_status status =
                import_stream_some(lines->stream, lines->block, sizeof lines->block, &lines->block_size, error);
            if (status != ELBOW_OK || lines->block_size == 0)
                return status;
        }
        const char *begin = lines->block + lines->block_used;
        const char *end = memchr(begin, '\n', lines->block_size - lines->block_used);
        size_t size = end == NULL ? lines->block_size - lines->block_used : (size_t)(end - begin);
        if (memchr(begin, '\0', size) != NULL) // it would end the line unseen
            return elbow_error_set(error, ELBOW_FORMAT,
                                   "%s:%llu: holds a zero byte, text was expected; the file may be damaged",
                                   lines->path, (unsigned long long)lines->number);
        enum elbow_status status = append(lines, length, begin, size, error);
        if (status != ELBOW_OK)
            return status;
        *is_there = true;
        length += size;
        lines->block_used += size + (end != NULL);
        if (end != NULL)
            return ELBOW_OK;
    }
}

enum elbow_status import_lines_next(struct import_lines *lines, char separator, char **text, struct elbow_error *error)
{
    while (true) {
        bool is_there;
        *text = NULL;
        enum elbow_status status = next_raw(lines, &is_there, error);
        if (status != ELBOW_OK || !is_there)
            return status;
        char *begin = lines->line;
        if (lines->number == 1 && strncmp(begin, "\xef\xbb\xbf", 3) == 0)
            begin += 3; // a byte order mark
        char by = separator != '\0' ? separator : import_find_separator(begin);
        size_t length = strlen(begin);
        while (length > 0 && import_may_be_trimmed(*begin, by))
            ++begin, --length;
        while (length > 0 && import_may_be_trimmed(begin[length - 1], by))
            begin[--length] = '\0';
        if (length == 0 && separator == '\0' && strchr(lines->line, '\t') != NULL && lines->tabs_line == 0)
            lines->tabs_line = lines->number;
        *text = begin;
        if (length > 0 && memchr(begin, '\r', length) != NULL)
            return elbow_error_set(error, ELBOW_FORMAT,
                                   "%s:%llu: its lines end in CR alone, as in files of old Macintosh programs; write "
                                   "them with LF: tr '\\r' '\\n' <OLD >NEW",
                                   lines->path, (unsigned long long)lines->number);
        if (length > 0 && *begin != '#')
            return ELBOW_OK;
    }
}

enum elbow_status import_lines_restart(struct import_lines *lines, uint64_t number, struct elbow_error *error)
{
    lines->block_size = lines->block_used = 0;
    lines->number = 0;
    enum elbow_status status = import_stream_rewind(lines->stream, error);
    bool is_there = true;
    while (status == ELBOW_OK && is_there && lines->number + 1 < number)
        status = next_raw(lines, &is_there, error);
    return status;
}

void import_lines_clear(struct import_lines *lines)
{
    elbow_release(&lines->line);
}
