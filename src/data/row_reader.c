// SPDX-License-Identifier: BSD-3-Clause
// Reads rows of an open dataset into any memory: dense rows.
#include "elbow/data/detail/row_reader.h"

#include "elbow/base/memory.h"

#include <math.h>

enum elbow_status elbow_row_reader_create(const struct elbow_loading *loading, uint64_t rows_max,
                                          struct elbow_row_reader *reader, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t row_bytes = dataset->values * elbow_element_size(dataset->element);
    *reader = (struct elbow_row_reader){.loading = loading};
    if (dataset->is_sparse)
        return ELBOW_OK;
    enum elbow_status status = elbow_loading_marks_create(loading, rows_max, &reader->marks, error);
    if (status == ELBOW_OK && loading->channels > 0)
        status = elbow_allocate(&reader->row, 1, row_bytes, "a row", error);
    return status;
}

void elbow_row_reader_destroy(struct elbow_row_reader *reader)
{
    elbow_loading_marks_destroy(&reader->marks);
    elbow_release(&reader->row);
}

// The first value that is neither finite nor missing by a rule; missing ones are counted later.
static size_t first_unusable(const struct elbow_dataset *dataset, const void *rows, size_t n, size_t first)
{
    for (size_t i = first; i < n; ++i) {
        double value = elbow_element_at(dataset->element, rows, i);
        if (!isfinite(value) && !elbow_missing_is(&dataset->missing, value))
            return i;
    }
    return SIZE_MAX;
}

// Scans rows in which all values are known, before their channels are moved.
static enum elbow_status scan(const struct elbow_loading *loading, struct elbow_row_block *block,
                              struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t values = dataset->values, n = block->count * values, at = SIZE_MAX;
    struct elbow_element_scan scan = elbow_element_scan(dataset->element, block->values, n);
    block->min = fmin(block->min, scan.min);
    block->max = fmax(block->max, scan.max);
    if (scan.first_not_finite != SIZE_MAX)
        at = first_unusable(dataset, block->values, n, scan.first_not_finite);
    if (at == SIZE_MAX)
        return ELBOW_OK;
    return elbow_loading_refuse_infinite(loading, block->first + at / values, at % values, error);
}

enum elbow_status elbow_row_reader_read(const struct elbow_row_reader *reader, struct elbow_row_block *block,
                                        struct elbow_error *error)
{
    const struct elbow_loading *loading = reader->loading;
    bool may_miss = elbow_loading_may_miss(loading);
    enum elbow_status status = elbow_source_read(loading->source, block->first, block->count, block->values, error);
    if (status == ELBOW_OK && !may_miss)
        status = scan(loading, block, error);
    if (status == ELBOW_OK && loading->channels > 0)
        elbow_loading_turn(loading, loading->dataset->element, block->values, block->count, reader->row);
    return status == ELBOW_OK && may_miss ? elbow_loading_mark(loading, &reader->marks, block, error) : status;
}
