// SPDX-License-Identifier: BSD-3-Clause
// Text files of numbers, separated by comma, semicolon, tab or spaces; blank lines and lines that begin with # are
// passed over, a first line that is no numbers is a header. The file is read twice: first to find the number of rows
// and the type, then for the values. Integers that are written as integers stay integers.
#include "import.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16, LINE_MAX_BYTES = 1 << 28 };

struct csv {
    struct import_stream *stream;
    char block[BLOCK];
    size_t block_size, block_used;
    char *line; // zero-terminated
    size_t line_size;
    uint64_t line_number; // from 1
    uint64_t first_line;  // of the values: whose number of columns is everybody's
    char separator;
    size_t fields; // of every line
    struct import_columns columns;
};

struct number {
    bool is_integer;
    int64_t integer;
    float value;
};

static enum elbow_status grow_line(struct import_source *source, size_t size, struct elbow_error *error)
{
    struct csv *csv = source->state;
    if (size > LINE_MAX_BYTES)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: the line is longer than %d bytes", source->path,
                               (unsigned long long)csv->line_number, LINE_MAX_BYTES);
    char *line;
    enum elbow_status status = elbow_allocate(&line, size, 1, "a line of text", error);
    if (status != ELBOW_OK)
        return status;
    if (csv->line != NULL)
        memcpy(line, csv->line, csv->line_size);
    elbow_release(&csv->line);
    csv->line = line;
    csv->line_size = size;
    return ELBOW_OK;
}

// Puts a piece behind the first `length` bytes of the line.
static enum elbow_status append(struct import_source *source, size_t length, const char *piece, size_t size,
                                struct elbow_error *error)
{
    struct csv *csv = source->state;
    enum elbow_status status = ELBOW_OK;
    if (length + size + 1 > csv->line_size)
        status = grow_line(source, 2 * (length + size + 1), error);
    if (status != ELBOW_OK)
        return status;
    memcpy(csv->line + length, piece, size);
    csv->line[length + size] = '\0';
    return ELBOW_OK;
}

// The next line as it stands, without its end; *is_there is false behind the last.
static enum elbow_status next_raw_line(struct import_source *source, bool *is_there, struct elbow_error *error)
{
    struct csv *csv = source->state;
    size_t length = 0;
    *is_there = false;
    ++csv->line_number;
    while (true) {
        if (csv->block_used == csv->block_size) {
            csv->block_used = 0;
            enum elbow_status status =
                import_stream_some(csv->stream, csv->block, sizeof csv->block, &csv->block_size, error);
            if (status != ELBOW_OK || csv->block_size == 0)
                return status;
        }
        const char *begin = csv->block + csv->block_used;
        const char *end = memchr(begin, '\n', csv->block_size - csv->block_used);
        size_t size = end == NULL ? csv->block_size - csv->block_used : (size_t)(end - begin);
        enum elbow_status status = append(source, length, begin, size, error);
        if (status != ELBOW_OK)
            return status;
        *is_there = true;
        length += size;
        csv->block_used += size + (end != NULL);
        if (end != NULL)
            return ELBOW_OK;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// The next line that holds something: *text is it, trimmed of blanks at both ends; NULL behind the last.
static enum elbow_status next_line(struct import_source *source, char **text, struct elbow_error *error)
{
    struct csv *csv = source->state;
    while (true) {
        bool is_there;
        *text = NULL;
        enum elbow_status status = next_raw_line(source, &is_there, error);
        if (status != ELBOW_OK || !is_there)
            return status;
        char *begin = csv->line;
        if (csv->line_number == 1 && strncmp(begin, "\xef\xbb\xbf", 3) == 0)
            begin += 3; // a byte order mark
        size_t length = strlen(begin);
        if (csv->separator != '\t' && length > 0)
            while (is_blank(*begin))
                ++begin, --length;
        while (length > 0 && (begin[length - 1] == '\r' || (csv->separator != '\t' && is_blank(begin[length - 1]))))
            begin[--length] = '\0';
        *text = begin;
        if (length > 0 && *begin != '#')
            return ELBOW_OK;
    }
}

// Cuts the next field off a line: *text moves behind it (NULL after the last), the field is trimmed.
static char *next_field(char **text, char separator)
{
    char *begin = *text, *end = begin + strcspn(begin, separator == ' ' ? " \t" : (char[]){separator, '\0'});
    char *next = *end == '\0' ? NULL : end + 1;
    *end = '\0';
    while (separator == ' ' && next != NULL && is_blank(*next))
        ++next;
    while (is_blank(*begin))
        ++begin;
    while (end > begin && is_blank(end[-1]))
        *--end = '\0';
    *text = next;
    return begin;
}

// Integers of up to 18 digits are integers; all else that strtof reads whole is a float.
static bool parse(const char *text, struct number *number)
{
    const char *at = text + (*text == '-' || *text == '+');
    int64_t integer = 0;
    size_t digits = 0;
    for (; at[digits] >= '0' && at[digits] <= '9' && digits <= 18; ++digits)
        integer = digits < 18 ? 10 * integer + (at[digits] - '0') : integer;
    if (digits > 0 && digits <= 18 && at[digits] == '\0') {
        number->is_integer = true;
        number->integer = *text == '-' ? -integer : integer;
        return true;
    }
    char *end;
    number->is_integer = false;
    number->value = strtof(text, &end);
    return end != text && *end == '\0';
}

static char find_separator(const char *line)
{
    for (const char *candidate = ",;\t"; *candidate != '\0'; ++candidate)
        if (strchr(line, *candidate) != NULL)
            return *candidate;
    return ' ';
}

// The fields of a line, counted in a copy, because fields are cut off by zeros; *all_numbers tells what they are.
static enum elbow_status count_fields(const char *line, char separator, size_t *count, bool *all_numbers,
                                      struct elbow_error *error)
{
    char *copy;
    enum elbow_status status = elbow_duplicate(&copy, line, error);
    if (status != ELBOW_OK)
        return status;
    *count = 0;
    *all_numbers = true;
    for (char *at = copy; at != NULL; ++*count) {
        struct number number;
        *all_numbers = parse(next_field(&at, separator), &number) && *all_numbers;
    }
    elbow_release(&copy);
    return ELBOW_OK;
}

static enum elbow_status fail_field(struct import_source *source, size_t column, const char *field,
                                    struct elbow_error *error)
{
    struct csv *csv = source->state;
    if (*field == '\0')
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column %zu is empty", source->path,
                               (unsigned long long)csv->line_number, column);
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column %zu: \"%.40s\" is not a number", source->path,
                           (unsigned long long)csv->line_number, column, field);
}

// Calls back for every wanted value of a line; checks the number of columns.
static enum elbow_status walk_line(struct import_source *source, char *line,
                                   void (*take)(struct import_source *source, size_t index, struct number number,
                                                void *user),
                                   void *user, struct elbow_error *error)
{
    struct csv *csv = source->state;
    size_t column = 0, index = 0;
    while (line != NULL) {
        char *field = next_field(&line, csv->separator);
        ++column;
        if (column < csv->columns.first || column > csv->columns.last)
            continue;
        struct number number;
        if (!parse(field, &number))
            return fail_field(source, column, field, error);
        take(source, index++, number, user);
    }
    if (column == csv->fields)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: %zu columns, %zu were expected as in line %llu", source->path,
                           (unsigned long long)csv->line_number, column, csv->fields,
                           (unsigned long long)csv->first_line);
}

static void measure(struct import_source *source, size_t index, struct number number, void *user)
{
    (void)index;
    (void)user;
    source->is_integer = source->is_integer && number.is_integer;
    if (!number.is_integer)
        return;
    source->min = number.integer < source->min ? number.integer : source->min;
    source->max = number.integer > source->max ? number.integer : source->max;
}

// Looks at a line: its separator, its number of columns, whether it is values.
static enum elbow_status look_at(struct import_source *source, const char *line, bool *all_numbers,
                                 struct elbow_error *error)
{
    struct csv *csv = source->state;
    csv->separator = find_separator(line);
    csv->first_line = csv->line_number;
    return count_fields(line, csv->separator, &csv->fields, all_numbers, error);
}

// The first line with something in it may be a header; *line is the first line of values, NULL if there is none.
static enum elbow_status begin_values(struct import_source *source, char **line, struct elbow_error *error)
{
    struct csv *csv = source->state;
    bool all_numbers = true;
    enum elbow_status status = next_line(source, line, error);
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, &all_numbers, error);
    if (status != ELBOW_OK || all_numbers)
        return status;
    unsigned long long header_line = csv->line_number;
    char header[48];
    elbow_text_format(header, sizeof header, "%s", *line);
    csv->separator = '\0';
    status = next_line(source, line, error);
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, &all_numbers, error);
    if (status != ELBOW_OK || *line == NULL)
        return status;
    if (!all_numbers)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: lines %llu and %llu are not numbers", source->path,
                               header_line, (unsigned long long)csv->line_number);
    printf("elbow-import: %s: line %llu is taken as a header (%s)\n", source->path, header_line, header);
    return ELBOW_OK;
}

enum elbow_element import_csv_element(int64_t min, int64_t max)
{
    static const struct {
        enum elbow_element element;
        int64_t min, max;
    } TYPES[] = {{ELBOW_ELEMENT_UINT8, 0, UINT8_MAX},        {ELBOW_ELEMENT_INT8, INT8_MIN, INT8_MAX},
                 {ELBOW_ELEMENT_UINT16, 0, UINT16_MAX},      {ELBOW_ELEMENT_INT16, INT16_MIN, INT16_MAX},
                 {ELBOW_ELEMENT_UINT32, 0, UINT32_MAX},      {ELBOW_ELEMENT_INT32, INT32_MIN, INT32_MAX},
                 {ELBOW_ELEMENT_INT64, INT64_MIN, INT64_MAX}};
    size_t i = 0;
    while (min < TYPES[i].min || max > TYPES[i].max)
        ++i;
    return TYPES[i].element;
}

static enum elbow_status choose_columns(struct import_source *source, struct elbow_error *error)
{
    struct csv *csv = source->state;
    if (csv->columns.first == 0)
        csv->columns = (struct import_columns){1, csv->fields};
    if (csv->columns.last > csv->fields)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: column %zu was asked for, the file has %zu", source->path,
                               csv->columns.last, csv->fields);
    source->shape[0] = csv->columns.last - csv->columns.first + 1;
    source->rank = source->shape[0] == 1 ? 0 : 1;
    return ELBOW_OK;
}

// The first pass.
static enum elbow_status scan(struct import_source *source, struct elbow_error *error)
{
    char *line;
    enum elbow_status status = begin_values(source, &line, error);
    if (status == ELBOW_OK && line != NULL)
        status = choose_columns(source, error);
    source->is_integer = true;
    source->min = INT64_MAX;
    source->max = INT64_MIN;
    while (status == ELBOW_OK && line != NULL) {
        ++source->rows;
        status = walk_line(source, line, measure, NULL, error);
        if (status == ELBOW_OK)
            status = next_line(source, &line, error);
    }
    source->element = source->is_integer ? import_csv_element(source->min, source->max) : ELBOW_ELEMENT_FLOAT32;
    return status;
}

// Back to the first line of values.
static enum elbow_status begin_again(struct import_source *source, struct elbow_error *error)
{
    struct csv *csv = source->state;
    csv->block_size = csv->block_used = 0;
    csv->line_number = 0;
    enum elbow_status status = import_stream_rewind(csv->stream, error);
    bool is_there = true;
    while (status == ELBOW_OK && is_there && csv->line_number + 1 < csv->first_line)
        status = next_raw_line(source, &is_there, error);
    return status;
}

static void store(struct import_source *source, size_t index, struct number number, void *rows)
{
    float value = number.is_integer ? (float)number.integer : number.value;
    size_t size = elbow_element_size(source->element);
    char *to = (char *)rows + index * size;
    if (source->element == ELBOW_ELEMENT_FLOAT32)
        memcpy(to, &value, size);
    else if (size == 1)
        *(uint8_t *)to = (uint8_t)number.integer; // the low bytes are those of the signed type too
    else if (size == 2)
        memcpy(to, &(uint16_t){(uint16_t)number.integer}, size);
    else if (size == 4)
        memcpy(to, &(uint32_t){(uint32_t)number.integer}, size);
    else
        memcpy(to, &number.integer, size);
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    size_t row_bytes = import_source_row_values(source) * elbow_element_size(source->element);
    for (uint64_t i = 0; i < count; ++i) {
        char *line;
        enum elbow_status status = next_line(source, &line, error);
        if (status == ELBOW_OK && line == NULL)
            status =
                elbow_error_set(error, ELBOW_FORMAT, "%s: the file became shorter while it was read", source->path);
        if (status == ELBOW_OK)
            status = walk_line(source, line, store, (char *)rows + i * row_bytes, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static void close_source(struct import_source *source)
{
    struct csv *csv = source->state;
    import_stream_close(csv->stream);
    elbow_release(&csv->line);
    elbow_release(&csv);
}

enum elbow_status import_csv_open(struct import_stream *stream, struct import_columns columns,
                                  struct import_source *source, struct elbow_error *error)
{
    struct csv *csv;
    enum elbow_status status = elbow_allocate(&csv, 1, sizeof *csv, "a text file", error);
    if (status != ELBOW_OK) {
        import_stream_close(stream);
        return status;
    }
    csv->stream = stream;
    csv->columns = columns;
    source->kind = "text";
    source->is_text = true;
    source->state = csv;
    source->read = read_rows;
    source->close = close_source;
    status = scan(source, error);
    return status == ELBOW_OK && source->rows > 0 ? begin_again(source, error) : status;
}
