// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: sparse rows. As with dense rows, the ranks of a node divide the rows, and each reads its part
// directly into the node's copy.
#include "elbow/data/detail/row_reader.h"
#include "elbow/data/detail/rows.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { BLOCK_ROWS = 1 << 15 };

// Reads rows [first, first + count) to their place. `starts` has space for their starts and the end.
static enum elbow_status read_rows(const struct elbow_row_reader *reader, struct elbow_dataset *dataset, uint64_t first,
                                   uint64_t count, uint64_t *starts, struct elbow_error *error)
{
    const struct elbow_loading *loading = reader->loading;
    struct elbow_rows_parts parts = elbow_rows_parts(dataset);
    size_t size = elbow_element_size(dataset->element);
    enum elbow_status status = elbow_source_starts(loading->source, first, count, starts, error);
    if (status != ELBOW_OK)
        return status;
    memcpy(parts.starts + first, starts, count * sizeof *starts);
    if (first + count == dataset->samples)
        parts.starts[dataset->samples] = starts[count];
    struct elbow_row_entries entries = {.first = first,
                                        .count = count,
                                        .starts = starts,
                                        .values = parts.values + starts[0] * size,
                                        .columns = parts.columns + starts[0],
                                        .min = dataset->min,
                                        .max = dataset->max};
    status = elbow_row_reader_entries(reader, &entries, error);
    dataset->min = entries.min;
    dataset->max = entries.max;
    return status;
}

enum elbow_status elbow_loading_read_sparse(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    struct elbow_row_reader reader;
    uint64_t *starts = NULL;
    enum elbow_status status = elbow_row_reader_create(loading, BLOCK_ROWS, &reader, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&starts, BLOCK_ROWS + 1, sizeof *starts, "the starts of rows", error);
    for (uint64_t first = range.first; first < range.last && status == ELBOW_OK; first += BLOCK_ROWS) {
        uint64_t count = range.last - first < BLOCK_ROWS ? range.last - first : BLOCK_ROWS;
        status = read_rows(&reader, dataset, first, count, starts, error);
    }
    elbow_release(&starts);
    elbow_row_reader_destroy(&reader);
    return status;
}
