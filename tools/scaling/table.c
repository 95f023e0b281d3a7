// SPDX-License-Identifier: BSD-3-Clause
// The table as CSV: one row a point, its kind in the first column. Predictions have no repeats,
// so their fields of spreads are empty.
#include "scaling.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HEADER[] =
    "kind,mode,nodes,ranks,threads,batch,microbatch,microbatches,parameters,repeats,step_least,step_lower,step_median,"
    "step_upper,step_most,samples_per_s,speedup_least,speedup_median,speedup_most,efficiency_least,efficiency_median,"
    "efficiency_most,compute,exchange,data,compute_seconds,update_seconds,"
    "cores_busy\n";

enum { INTEGERS = 8, NUMBERS = 17 };

// The whole numbers and the others of a row, in the order of the columns; `is_spread` says which belong to a spread.
static void list_integers(const struct scaling_row *row, uint64_t values[INTEGERS])
{
    const uint64_t list[INTEGERS] = {(uint64_t)row->nodes, (uint64_t)row->ranks,  (uint64_t)row->threads,
                                     row->batch,           row->microbatch,       row->microbatches,
                                     row->parameters,      (uint64_t)row->repeats};
    memcpy(values, list, sizeof list);
}

static const bool is_spread[NUMBERS] = {true, true, false, true, true, false, true, false, true, true, false, true};

static void list_numbers(struct scaling_row *row, double *values[NUMBERS])
{
    double *list[NUMBERS] = {&row->step.least,       &row->step.lower,        &row->step.median,
                             &row->step.upper,       &row->step.most,         &row->samples_per_s.median,
                             &row->speedup.least,    &row->speedup.median,    &row->speedup.most,
                             &row->efficiency.least, &row->efficiency.median, &row->efficiency.most,
                             &row->compute,          &row->exchange,          &row->data,
                             &row->compute_seconds,  &row->update_seconds};
    memcpy(values, list, sizeof list);
}

static void write_row(FILE *file, const struct scaling_row *row)
{
    struct scaling_row copy = *row;
    uint64_t integers[INTEGERS];
    double *numbers[NUMBERS];
    list_integers(row, integers);
    list_numbers(&copy, numbers);
    fprintf(file, "%s,%s", scaling_kind_name(row->kind), scaling_mode_name(row->mode));
    for (int i = 0; i < INTEGERS; ++i)
        fprintf(file, ",%" PRIu64, integers[i]);
    for (int i = 0; i < NUMBERS; ++i) {
        if (row->repeats == 0 && is_spread[i])
            fputc(',', file);
        else
            fprintf(file, ",%.9g", *numbers[i]);
    }
    if (isnan(row->cores_busy))
        fputs(",\n", file);
    else
        fprintf(file, ",%.9g\n", row->cores_busy);
}

enum elbow_status scaling_table_write(const struct scaling_table *table, const char *path, bool force,
                                      struct elbow_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "%s: %s", path, strerror(errno));
    fputs(HEADER, file);
    for (size_t i = 0; i < table->count; ++i)
        write_row(file, &table->rows[i]);
    bool whole = ferror(file) == 0;
    enum elbow_status status = ELBOW_OK;
    if (fclose(file) != 0 || !whole)
        status = elbow_error_set(error, ELBOW_MEMORY, "%s: no memory for the table", path);
    else
        status = scaling_publish(path, text, size, force, error);
    free(text);
    return status;
}

// The next field of a line; the line is cut there.
static char *next_field(char **at)
{
    char *field = *at, *end = strpbrk(field, ",\n");
    if (end == NULL)
        return NULL;
    *at = end + 1;
    *end = '\0';
    return field;
}

static bool read_name(const char *field, const char *(*name)(int), int count, int *value)
{
    for (int i = 0; i < count; ++i)
        if (field != NULL && strcmp(field, name(i)) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static const char *kind_name(int i)
{
    return scaling_kind_name((enum scaling_kind)i);
}

static const char *mode_name(int i)
{
    return scaling_mode_name((enum scaling_mode)i);
}

// An empty field of a spread is not a number.
static bool read_number(const char *field, bool may_be_empty, double *value)
{
    char *end;
    *value = NAN;
    if (field == NULL || *field == '\0')
        return field != NULL && may_be_empty;
    *value = strtod(field, &end);
    return *end == '\0';
}

static bool read_row(char *line, struct scaling_row *row)
{
    char *at = line;
    int kind, mode;
    double integers[INTEGERS], *numbers[NUMBERS];
    if (!read_name(next_field(&at), kind_name, SCALING_KINDS, &kind) ||
        !read_name(next_field(&at), mode_name, SCALING_MODES, &mode))
        return false;
    for (int i = 0; i < INTEGERS; ++i)
        if (!read_number(next_field(&at), false, &integers[i]) || !(integers[i] >= 0) || !(integers[i] < 1e15))
            return false;
    *row = (struct scaling_row){.kind = (enum scaling_kind)kind,
                                .mode = (enum scaling_mode)mode,
                                .nodes = (int)integers[0],
                                .ranks = (int)integers[1],
                                .threads = (int)integers[2],
                                .batch = (uint64_t)integers[3],
                                .microbatch = (uint64_t)integers[4],
                                .microbatches = (uint64_t)integers[5],
                                .parameters = (uint64_t)integers[6],
                                .repeats = (int)integers[7]};
    list_numbers(row, numbers);
    for (int i = 0; i < NUMBERS; ++i)
        if (!read_number(next_field(&at), row->repeats == 0 && is_spread[i], numbers[i]))
            return false;
    return read_number(next_field(&at), row->kind != SCALING_MEASURED, &row->cores_busy) && *at == '\0';
}

enum elbow_status scaling_table_read(const char *path, struct scaling_table *table, struct elbow_error *error)
{
    int descriptor = elbow_file_open_input(path, false);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    char line[2048];
    if (file == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, elbow_file_reason(errno));
    enum elbow_status status = elbow_inputs_note(path, error);
    for (int number = 1; status == ELBOW_OK && fgets(line, sizeof line, file) != NULL; ++number) {
        struct scaling_row row;
        if (number == 1 ? strcmp(line, HEADER) != 0 : !read_row(line, &row)) {
            status = elbow_error_set(
                error, ELBOW_FORMAT,
                "%s:%d: is not in the form that elbow-scaling writes (report and model write it again, with --force)",
                path, number);
        } else if (number > 1) {
            struct scaling_row *added = scaling_table_add(table, error);
            status = added == NULL ? error->status : ELBOW_OK;
            if (added != NULL)
                *added = row;
        }
    }
    fclose(file);
    return status;
}
