// SPDX-License-Identifier: BSD-3-Clause
// An HDF5 file with a dataset for each column: (rows, shape...).
#include "elbow/output/detail/sink.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"

#include <string.h>

enum { NAME_SIZE = 64 };

struct hdf5 {
    struct elbow_hdf5 *file;
    struct elbow_hdf5_buffer image; // of a file in memory; owned
    char *column;                   // (at_once) rows of the widest one; owned
    const char **texts;             // (rows) of the one column of texts; owned
};

static void name_dataset(const struct elbow_sink_column *column, char name[NAME_SIZE])
{
    elbow_text_format(name, NAME_SIZE, "/%s", column->name);
}

// Writes the names of a column's numbers, and the number of each name.
static void write_names(struct elbow_hdf5 *file, const struct elbow_sink_column *column)
{
    char values[NAME_SIZE], names[NAME_SIZE];
    uint64_t count = column->names->count;
    elbow_text_format(values, sizeof values, "/%s_values", column->named);
    elbow_text_format(names, sizeof names, "/%s_names", column->named);
    elbow_hdf5_create_dataset(file, values, ELBOW_ELEMENT_INT64, 1, &count, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_write_rows(file, values, ELBOW_ELEMENT_INT64, 0, count, column->names->labels, NULL);
    elbow_hdf5_write_texts(file, names, column->names->names, count, NULL);
}

static void create_dataset(const struct elbow_sink *sink, const struct elbow_sink_column *column)
{
    const struct hdf5 *hdf5 = sink->state;
    char name[NAME_SIZE];
    uint64_t shape[ELBOW_HDF5_RANK_MAX] = {sink->plan.rows, elbow_sink_values(column)};
    bool fits = column->rank < ELBOW_HDF5_RANK_MAX; // otherwise flat
    for (size_t i = 0; fits && i < column->rank; ++i)
        shape[i + 1] = column->shape[i];
    if (column->texts != NULL)
        return; // written at the end, all at once
    name_dataset(column, name);
    elbow_hdf5_create_dataset(hdf5->file, name, column->element, fits ? (int)column->rank + 1 : 2, shape,
                              (struct elbow_hdf5_layout){0}, NULL);
    if (column->units != NULL)
        elbow_hdf5_write_text(hdf5->file, name, "units", column->units, NULL);
    if (column->meaning != NULL)
        elbow_hdf5_write_text(hdf5->file, name, "long_name", column->meaning, NULL);
    if (column->note != NULL)
        elbow_hdf5_write_integers(hdf5->file, name, column->note, &column->note_value, 1, NULL);
    if (column->names != NULL && column->names->count > 0)
        write_names(hdf5->file, column);
}

static void write_notes(const struct hdf5 *hdf5, const struct elbow_sink_plan *plan)
{
    for (size_t i = 0; i < plan->note_count; ++i) {
        const struct elbow_sink_note *note = &plan->notes[i];
        if (note->text != NULL)
            elbow_hdf5_write_text(hdf5->file, "/", note->key, note->text, NULL);
        else
            elbow_hdf5_write_integers(hdf5->file, "/", note->key, &note->number, 1, NULL);
    }
}

static enum elbow_status open_hdf5(struct elbow_sink *sink, struct elbow_error *error)
{
    struct hdf5 *hdf5;
    const struct elbow_sink_plan *plan = &sink->plan;
    size_t widest = 0;
    enum elbow_status status = elbow_allocate(&sink->state, 1, sizeof *hdf5, "a file of rows", error);
    if (status != ELBOW_OK)
        return status;
    hdf5 = sink->state;
    for (size_t i = 0; i < plan->column_count; ++i)
        if (elbow_sink_column_bytes(&plan->columns[i]) > widest)
            widest = elbow_sink_column_bytes(&plan->columns[i]);
    status = elbow_allocate(&hdf5->column, plan->at_once, widest, "rows of a column", error);
    for (size_t i = 0; i < plan->column_count && status == ELBOW_OK; ++i)
        if (plan->columns[i].texts != NULL)
            status = elbow_allocate(&hdf5->texts, plan->rows, sizeof *hdf5->texts, "names of rows", error);
    if (status == ELBOW_OK)
        status = sink->is_in_memory ? elbow_hdf5_create_memory(0, &hdf5->image, &hdf5->file, error)
                                    : elbow_hdf5_create(sink->output.part, true, &hdf5->file, error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < plan->column_count; ++i)
        create_dataset(sink, &plan->columns[i]);
    write_notes(hdf5, plan);
    return elbow_hdf5_first_error(hdf5->file, error);
}

// Takes one column, which begins at an offset, out of each row, so that it can be written to its dataset.
static void put_column(struct elbow_sink *sink, const struct elbow_sink_column *column, size_t offset, uint64_t first,
                       uint64_t count, const char *rows)
{
    const struct hdf5 *hdf5 = sink->state;
    size_t bytes = elbow_sink_column_bytes(column);
    char name[NAME_SIZE];
    name_dataset(column, name);
    for (uint64_t i = 0; column->texts != NULL && i < count; ++i) {
        int64_t row;
        memcpy(&row, rows + i * sink->row_bytes + offset, sizeof row);
        hdf5->texts[first + i] = elbow_names_at(column->texts, (uint64_t)row);
    }
    if (column->texts != NULL)
        return;
    for (uint64_t done = 0; done < count; done += sink->plan.at_once) {
        uint64_t part = count - done < sink->plan.at_once ? count - done : sink->plan.at_once;
        for (uint64_t i = 0; i < part; ++i)
            memcpy(hdf5->column + i * bytes, rows + (done + i) * sink->row_bytes + offset, bytes);
        elbow_hdf5_write_rows(hdf5->file, name, column->element, first + done, part, hdf5->column, NULL);
    }
}

static enum elbow_status put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                             struct elbow_error *error)
{
    const struct hdf5 *hdf5 = sink->state;
    size_t offset = 0;
    for (size_t i = 0; i < sink->plan.column_count; ++i) {
        put_column(sink, &sink->plan.columns[i], offset, first, count, rows);
        offset += elbow_sink_column_bytes(&sink->plan.columns[i]);
    }
    return elbow_hdf5_first_error(hdf5->file, error);
}

static void write_texts(const struct elbow_sink *sink, const struct elbow_sink_column *column)
{
    const struct hdf5 *hdf5 = sink->state;
    char name[NAME_SIZE];
    name_dataset(column, name);
    elbow_hdf5_write_texts(hdf5->file, name, hdf5->texts, (size_t)sink->plan.rows, NULL);
}

static enum elbow_status finish(struct elbow_sink *sink, char **bytes, size_t *size, struct elbow_error *error)
{
    struct hdf5 *hdf5 = sink->state;
    for (size_t i = 0; i < sink->plan.column_count; ++i)
        if (sink->plan.columns[i].texts != NULL)
            write_texts(sink, &sink->plan.columns[i]);
    if (sink->plan.rows_axis != NULL)
        elbow_sink_hdf5_axes(&sink->plan, hdf5->file);
    enum elbow_status status = elbow_hdf5_close(hdf5->file, error);
    hdf5->file = NULL;
    if (status != ELBOW_OK || !sink->is_in_memory)
        return status;
    *bytes = (char *)hdf5->image.bytes;
    *size = hdf5->image.size;
    hdf5->image.bytes = NULL;
    return ELBOW_OK;
}

static void discard(struct elbow_sink *sink)
{
    struct hdf5 *hdf5 = sink->state;
    elbow_hdf5_close(hdf5->file, NULL);
    elbow_release(&hdf5->image.bytes);
    elbow_release(&hdf5->column);
    elbow_release(&hdf5->texts);
}

const struct elbow_sink_row elbow_sink_hdf5 = {
    .is_streamed = true, .open = open_hdf5, .put = put, .finish = finish, .discard = discard};
