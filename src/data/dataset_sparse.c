// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: sparse rows. As with dense ones the ranks of a node deal out the rows among themselves, and each
// reads its part straight into the node's one copy.
#include "elbow/data/csr.h"
#include "elbow/data/detail/loading.h"
#include "elbow/data/detail/rows.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum { BLOCK_ROWS = 1 << 15 };

// Rows that are stored flat, with the channels first, are turned round: their columns have other numbers then.
static void turn_columns(const struct elbow_loading *loading, uint32_t *columns, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        columns[i] = (uint32_t)(columns[i] % loading->places * loading->channels + columns[i] / loading->places);
}

static void turn_rows(const struct elbow_loading *loading, const struct elbow_rows_parts *parts, uint64_t count,
                      const uint64_t *starts)
{
    size_t size = elbow_element_size(loading->dataset->element);
    uint32_t twice;
    for (uint64_t i = 0; i < count; ++i) {
        size_t n = (size_t)(starts[i + 1] - starts[i]);
        turn_columns(loading, parts->columns + starts[i], n);
        ELBOW_CHECK(elbow_csr_sort(n, size, parts->columns + starts[i], parts->values + starts[i] * size, &twice));
    }
}

// The first entry that is not finite, and no missing one either; `end` if there is none.
static uint64_t first_unusable(const struct elbow_dataset *dataset, const void *values, uint64_t entry, uint64_t end)
{
    for (; entry < end; ++entry) {
        double value = elbow_element_at(dataset->element, values, entry);
        if (!isfinite(value) && !elbow_missing_is(&dataset->missing, value))
            return entry;
    }
    return end;
}

// Looks through the entries of rows from `first` on. Whatever has no entry is zero.
static enum elbow_status scan_rows(const struct elbow_loading *loading, const struct elbow_rows_parts *parts,
                                   uint64_t first, uint64_t count, const uint64_t *starts, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t begin = starts[0], end = starts[count];
    size_t size = elbow_element_size(dataset->element);
    struct elbow_element_scan scan =
        elbow_element_scan(dataset->element, parts->values + begin * size, (size_t)(end - begin));
    bool has_zeros = end - begin < count * dataset->values;
    dataset->min = fmin(dataset->min, has_zeros ? fmin(scan.min, 0) : scan.min);
    dataset->max = fmax(dataset->max, has_zeros ? fmax(scan.max, 0) : scan.max);
    if (scan.first_not_finite == SIZE_MAX)
        return ELBOW_OK;
    uint64_t entry = first_unusable(dataset, parts->values, begin + scan.first_not_finite, end), row = 0;
    if (entry == end)
        return ELBOW_OK;
    while (starts[row + 1] <= entry)
        ++row;
    return elbow_loading_refuse_infinite(loading, first + row, parts->columns[entry], error);
}

// Rows [first, first + count), from the file to their place. `starts` has room for their starts and the end.
static enum elbow_status read_rows(struct elbow_loading *loading, const struct elbow_rows_parts *parts, uint64_t first,
                                   uint64_t count, uint64_t *starts, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    size_t size = elbow_element_size(dataset->element);
    enum elbow_status status = elbow_source_starts(loading->source, first, count, starts, error);
    if (status != ELBOW_OK)
        return status;
    memcpy(parts->starts + first, starts, count * sizeof *starts);
    if (first + count == dataset->samples)
        parts->starts[dataset->samples] = starts[count];
    status = elbow_source_entries(loading->source, first, count, starts, parts->columns + starts[0],
                                  parts->values + starts[0] * size, error);
    if (status == ELBOW_OK)
        status = scan_rows(loading, parts, first, count, starts, error);
    if (status == ELBOW_OK && loading->channels > 0)
        turn_rows(loading, parts, count, starts);
    return status;
}

enum elbow_status elbow_loading_read_sparse(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    struct elbow_rows_parts parts = elbow_rows_parts(dataset);
    uint64_t *starts = NULL;
    enum elbow_status status = elbow_allocate(&starts, BLOCK_ROWS + 1, sizeof *starts, "the starts of rows", error);
    for (uint64_t first = range.first; first < range.last && status == ELBOW_OK; first += BLOCK_ROWS) {
        uint64_t count = range.last - first < BLOCK_ROWS ? range.last - first : BLOCK_ROWS;
        status = read_rows(loading, &parts, first, count, starts, error);
    }
    elbow_release(&starts);
    return status;
}
