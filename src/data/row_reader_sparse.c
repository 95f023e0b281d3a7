// SPDX-License-Identifier: BSD-3-Clause
// Reads rows of an open dataset into any memory: sparse rows.
#include "elbow/data/csr.h"
#include "elbow/data/detail/row_reader.h"

#include <math.h>

// In flat rows with the channels first, channels are moved, so that columns get other numbers.
static void turn_columns(const struct elbow_loading *loading, uint32_t *columns, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        columns[i] = (uint32_t)(columns[i] % loading->places * loading->channels + columns[i] / loading->places);
}

static void turn_rows(const struct elbow_loading *loading, const struct elbow_row_entries *entries)
{
    size_t size = elbow_element_size(loading->dataset->element);
    uint32_t twice;
    for (uint64_t i = 0; i < entries->count; ++i) {
        uint64_t start = entries->starts[i] - entries->starts[0];
        size_t n = (size_t)(entries->starts[i + 1] - entries->starts[i]);
        turn_columns(loading, entries->columns + start, n);
        ELBOW_CHECK(elbow_csr_sort(n, size, entries->columns + start, entries->values + start * size, &twice));
    }
}

// The first entry that is neither finite nor missing by a rule; `end` if there is none.
static uint64_t first_unusable(const struct elbow_dataset *dataset, const void *values, uint64_t entry, uint64_t end)
{
    for (; entry < end; ++entry) {
        double value = elbow_element_at(dataset->element, values, entry);
        if (!isfinite(value) && !elbow_missing_is(&dataset->missing, value))
            return entry;
    }
    return end;
}

// Scans the entries. A value without an entry is zero.
static enum elbow_status scan_rows(const struct elbow_loading *loading, struct elbow_row_entries *entries,
                                   struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    uint64_t n = entries->starts[entries->count] - entries->starts[0];
    struct elbow_element_scan scan = elbow_element_scan(dataset->element, entries->values, (size_t)n);
    bool has_zeros = n < entries->count * dataset->values;
    entries->min = fmin(entries->min, has_zeros ? fmin(scan.min, 0) : scan.min);
    entries->max = fmax(entries->max, has_zeros ? fmax(scan.max, 0) : scan.max);
    if (scan.first_not_finite == SIZE_MAX)
        return ELBOW_OK;
    uint64_t entry = first_unusable(dataset, entries->values, scan.first_not_finite, n), row = 0;
    if (entry == n)
        return ELBOW_OK;
    while (entries->starts[row + 1] - entries->starts[0] <= entry)
        ++row;
    return elbow_loading_refuse_infinite(loading, entries->first + row, entries->columns[entry], error);
}

enum elbow_status elbow_row_reader_entries(const struct elbow_row_reader *reader, struct elbow_row_entries *entries,
                                           struct elbow_error *error)
{
    const struct elbow_loading *loading = reader->loading;
    enum elbow_status status = elbow_source_entries(loading->source, entries->first, entries->count, entries->starts,
                                                    entries->columns, entries->values, error);
    if (status == ELBOW_OK)
        status = scan_rows(loading, entries, error);
    if (status == ELBOW_OK && loading->channels > 0)
        turn_rows(loading, entries);
    return status;
}
