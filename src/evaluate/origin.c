// SPDX-License-Identifier: BSD-3-Clause
// Files are numbered in the order of the list, and rows are those of their file.
#include "elbow/evaluate/detail/origin.h"

#include "elbow/base/memory.h"

#include <string.h>

static enum elbow_status find_files(struct elbow_origin *origin, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = origin->dataset;
    enum elbow_status status =
        elbow_allocate(&origin->first, dataset->files, sizeof *origin->first, "the files of the rows", error);
    for (size_t i = 1; status == ELBOW_OK && i < dataset->files; ++i)
        origin->first[i] = origin->first[i - 1] + dataset->file_rows[i - 1];
    return status == ELBOW_OK ? elbow_files_names(&dataset->file_names, &origin->files, error) : status;
}

enum elbow_status elbow_origin_create(const struct elbow_dataset *dataset, struct elbow_origin *origin,
                                      struct elbow_error *error)
{
    const struct elbow_selection *selection = &dataset->selection;
    bool is_selected = selection->stored > 0 && !elbow_selection_is_identity(selection);
    *origin = (struct elbow_origin){.dataset = dataset,
                                    .has_rows = is_selected || dataset->files > 1,
                                    .has_starts = is_selected && selection->length > 0};
    return dataset->files > 1 ? find_files(origin, error) : ELBOW_OK;
}

void elbow_origin_clear(struct elbow_origin *origin)
{
    elbow_label_names_clear(&origin->files);
    elbow_release(&origin->first);
    *origin = (struct elbow_origin){0};
}

size_t elbow_origin_columns(const struct elbow_origin *origin, struct elbow_sink_column columns[ELBOW_ORIGIN_COLUMNS])
{
    size_t count = 0;
    if (origin->dataset != NULL && origin->dataset->has_names)
        columns[count++] = (struct elbow_sink_column){
            .name = "names", .element = ELBOW_ELEMENT_INT64, .texts = &origin->dataset->names};
    if (origin->first != NULL)
        columns[count++] = (struct elbow_sink_column){
            .name = "file", .element = ELBOW_ELEMENT_INT64, .names = &origin->files, .named = "file"};
    if (origin->has_rows)
        columns[count++] = (struct elbow_sink_column){.name = "row", .element = ELBOW_ELEMENT_INT64};
    if (origin->has_starts)
        columns[count++] = (struct elbow_sink_column){.name = "start", .element = ELBOW_ELEMENT_INT64};
    return count;
}

// The file of a stored row.
static size_t file_of(const struct elbow_origin *origin, uint64_t row)
{
    size_t low = 0, high = origin->dataset->files;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (origin->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static char *put(char *at, uint64_t number)
{
    int64_t value = (int64_t)number;
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

void elbow_origin_pack(const struct elbow_origin *origin, uint64_t sample, char *at)
{
    if (origin->dataset == NULL)
        return;
    uint64_t row = elbow_dataset_row(origin->dataset, sample);
    size_t file = origin->first != NULL ? file_of(origin, row) : 0;
    if (origin->dataset->has_names)
        at = put(at, row);
    if (origin->first != NULL)
        at = put(at, file);
    if (origin->has_rows)
        at = put(at, row - (origin->first != NULL ? origin->first[file] : 0));
    if (origin->has_starts)
        put(at, elbow_selection_start(&origin->dataset->selection, sample));
}
