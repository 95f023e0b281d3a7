// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/origin.h"

#include <string.h>

// What a dataset's samples have.
struct origin {
    bool has_names, has_rows, has_starts;
};

static struct origin origin_of(const struct elbow_dataset *dataset)
{
    const struct elbow_selection *selection = &dataset->selection;
    bool is_selected = selection->stored > 0 && !elbow_selection_is_identity(selection);
    return (struct origin){dataset->has_names, is_selected, is_selected && selection->length > 0};
}

size_t elbow_origin_columns(const struct elbow_dataset *dataset, struct elbow_sink_column columns[ELBOW_ORIGIN_COLUMNS])
{
    struct origin origin = origin_of(dataset);
    size_t count = 0;
    if (origin.has_names)
        columns[count++] =
            (struct elbow_sink_column){.name = "names", .element = ELBOW_ELEMENT_INT64, .texts = &dataset->names};
    if (origin.has_rows)
        columns[count++] = (struct elbow_sink_column){.name = "row", .element = ELBOW_ELEMENT_INT64};
    if (origin.has_starts)
        columns[count++] = (struct elbow_sink_column){.name = "start", .element = ELBOW_ELEMENT_INT64};
    return count;
}

static char *put(char *at, uint64_t number)
{
    int64_t value = (int64_t)number;
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

char *elbow_origin_pack(const struct elbow_dataset *dataset, uint64_t sample, char *at)
{
    struct origin origin = origin_of(dataset);
    if (origin.has_names)
        at = put(at, elbow_dataset_row(dataset, sample));
    if (origin.has_rows)
        at = put(at, elbow_dataset_row(dataset, sample));
    if (origin.has_starts)
        at = put(at, elbow_selection_start(&dataset->selection, sample));
    return at;
}
