// SPDX-License-Identifier: BSD-3-Clause
// Text files of numbers: lines (lines.c) of fields (fields.c); a first line of names without a number is a header. The
// file is read twice: first to find the number of rows and the type, then for the values. Integers that are written as
// integers stay integers.
#include "table.h"

#include "elbow/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { TICK_LINES = 1024 };

static enum elbow_status fail_field(struct import_source *source, size_t column, const char *field,
                                    struct elbow_error *error)
{
    struct import_table *table = source->state;
    char ends[IMPORT_CURE_SIZE] = "";
    if (column == table->fields)
        import_cure_end(column, ends);
    if (*field == '\0')
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%llu: column %zu is empty: fill it in, or write NaN for an unknown value: "
                               "data.missing: nan trains on the rest%s",
                               source->path, (unsigned long long)table->lines.number, column, ends);
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: column %zu: \"%.40s\" is not a number%s", source->path,
                           (unsigned long long)table->lines.number, column, field, import_field_cure(field));
}

// Receives an imported value, the index-th of its row; false if the file has changed.
typedef bool take_number(struct import_source *source, size_t index, struct import_number number, void *user);

// Calls back for each imported value of a line, except beyond the columns of the table; checks their number.
static enum elbow_status walk_line(struct import_source *source, char *line, take_number *take, void *user,
                                   struct elbow_error *error)
{
    struct import_table *table = source->state;
    size_t column = 0, index = 0;
    while (line != NULL) {
        char *field = import_next_field(&line, table->separator);
        ++column;
        if (column > table->fields || !import_table_takes(table, column))
            continue;
        struct import_number number;
        if (!import_parse_number(field, &number))
            return fail_field(source, column, field, error);
        if (number.is_too_large)
            return elbow_error_set(
                error, ELBOW_FORMAT,
                "%s:%llu: column %zu: \"%.40s\" is too large for a 32-bit float; scale the data first", source->path,
                (unsigned long long)table->lines.number, column, field);
        table->column = column;
        if (!take(source, index++, number, user))
            return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: the file was changed while it was read", source->path,
                                   (unsigned long long)table->lines.number);
    }
    if (column == table->fields)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%llu: %zu columns, %zu were expected as in line %llu", source->path,
                           (unsigned long long)table->lines.number, column, table->fields,
                           (unsigned long long)table->first_line);
}

static void note_place(const struct import_table *table, struct import_places *places)
{
    if (places->count++ > 0)
        return;
    places->line = table->lines.number;
    places->column = table->column;
}

// True if the first column still counts the rows: 0, 1, 2, ... or 1, 2, 3, ...
static void note_count(struct import_source *source, struct import_number number)
{
    const struct import_table *table = source->state;
    struct import_counting *counting = &source->counting;
    if (source->rows == 1 && number.is_integer && (number.integer == 0 || number.integer == 1))
        *counting = (struct import_counting){.column = table->column, .first = number.integer};
    if (!number.is_integer || number.integer - counting->first != (int64_t)(source->rows - 1))
        counting->column = 0;
}

// A row that rises, or falls, along its columns.
static bool is_ladder(const struct import_ladder *ladder)
{
    enum { COLUMNS_EVEN = 4, COLUMNS_LEAST = 8 }; // fewer may do so by chance
    return ladder->is_strict && ladder->columns >= (ladder->is_even ? COLUMNS_EVEN : COLUMNS_LEAST);
}

static void end_row(struct import_source *source)
{
    struct import_table *table = source->state;
    bool is_one = is_ladder(&table->ladder);
    if (table->ladder.row == 1 && is_one)
        source->header = (struct import_likely_header){table->first_line, table->ladder.first, table->ladder.last};
    else if (is_one)
        source->header.line = 0; // so do others
    table->ladder = (struct import_ladder){.row = source->rows, .is_strict = true, .is_even = true};
}

// Wavelengths, times: a header of numbers looks like a row, except for that.
static void note_ladder(struct import_source *source, const struct import_number *number)
{
    static const double UNEVEN = 1e-3;
    struct import_table *table = source->state;
    struct import_ladder *ladder = &table->ladder;
    double value = number->exact, step = value - ladder->last;
    if (ladder->columns == 0)
        ladder->first = value;
    if (ladder->columns == 1)
        ladder->step = step;
    if (ladder->columns > 0) {
        ladder->is_strict = ladder->is_strict && step * ladder->step > 0;
        ladder->is_even = ladder->is_even && fabs(step - ladder->step) <= UNEVEN * fabs(ladder->step);
    }
    ladder->last = value;
    ++ladder->columns;
}

// Counts values of a column; rounded integers are reported separately.
static void note_span(struct import_span *span, const struct import_number *number)
{
    if (!isfinite(number->exact))
        return;
    span->low = fmin(span->low, number->exact);
    span->high = fmax(span->high, number->exact);
    if (!number->is_integer)
        span->error = fmax(span->error, fabs(number->exact - (double)number->value));
}

static bool measure(struct import_source *source, size_t index, struct import_number number, void *user)
{
    const struct import_table *table = source->state;
    (void)user;
    source->is_integer = source->is_integer && number.is_integer;
    if (index == 0) {
        note_count(source, number);
        end_row(source);
    }
    note_ladder(source, &number);
    if (!number.is_integer && !isfinite(number.value))
        note_place(table, &source->not_finite);
    if (number.is_rounded)
        note_place(table, &source->rounded);
    note_span(&table->spans[index], &number);
    if (!number.is_integer)
        return true;
    source->min = number.integer < source->min ? number.integer : source->min;
    source->max = number.integer > source->max ? number.integer : source->max;
    return true;
}

static enum elbow_status choose_columns(struct import_source *source, struct elbow_error *error)
{
    struct import_table *table = source->state;
    size_t asked = import_columns_last(&table->reading.columns), skipped = import_columns_last(&table->reading.skipped);
    if (asked > table->fields || skipped > table->fields)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: column %zu was %s, the file has %zu", source->path,
                               asked > table->fields ? asked : skipped,
                               asked > table->fields ? "asked for" : "to be left out", table->fields);
    for (size_t column = 1; column <= table->fields; ++column)
        source->shape[0] += import_table_takes(table, column);
    source->rank = source->shape[0] == 1 ? 0 : 1;
    if (source->shape[0] == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: none of %zu columns is left", source->path, table->fields);
    enum elbow_status status = elbow_allocate(&table->spans, source->shape[0], sizeof *table->spans, "columns", error);
    for (uint64_t i = 0; i < source->shape[0] && status == ELBOW_OK; ++i)
        table->spans[i] = (struct import_span){.low = INFINITY, .high = -INFINITY};
    return status;
}

// Reports the progress of the first pass.
static void report_first_pass(const struct import_source *source)
{
    const struct import_table *table = source->state;
    struct import_progress *progress = table->reading.progress;
    if (progress == NULL || source->rows % TICK_LINES != 0)
        return;
    struct import_position position = import_stream_position(table->lines.stream);
    import_progress_report(progress, source->path, "scanned", position.done, position.all);
}

// The row numbers of one or two rows may be chance.
static void settle_counting(struct import_source *source)
{
    const struct import_table *table = source->state;
    uint64_t rows = table->header_begins_empty ? 2 : 3;
    if (source->shape[0] < 2 || source->rows < rows)
        source->counting.column = 0;
}

// With fewer steps of a float than this between the extremes of a column, its decimals are lost.
static const double STEPS_LEAST = 1 << 13;

static void settle_coarse(struct import_source *source)
{
    const struct import_table *table = source->state;
    struct import_coarse *coarse = &source->coarse;
    for (size_t column = 1, i = 0; column <= table->fields && source->rows > 1; ++column) {
        if (!import_table_takes(table, column))
            continue;
        const struct import_span *span = &table->spans[i++];
        if (!(span->high > span->low) || 2 * span->error * STEPS_LEAST <= span->high - span->low)
            continue;
        float largest = (float)fmax(fabs(span->low), fabs(span->high));
        if (coarse->columns++ == 0) {
            coarse->column = column;
            coarse->low = span->low;
            coarse->high = span->high;
            coarse->step = (double)(nextafterf(largest, INFINITY) - largest);
        }
    }
}

// The first pass.
static enum elbow_status scan(struct import_source *source, struct elbow_error *error)
{
    char *line;
    struct import_table *table = source->state;
    enum elbow_status status = import_table_begin(source, &line, error);
    if (status == ELBOW_OK && line != NULL)
        status = choose_columns(source, error);
    source->is_integer = true;
    source->min = INT64_MAX;
    source->max = INT64_MIN;
    while (status == ELBOW_OK && line != NULL) {
        ++source->rows;
        report_first_pass(source);
        status = walk_line(source, line, measure, NULL, error);
        if (status == ELBOW_OK)
            status = import_table_next(source, &line, error);
    }
    settle_counting(source);
    end_row(source);
    if (source->rows < 3)
        source->header.line = 0;
    if (status == ELBOW_OK)
        settle_coarse(source);
    table->bytes = import_stream_given(table->lines.stream);
    source->element = source->is_integer ? import_integer_element(source->min, source->max) : ELBOW_ELEMENT_FLOAT32;
    return status;
}

// The first pass has chosen a type that represents the values.
static bool store(struct import_source *source, size_t index, struct import_number number, void *rows)
{
    bool is_known = number.is_integer && number.integer >= source->min && number.integer <= source->max;
    if (source->element != ELBOW_ELEMENT_FLOAT32 && !is_known)
        return false;
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
    return true;
}

// After the last row, the file must end as in the first pass. Another program may be writing it.
static enum elbow_status check_end(struct import_source *source, struct elbow_error *error)
{
    const struct import_table *table = source->state;
    char *line;
    enum elbow_status status = import_table_next(source, &line, error);
    if (status != ELBOW_OK || (line == NULL && import_stream_given(table->lines.stream) == table->bytes))
        return status;
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: the file %s while it was read, at first it had %llu rows; start again when no program writes to it",
        source->path, line != NULL ? "became longer" : "was changed", (unsigned long long)source->rows);
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    struct import_table *table = source->state;
    size_t row_bytes = import_shape_values(source->rank, source->shape) * elbow_element_size(source->element);
    for (uint64_t i = 0; i < count; ++i) {
        char *line;
        enum elbow_status status = import_table_next(source, &line, error);
        if (status == ELBOW_OK && line == NULL)
            status =
                elbow_error_set(error, ELBOW_FORMAT, "%s: the file became shorter while it was read", source->path);
        if (status == ELBOW_OK)
            status = walk_line(source, line, store, (char *)rows + i * row_bytes, error);
        if (status != ELBOW_OK)
            return status;
    }
    table->read += count;
    return table->read == source->rows ? check_end(source, error) : ELBOW_OK;
}

static void close_source(struct import_source *source)
{
    struct import_table *table = source->state;
    import_stream_close(table->lines.stream);
    import_lines_clear(&table->lines);
    elbow_release(&table->spans);
    elbow_release(&table);
}

// Text holds no control characters.
static bool matches(const unsigned char *head, size_t size)
{
    for (size_t i = 0; i < size; ++i)
        if (head[i] == 127 || (head[i] < 32 && !isspace(head[i])))
            return false;
    return size > 0;
}

static enum elbow_status open_csv(struct import_stream *stream, const struct import_reading *reading,
                                  struct import_source *source, struct elbow_error *error)
{
    struct import_table *table;
    enum elbow_status status = elbow_allocate(&table, 1, sizeof *table, "a text file", error);
    if (status != ELBOW_OK) {
        import_stream_close(stream);
        return status;
    }
    table->lines.stream = stream;
    table->lines.path = source->path;
    table->reading = *reading;
    source->is_text = true;
    source->state = table;
    source->read = read_rows;
    source->close = close_source;
    status = scan(source, error);
    return status == ELBOW_OK && source->rows > 0 ? import_lines_restart(&table->lines, table->first_line, error)
                                                  : status;
}

const struct import_format import_format_csv = {.name = "text", .matches = matches, .open = open_csv};
