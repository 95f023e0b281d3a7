// SPDX-License-Identifier: BSD-3-Clause
// The table of sinks, and their common parts: the choice of a sink by the name of a file, and the name of a file at the
// end. Errors of writing are OUTPUT.
#include "elbow/output/detail/sink.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { ENDINGS_SIZE = 128 };

#define ENDINGS(name, word, holds, ...) static const char *const endings_of_##word[] = {__VA_ARGS__, NULL};
ELBOW_SINK_LIST(ENDINGS)
#define ROW(name, word, ...) [name] = {&elbow_sink_##word, endings_of_##word},
static const struct {
    const struct elbow_sink_row *row;
    const char *const *endings;
} rows[] = {ELBOW_SINK_LIST(ROW)};

const char *const *elbow_sink_endings(enum elbow_sink_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_SINKS);
    return rows[kind].endings;
}

static const struct elbow_sink_row *find_row(const char *path)
{
    for (size_t i = 0; i < ELBOW_SINKS; ++i)
        for (const char *const *ending = rows[i].endings; *ending != NULL; ++ending)
            if (elbow_output_ends(path, *ending))
                return rows[i].row;
    return NULL;
}

static bool holds(size_t i, const struct elbow_sink_plan *plan)
{
    return rows[i].row->holds == NULL || rows[i].row->holds(plan);
}

// The endings of all formats that can hold the plan: ".png, .h5 or .csv".
static void list_endings(const struct elbow_sink_plan *plan, char text[ENDINGS_SIZE])
{
    size_t length = 0, left = 0;
    for (size_t i = 0; i < ELBOW_SINKS; ++i)
        left += holds(i, plan);
    text[0] = '\0';
    for (size_t i = 0; i < ELBOW_SINKS; ++i) {
        if (!holds(i, plan))
            continue;
        const char *before = length == 0 ? "" : left == 1 ? " or " : ", ";
        elbow_text_format(text + length, ENDINGS_SIZE - length, "%s%s", before, rows[i].endings[0]);
        length = strlen(text);
        --left;
    }
}

enum elbow_status elbow_sink_check(const struct elbow_sink_plan *plan, struct elbow_error *error)
{
    char others[ENDINGS_SIZE];
    const struct elbow_sink_row *row = find_row(plan->path);
    if (row != NULL && (row->holds == NULL || row->holds(plan)))
        return ELBOW_OK;
    list_endings(plan, others);
    if (row != NULL)
        return row->refuse(plan, others, error);
    return elbow_error_set(error, ELBOW_USAGE, "%.500s: the name must end in %s", plan->path, others);
}

enum elbow_status elbow_sink_check_ending(const char *path, bool is_gallery, struct elbow_error *error)
{
    const struct elbow_sink_column picture = {.rank = 2, .shape = {1, 1}}; // which every format holds
    const struct elbow_sink_plan plan = {
        .path = path, .columns = &picture, .column_count = 1, .is_gallery = is_gallery, .rows = 1};
    return elbow_sink_check(&plan, error);
}

bool elbow_sink_holds_texts(const char *path)
{
    const struct elbow_sink_row *row = find_row(path);
    return row == &elbow_sink_hdf5 || row == &elbow_sink_csv;
}

enum elbow_status elbow_sink_open(const struct elbow_sink_plan *plan, struct elbow_sink *sink,
                                  struct elbow_error *error)
{
    *sink = (struct elbow_sink){.plan = *plan, .row = find_row(plan->path)};
    ELBOW_CHECK(sink->row != NULL && plan->column_count > 0 && plan->at_once > 0);
    sink->is_in_memory = !sink->row->is_streamed || plan->pending != NULL;
    for (size_t i = 0; i < plan->column_count; ++i)
        sink->row_bytes += elbow_sink_column_bytes(&plan->columns[i]);
    enum elbow_status status = ELBOW_OK;
    if (!sink->is_in_memory)
        status = elbow_part_begin(NULL, plan->path, &sink->output, NULL, error);
    if (status == ELBOW_OK)
        status = sink->row->open(sink, error);
    if (status != ELBOW_OK)
        elbow_sink_close(sink, error);
    return elbow_output_error(error);
}

enum elbow_status elbow_sink_put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *packed,
                                 struct elbow_error *error)
{
    sink->row->put(sink, first, count, packed, error);
    return elbow_output_error(error);
}

// Completes the file and gives it its name.
static enum elbow_status finish(struct elbow_sink *sink, struct elbow_error *error)
{
    char *bytes = NULL;
    size_t size = 0;
    const struct elbow_sink_plan *plan = &sink->plan;
    if (sink->row->finish(sink, &bytes, &size, error) != ELBOW_OK)
        return elbow_output_error(error);
    if (!sink->is_in_memory)
        return elbow_output_publish(&sink->output, plan->publish, error);
    enum elbow_status status = plan->pending == NULL
                                   ? elbow_output_write(plan->path, bytes, size, plan->publish, error)
                                   : elbow_pending_write(plan->pending, plan->path, &bytes, size, error);
    elbow_release(&bytes);
    return status;
}

enum elbow_status elbow_sink_close(struct elbow_sink *sink, struct elbow_error *error)
{
    if (error->status == ELBOW_OK)
        finish(sink, error);
    if (sink->state != NULL)
        sink->row->discard(sink);
    if (error->status != ELBOW_OK)
        elbow_part_abandon(&sink->output);
    elbow_release(&sink->state);
    *sink = (struct elbow_sink){0};
    return error->status;
}
