// SPDX-License-Identifier: BSD-3-Clause
// Text files of numbers, separated by comma, semicolon, tab or spaces; blank lines and lines that begin with # are
// passed over, a first line of names without a number is a header. The file is read twice: first to find the number of
// rows and the type, then for the values. Integers that are written as integers stay integers.
#include "source.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
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
    uint64_t tabs_line;   // the first one before them of nothing but tabs, which may turn out to be empty fields; or 0
    char separator;
    size_t fields; // of every line
    size_t column; // of the value at hand
    struct import_columns columns;
    enum import_header header;
};

// A field of a line.
enum kind { EMPTY, NUMBER, MISSING, NAME };

struct number {
    bool is_integer;
    bool is_rounded;   // an integer that a float does not hold
    bool is_too_large; // the text is a number, its value none that a float has
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

// Tabs at the ends of a line separate empty fields, where tabs separate.
static bool may_be_trimmed(char c, char separator)
{
    return is_blank(c) && (c != '\t' || separator != '\t');
}

// A tab at an end alone is no separator: it may as well indent the line.
static char find_separator(const char *line)
{
    for (const char *candidate = ",;"; *candidate != '\0'; ++candidate)
        if (strchr(line, *candidate) != NULL)
            return *candidate;
    const char *end = line + strlen(line);
    while (is_blank(*line))
        ++line;
    while (end > line && is_blank(end[-1]))
        --end;
    return memchr(line, '\t', (size_t)(end - line)) != NULL ? '\t' : ' ';
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
        char separator = csv->separator != '\0' ? csv->separator : find_separator(begin);
        size_t length = strlen(begin);
        while (length > 0 && may_be_trimmed(*begin, separator))
            ++begin, --length;
        while (length > 0 && may_be_trimmed(begin[length - 1], separator))
            begin[--length] = '\0';
        if (length == 0 && csv->separator == '\0' && strchr(csv->line, '\t') != NULL && csv->tabs_line == 0)
            csv->tabs_line = csv->line_number;
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
        number->is_too_large = false;
        number->integer = *text == '-' ? -integer : integer;
        number->is_rounded = (int64_t)(float)integer != integer;
        return true;
    }
    char *end;
    errno = 0;
    number->is_integer = false;
    number->value = strtof(text, &end);
    number->is_rounded = digits > 18 && at[strspn(at, "0123456789")] == '\0';
    number->is_too_large = errno == ERANGE && isinf(number->value);
    return end != text && *end == '\0';
}

// What programs write where there is no value.
static bool is_missing(const char *text)
{
    static const char *const WORDS[] = {"NA", "N/A", "#N/A", "NULL", "null", "None", "?", "-", "."};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; ++i)
        if (strcmp(text, WORDS[i]) == 0)
            return true;
    return false;
}

static enum kind kind_of(const char *field)
{
    struct number number;
    if (*field == '\0')
        return EMPTY;
    if (parse(field, &number))
        return NUMBER;
    return is_missing(field) ? MISSING : NAME;
}

// The fields of a line: how many, and what the wanted ones are. The first of each kind, counted from 1; 0: none. And
// the first number of all fields: a line that has one anywhere may be values.
struct look {
    size_t fields, first[NAME + 1], first_number;
};

static bool is_wanted(const struct csv *csv, size_t column)
{
    return csv->columns.first == 0 || (column >= csv->columns.first && column <= csv->columns.last);
}

// Looks at the fields in a copy of the line, because fields are cut off by zeros.
static enum elbow_status look_at_fields(const struct csv *csv, const char *line, struct look *look,
                                        struct elbow_error *error)
{
    char *copy;
    enum elbow_status status = elbow_duplicate(&copy, line, error);
    if (status != ELBOW_OK)
        return status;
    *look = (struct look){0};
    for (char *at = copy; at != NULL;) {
        enum kind kind = kind_of(next_field(&at, csv->separator));
        ++look->fields;
        if (kind == NUMBER && look->first_number == 0)
            look->first_number = look->fields;
        if (is_wanted(csv, look->fields) && look->first[kind] == 0)
            look->first[kind] = look->fields;
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
        if (!is_wanted(csv, column))
            continue;
        struct number number;
        if (!parse(field, &number))
            return fail_field(source, column, field, error);
        if (number.is_too_large)
            return elbow_error_set(error, ELBOW_FORMAT,
                                   "%s:%llu: column %zu: \"%.40s\" is beyond a 32-bit float; scale the data first",
                                   source->path, (unsigned long long)csv->line_number, column, field);
        csv->column = column;
        take(source, index++, number, user);
    }
    if (column == csv->fields)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: %zu columns, %zu were expected as in line %llu", source->path,
                           (unsigned long long)csv->line_number, column, csv->fields,
                           (unsigned long long)csv->first_line);
}

static void note_place(const struct csv *csv, struct import_places *places)
{
    if (places->count++ > 0)
        return;
    places->line = csv->line_number;
    places->column = csv->column;
}

static void measure(struct import_source *source, size_t index, struct number number, void *user)
{
    const struct csv *csv = source->state;
    (void)index;
    (void)user;
    source->is_integer = source->is_integer && number.is_integer;
    if (!number.is_integer && !isfinite(number.value))
        note_place(csv, &source->not_finite);
    if (number.is_rounded)
        note_place(csv, &source->rounded);
    if (!number.is_integer)
        return;
    source->min = number.integer < source->min ? number.integer : source->min;
    source->max = number.integer > source->max ? number.integer : source->max;
}

// Looks at a line: its separator, its number of columns, what it holds.
static enum elbow_status look_at(struct import_source *source, const char *line, struct look *look,
                                 struct elbow_error *error)
{
    struct csv *csv = source->state;
    csv->separator = find_separator(line);
    csv->first_line = csv->line_number;
    if (csv->separator == '\t' && csv->tabs_line > 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column 1 is empty", source->path,
                               (unsigned long long)csv->tabs_line);
    enum elbow_status status = look_at_fields(csv, line, look, error);
    csv->fields = look->fields;
    return status;
}

// A line that is neither values nor a header: names beside numbers, or nothing but marks of missing values, which would
// be lost if it were taken for one.
static enum elbow_status refuse_first(const struct import_source *source, const struct look *look,
                                      struct elbow_error *error)
{
    const struct csv *csv = source->state;
    size_t column = 0;
    for (enum kind kind = EMPTY; kind <= NAME; ++kind)
        if (kind != NUMBER && look->first[kind] > 0 && (column == 0 || look->first[kind] < column))
            column = look->first[kind];
    if (look->first_number == 0)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%llu: the first line holds neither numbers nor names of columns: fill in what is "
                               "missing, or give --header yes to pass over it",
                               source->path, (unsigned long long)csv->line_number);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%llu: column %zu of the first line is no number, but column %zu is one: fill in what is "
                           "missing, or give --header yes if the line is a header",
                           source->path, (unsigned long long)csv->line_number, column, look->first_number);
}

static bool all_numbers(const struct look *look)
{
    return look->first[EMPTY] == 0 && look->first[MISSING] == 0 && look->first[NAME] == 0;
}

// Goes on to the line behind a header; *line is NULL if there is none.
static enum elbow_status pass_header(struct import_source *source, char **line, struct elbow_error *error)
{
    struct csv *csv = source->state;
    unsigned long long header_line = csv->line_number;
    char header[48];
    struct look look;
    elbow_text_format(header, sizeof header, "%s", *line);
    csv->separator = '\0';
    enum elbow_status status = next_line(source, line, error);
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, &look, error);
    if (status != ELBOW_OK || *line == NULL)
        return status;
    if (csv->header == IMPORT_HEADER_GUESSED && look.first[NUMBER] == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: lines %llu and %llu are not numbers", source->path,
                               header_line, (unsigned long long)csv->line_number);
    elbow_text_print(stdout, "elbow-import: %s: line %llu is taken as a header (%s)\n", source->path, header_line,
                     header);
    return ELBOW_OK;
}

// The first line with something in it may be a header; *line is the first line of values, NULL if there is none.
static enum elbow_status begin_values(struct import_source *source, char **line, struct elbow_error *error)
{
    const struct csv *csv = source->state;
    struct look look;
    enum elbow_status status = next_line(source, line, error);
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, &look, error);
    if (status != ELBOW_OK || *line == NULL || csv->header == IMPORT_HEADER_NONE)
        return status;
    if (csv->header == IMPORT_HEADER_GIVEN)
        return pass_header(source, line, error);
    if (all_numbers(&look))
        return ELBOW_OK;
    if (look.first_number == 0 && look.first[NAME] > 0)
        return pass_header(source, line, error);
    return refuse_first(source, &look, error);
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
    source->element = source->is_integer ? import_integer_element(source->min, source->max) : ELBOW_ELEMENT_FLOAT32;
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
    size_t row_bytes = import_shape_values(source->rank, source->shape) * elbow_element_size(source->element);
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

// Text holds no control characters.
static bool matches(const unsigned char *head, size_t size)
{
    for (size_t i = 0; i < size; ++i)
        if (head[i] == 127 || (head[i] < 32 && !isspace(head[i])))
            return false;
    return size > 0;
}

static enum elbow_status open_csv(struct import_stream *stream, struct import_reading reading,
                                  struct import_source *source, struct elbow_error *error)
{
    struct csv *csv;
    enum elbow_status status = elbow_allocate(&csv, 1, sizeof *csv, "a text file", error);
    if (status != ELBOW_OK) {
        import_stream_close(stream);
        return status;
    }
    csv->stream = stream;
    csv->columns = reading.columns;
    csv->header = reading.header;
    source->is_text = true;
    source->state = csv;
    source->read = read_rows;
    source->close = close_source;
    status = scan(source, error);
    return status == ELBOW_OK && source->rows > 0 ? begin_again(source, error) : status;
}

const struct import_format import_format_csv = {.name = "text", .matches = matches, .open = open_csv};
