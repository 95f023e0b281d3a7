// SPDX-License-Identifier: BSD-3-Clause
// Rows as text, with enough digits to restore every bit. A gallery: a line for each picture, without a header, after
// the text of its row and its class, if there are any. A table: a header, and a line for each row; a column of several
// values is name_0, name_1, ..., and names of numbers are a column of quoted texts.
#include "elbow/output/detail/sink.h"

#include "elbow/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Bytes of a number or of a name, including the separator.
enum { FLOAT_SIZE = 16, NUMBER_SIZE = 32, NAME_SIZE = 64 };

struct csv {
    FILE *stream;        // owned; NULL: in memory
    char *text;          // in memory; owned
    size_t length, size; // of the text; of the room for it
};

static enum elbow_status fail(const struct elbow_sink *sink, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", sink->output.part, strerror(errno));
}

// Trouble with the stream is looked for later, once for many.
static void add(struct csv *csv, const char *text)
{
    size_t length = strlen(text);
    if (csv->stream != NULL) {
        fwrite(text, 1, length, csv->stream);
        return;
    }
    ELBOW_CHECK(length <= csv->size - csv->length);
    memcpy(csv->text + csv->length, text, length);
    csv->length += length;
}

// A quoted text, in which quotes are doubled.
static void add_quoted(struct csv *csv, const char *text)
{
    char letter[2] = "";
    add(csv, "\"");
    for (; *text != '\0'; ++text) {
        letter[0] = *text;
        add(csv, *text == '"' ? "\"\"" : letter);
    }
    add(csv, "\"");
}

static bool has_names(const struct elbow_sink_column *column)
{
    return column->names != NULL && column->names->count > 0;
}

static void add_header(struct csv *csv, const struct elbow_sink_plan *plan)
{
    for (size_t i = 0; i < plan->column_count; ++i) {
        const struct elbow_sink_column *column = &plan->columns[i];
        char name[NAME_SIZE];
        for (size_t d = 0; d < elbow_sink_values(column); ++d) {
            const char *separator = i == 0 && d == 0 ? "" : ",";
            if (column->rank == 0)
                elbow_text_format(name, sizeof name, "%s%s", separator, column->name);
            else
                elbow_text_format(name, sizeof name, "%s%s_%zu", separator, column->name, d);
            add(csv, name);
        }
        if (has_names(column)) {
            elbow_text_format(name, sizeof name, ",%s_name", column->named);
            add(csv, name);
        }
    }
    add(csv, "\n");
}

// The most bytes of a name, quoted, and its comma.
static size_t longest_name(const struct elbow_sink_column *column)
{
    size_t most = 0;
    for (size_t i = 0; has_names(column) && i < column->names->count; ++i) {
        size_t length = 2 * strlen(column->names->names[i]) + sizeof ",\"\"";
        most = length > most ? length : most;
    }
    return most;
}

// Upper bound of the bytes of the text.
static size_t measure(const struct elbow_sink_plan *plan)
{
    size_t header = 1, row = 0;
    for (size_t i = 0; i < plan->column_count; ++i) {
        size_t values = elbow_sink_values(&plan->columns[i]);
        header += (values + 1) * NAME_SIZE;
        row += values * (plan->columns[i].element == ELBOW_ELEMENT_FLOAT32 ? FLOAT_SIZE : NUMBER_SIZE);
        row += longest_name(&plan->columns[i]);
    }
    return (plan->is_gallery ? 0 : header) + (size_t)plan->rows * row;
}

static enum elbow_status open_csv(struct elbow_sink *sink, struct elbow_error *error)
{
    struct csv *csv;
    enum elbow_status status = elbow_allocate(&sink->state, 1, sizeof *csv, "a table of samples", error);
    if (status != ELBOW_OK)
        return status;
    csv = sink->state;
    if (sink->is_in_memory) {
        csv->size = measure(&sink->plan);
        status = elbow_allocate(&csv->text, csv->size, 1, "a table of samples", error);
    } else {
        csv->stream = fopen(sink->output.part, "we");
        status = csv->stream != NULL ? ELBOW_OK : fail(sink, error);
    }
    if (status == ELBOW_OK && !sink->plan.is_gallery)
        add_header(csv, &sink->plan);
    return status;
}

// One number, at any alignment.
static void add_number(struct csv *csv, enum elbow_element element, const char *at, char end)
{
    char text[2 * NUMBER_SIZE];
    float single;
    double number;
    int64_t integer;
    switch (element) {
    case ELBOW_ELEMENT_FLOAT32:
        memcpy(&single, at, sizeof single);
        snprintf(text, sizeof text, "%.9g%c", (double)single, end);
        break;
    case ELBOW_ELEMENT_FLOAT64:
        memcpy(&number, at, sizeof number);
        snprintf(text, sizeof text, "%.17g%c", number, end);
        break;
    default:
        ELBOW_CHECK(element == ELBOW_ELEMENT_INT64);
        memcpy(&integer, at, sizeof integer);
        snprintf(text, sizeof text, "%" PRId64 "%c", integer, end);
    }
    add(csv, text);
}

// A quoted name; nothing for a number without one.
static void add_name(struct csv *csv, const struct elbow_sink_column *column, const char *number, char end)
{
    int64_t integer;
    memcpy(&integer, number, sizeof integer);
    const char *name = elbow_label_name(column->names, integer);
    const char text[2] = {end, '\0'};
    if (name != NULL)
        add_quoted(csv, name);
    add(csv, text);
}

// The text of a row.
static void add_text(struct csv *csv, const struct elbow_sink_column *column, const char *number, char end)
{
    const char text[2] = {end, '\0'};
    int64_t row;
    memcpy(&row, number, sizeof row);
    add_quoted(csv, elbow_names_at(column->texts, (uint64_t)row));
    add(csv, text);
}

// The columns beside the pictures of a gallery's row, which precede each picture here: its text, whole numbers and
// their names.
static bool is_beside(const struct elbow_sink_column *column)
{
    return column->element == ELBOW_ELEMENT_INT64;
}

static void begin_picture(struct csv *csv, const struct elbow_sink_plan *plan, const char *packed)
{
    for (size_t i = 0; i < plan->column_count; ++i) {
        const struct elbow_sink_column *column = &plan->columns[i];
        if (column->texts != NULL)
            add_text(csv, column, packed, ',');
        else if (is_beside(column))
            add_number(csv, column->element, packed, ',');
        if (has_names(column))
            add_name(csv, column, packed, ',');
        packed += elbow_sink_column_bytes(column);
    }
}

static void add_row(struct csv *csv, const struct elbow_sink_plan *plan, const char *packed)
{
    const char *row = packed;
    for (size_t i = 0; i < plan->column_count; ++i) {
        const struct elbow_sink_column *column = &plan->columns[i];
        size_t values = elbow_sink_values(column), bytes = elbow_element_size(column->element);
        char end = plan->is_gallery || i + 1 == plan->column_count ? '\n' : ',';
        bool is_named = has_names(column), is_here = !plan->is_gallery || !is_beside(column);
        if (plan->is_gallery && is_here)
            begin_picture(csv, plan, packed);
        if (column->texts != NULL && is_here)
            add_text(csv, column, row, end);
        for (size_t d = 0; column->texts == NULL && is_here && d < values; ++d)
            add_number(csv, column->element, row + d * bytes, d + 1 == values && !is_named ? end : ',');
        if (is_named && is_here)
            add_name(csv, column, row, end);
        row += values * bytes;
    }
}

static enum elbow_status put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                             struct elbow_error *error)
{
    struct csv *csv = sink->state;
    (void)first;
    for (uint64_t i = 0; i < count; ++i)
        add_row(csv, &sink->plan, (const char *)rows + i * sink->row_bytes);
    return csv->stream == NULL || !ferror(csv->stream) ? ELBOW_OK : fail(sink, error);
}

static enum elbow_status finish(struct elbow_sink *sink, char **bytes, size_t *size, struct elbow_error *error)
{
    struct csv *csv = sink->state;
    if (csv->stream != NULL)
        return fflush(csv->stream) == 0 ? ELBOW_OK : fail(sink, error);
    *bytes = csv->text;
    *size = csv->length;
    csv->text = NULL;
    return ELBOW_OK;
}

static void discard(struct elbow_sink *sink)
{
    struct csv *csv = sink->state;
    if (csv->stream != NULL)
        fclose(csv->stream);
    elbow_release(&csv->text);
}

const struct elbow_sink_row elbow_sink_csv = {
    .is_streamed = true, .open = open_csv, .put = put, .finish = finish, .discard = discard};
