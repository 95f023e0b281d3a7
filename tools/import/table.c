// SPDX-License-Identifier: BSD-3-Clause
// The beginning of a table: a header is a first line of names without a number, or as the user says. A line that may be
// values is never skipped.
#include "table.h"

#include "elbow/base/memory.h"

#include <stdio.h>

enum { LISTED_COLUMNS = 8, LISTED_RANGES = 16, LISTED_FIELD = 41 };

// The fields of a line: their number, and the kinds of the imported ones. The first of each kind, counted from 1; 0:
// none. And the first number of all fields: a line with a number anywhere may be values.
struct look {
    size_t fields, first[IMPORT_FIELDS], first_number;
    size_t names[LISTED_COLUMNS], name_count; // the first columns of text, and how many there are
};

bool import_table_takes(const struct import_table *table, size_t column)
{
    return import_columns_take(&table->reading.columns, &table->reading.skipped, column);
}

enum elbow_status import_table_next(struct import_source *source, char **text, struct elbow_error *error)
{
    struct import_table *table = source->state;
    return import_lines_next(&table->lines, table->separator, text, error);
}

static void look_at_field(const struct import_table *table, const char *field, struct look *look)
{
    enum import_field kind = import_field_kind(field);
    ++look->fields;
    if (kind == IMPORT_NUMBER && look->first_number == 0)
        look->first_number = look->fields;
    if (!import_table_takes(table, look->fields))
        return;
    if (look->first[kind] == 0)
        look->first[kind] = look->fields;
    if (kind == IMPORT_NAME && look->name_count++ < LISTED_COLUMNS)
        look->names[look->name_count - 1] = look->fields;
}

// Inspects the fields in a copy of the line, because cutting them off writes zeros.
static enum elbow_status look_at_fields(const struct import_table *table, const char *line, struct look *look,
                                        struct elbow_error *error)
{
    char *copy;
    enum elbow_status status = elbow_duplicate(&copy, line, error);
    if (status != ELBOW_OK)
        return status;
    *look = (struct look){0};
    for (char *at = copy; at != NULL;)
        look_at_field(table, import_next_field(&at, table->separator), look);
    elbow_release(&copy);
    return ELBOW_OK;
}

// Examines a line: its separator, its number of columns, its contents. Behind a header of `columns` names (0: there is
// none) commas may be decimal ones beside texts: the header's separator is right if the line has as many fields.
static enum elbow_status look_at(struct import_source *source, const char *line, size_t columns, struct look *look,
                                 struct elbow_error *error)
{
    struct import_table *table = source->state;
    char before = table->separator;
    table->separator = import_find_separator(line);
    if (columns > 1 && before != table->separator && (before == ';' || before == '\t')) {
        char found = table->separator;
        table->separator = before;
        if (look_at_fields(table, line, look, error) != ELBOW_OK)
            return error->status;
        table->separator = look->fields == columns ? before : found;
    }
    table->first_line = table->lines.number;
    if (table->separator == '\t' && table->lines.tabs_line > 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column 1 is empty", source->path,
                               (unsigned long long)table->lines.tabs_line);
    enum elbow_status status = look_at_fields(table, line, look, error);
    table->fields = look->fields;
    return status;
}

void import_cure_end(size_t column, char text[IMPORT_CURE_SIZE])
{
    elbow_text_format(text, IMPORT_CURE_SIZE, "; if all lines end with a separator: --skip-columns %zu", column);
}

// A field of a line: a copy, because cutting it off writes zeros.
static enum elbow_status copy_field(const struct import_table *table, const char *line, size_t column, char *field,
                                    size_t size, struct elbow_error *error)
{
    char *copy;
    enum elbow_status status = elbow_duplicate(&copy, line, error);
    if (status != ELBOW_OK)
        return status;
    char *at = copy;
    const char *found = "";
    for (size_t i = 0; i < column && at != NULL; ++i)
        found = import_next_field(&at, table->separator);
    elbow_text_format(field, size, "%s", found);
    elbow_release(&copy);
    return ELBOW_OK;
}

// Refuses a line that is neither values nor a header: names beside numbers, or only marks of missing values, which
// would be lost if it were read as a header.
static enum elbow_status refuse_first(const struct import_source *source, const struct look *look, const char *line,
                                      struct elbow_error *error)
{
    const struct import_table *table = source->state;
    size_t column = 0;
    for (enum import_field kind = IMPORT_EMPTY; kind <= IMPORT_NAME; ++kind)
        if (kind != IMPORT_NUMBER && look->first[kind] > 0 && (column == 0 || look->first[kind] < column))
            column = look->first[kind];
    if (look->first_number == 0)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%llu: the first line has neither numbers nor names of columns; fill in the missing "
                               "values, or use --header yes to skip it",
                               source->path, (unsigned long long)table->lines.number);
    char field[LISTED_FIELD], ends[IMPORT_CURE_SIZE] = "";
    if (copy_field(table, line, column, field, sizeof field, error) != ELBOW_OK)
        return error->status;
    if (look->name_count > 0 && *import_field_cure(field) != '\0')
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column %zu: \"%s\" is not a number%s", source->path,
                               (unsigned long long)table->lines.number, column, field, import_field_cure(field));
    if (column == look->fields && *field == '\0')
        import_cure_end(column, ends);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%llu: column %zu of the first line is not a number, but column %zu is one; fill in the "
                           "missing values, or use --header yes if the line is a header%s%s",
                           source->path, (unsigned long long)table->lines.number, column, look->first_number,
                           look->name_count > 0 ? ", or --skip-columns for columns of text" : "", ends);
}

static bool all_numbers(const struct look *look)
{
    return look->first[IMPORT_EMPTY] == 0 && look->first[IMPORT_MISSING] == 0 && look->first[IMPORT_NAME] == 0;
}

// Columns of text, and those that are already skipped: an argument for --skip-columns. The list ends when its space is
// full.
static void list_columns(const struct import_table *table, const struct look *look, char *text, size_t size)
{
    size_t length = 0, first = 0, listed = 0;
    text[0] = '\0';
    for (size_t column = 1; column <= look->fields + 1 && listed < LISTED_RANGES; ++column) {
        bool is_listed = column <= look->fields && import_columns_has(&table->reading.skipped, column);
        for (size_t i = 0; i < look->name_count && i < LISTED_COLUMNS; ++i)
            is_listed = is_listed || look->names[i] == column;
        if (is_listed && first == 0)
            first = column;
        if (is_listed || first == 0)
            continue;
        length += (size_t)snprintf(text + length, size - length, first < column - 1 ? "%s%zu-%zu" : "%s%zu",
                                   listed++ > 0 ? "," : "", first, column - 1);
        first = 0;
    }
    if (look->name_count > LISTED_COLUMNS || listed == LISTED_RANGES)
        snprintf(text + length, size - length, ",...");
}

// The field for the message: the first of text, or one that is a number except for its format.
static enum elbow_status choose_field(const struct import_table *table, const struct look *look, const char *line,
                                      size_t *column, char field[LISTED_FIELD], struct elbow_error *error)
{
    size_t count = look->name_count < LISTED_COLUMNS ? look->name_count : LISTED_COLUMNS;
    *column = look->names[0];
    for (size_t i = 0; i < count; ++i) {
        if (copy_field(table, line, look->names[i], field, LISTED_FIELD, error) != ELBOW_OK)
            return error->status;
        if (*import_field_cure(field) != '\0') {
            *column = look->names[i];
            return ELBOW_OK;
        }
    }
    return copy_field(table, line, *column, field, LISTED_FIELD, error);
}

// The message about columns of text after a header, with a remedy.
static enum elbow_status refuse_text(const struct import_source *source, const struct look *look, const char *line,
                                     struct elbow_error *error)
{
    const struct import_table *table = source->state;
    char list[48 * LISTED_RANGES], field[LISTED_FIELD];
    size_t column;
    if (choose_field(table, look, line, &column, field, error) != ELBOW_OK)
        return error->status;
    const char *cure = import_field_cure(field);
    if (*cure != '\0')
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column %zu: \"%s\" is not a number%s", source->path,
                               (unsigned long long)table->lines.number, column, field, cure);
    list_columns(table, look, list, sizeof list);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s:%llu: column %zu: \"%s\" is not a number; columns of text can be left out: --skip-columns %s", source->path,
        (unsigned long long)table->lines.number, column, field, list);
}

// Only columns of text were requested.
static enum elbow_status refuse_only_text(const struct import_source *source, size_t column, const char *field,
                                          struct elbow_error *error)
{
    const struct import_table *table = source->state;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%llu: column %zu: \"%s\" is text, and only numbers are imported; write labels and names "
                           "to the HDF5 file in Python: f[\"names\"] = list(table[\"column\"])",
                           source->path, (unsigned long long)table->lines.number, column, field);
}

// The line after a header has no number.
static enum elbow_status refuse_second(const struct import_source *source, const struct look *look, const char *line,
                                       unsigned long long header_line, struct elbow_error *error)
{
    const struct import_table *table = source->state;
    size_t column = 1;
    char field[LISTED_FIELD];
    enum elbow_status status = look->name_count > 0 ? choose_field(table, look, line, &column, field, error)
                                                    : copy_field(table, line, column, field, sizeof field, error);
    if (status != ELBOW_OK)
        return status;
    const char *cure = import_field_cure(field);
    if (look->first_number > 0 && look->name_count > 0 && *cure == '\0')
        return refuse_only_text(source, column, field, error);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: lines %llu and %llu are not numbers: column %zu of line %llu holds \"%s\"%s",
                           source->path, header_line, (unsigned long long)table->lines.number, column,
                           (unsigned long long)table->lines.number, field,
                           *cure != '\0' ? cure
                                         : "; only one line may be a header (remove the others), and columns of text "
                                           "can be left out with --skip-columns");
}

// Continues with the line after a header; *line is NULL if there is none.
static enum elbow_status pass_header(struct import_source *source, const struct look *header_look, char **line,
                                     struct elbow_error *error)
{
    struct import_table *table = source->state;
    unsigned long long header_line = table->lines.number;
    char header[48];
    struct look look;
    elbow_text_format(header, sizeof header, "%s", *line);
    table->header_begins_empty =
        header_look->first[IMPORT_EMPTY] > 0 &&
        (header_look->first[IMPORT_NAME] == 0 || header_look->first[IMPORT_EMPTY] < header_look->first[IMPORT_NAME]);
    char separator = table->separator;
    table->separator = '\0';
    enum elbow_status status = import_table_next(source, line, error);
    table->separator = separator;
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, header_look->fields, &look, error);
    if (status != ELBOW_OK || *line == NULL)
        return status;
    if (table->reading.header == IMPORT_HEADER_GUESSED && look.first[IMPORT_NUMBER] == 0)
        return refuse_second(source, &look, *line, header_line, error);
    if (look.name_count > 0)
        return refuse_text(source, &look, *line, error);
    elbow_text_print(stdout, "elbow-import: %s: line %llu is read as a header (%s)\n", source->path, header_line,
                     header);
    return ELBOW_OK;
}

// The first line that is not empty may be a header; *line is the first line of values, NULL if there is none.
enum elbow_status import_table_begin(struct import_source *source, char **line, struct elbow_error *error)
{
    const struct import_table *table = source->state;
    struct look look;
    enum elbow_status status = import_table_next(source, line, error);
    if (status == ELBOW_OK && *line != NULL)
        status = look_at(source, *line, 0, &look, error);
    if (status != ELBOW_OK || *line == NULL || table->reading.header == IMPORT_HEADER_NONE)
        return status;
    if (table->reading.header == IMPORT_HEADER_GIVEN)
        return pass_header(source, &look, line, error);
    if (all_numbers(&look))
        return ELBOW_OK;
    if (look.first_number == 0 && look.first[IMPORT_NAME] > 0)
        return pass_header(source, &look, line, error);
    return refuse_first(source, &look, *line, error);
}
