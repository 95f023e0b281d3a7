// SPDX-License-Identifier: BSD-3-Clause
// Dense rows of a source of sparse ones.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { BLOCK_ROWS = 1 << 10 }; // whose entries are read at once

static void spread(const struct elbow_source *source, uint64_t count, const uint64_t *starts, const uint32_t *columns,
                   const char *values, char *out)
{
    size_t size = elbow_element_size(source->info.element);
    size_t row_bytes = (size_t)elbow_hdf5_row_values(&source->info) * size;
    memset(out, 0, count * row_bytes);
    for (uint64_t row = 0; row < count; ++row)
        for (uint64_t entry = starts[row] - starts[0]; entry < starts[row + 1] - starts[0]; ++entry)
            memcpy(out + row * row_bytes + columns[entry] * size, values + entry * size, size);
}

// Rows [first, first + count) with these starts.
static enum elbow_status read_block(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                    char *out, struct elbow_error *error)
{
    static const char WHAT[] = "entries of sparse rows";
    size_t n = (size_t)(starts[count] - starts[0]);
    uint32_t *columns = NULL;
    char *values = NULL;
    enum elbow_status status = elbow_allocate(&columns, n + 1, sizeof *columns, WHAT, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&values, n + 1, elbow_element_size(source->info.element), WHAT, error);
    if (status == ELBOW_OK)
        status = source->functions->entries(source, first, count, starts, columns, values, error);
    if (status == ELBOW_OK)
        spread(source, count, starts, columns, values, out);
    elbow_release(&columns);
    elbow_release(&values);
    return status;
}

enum elbow_status elbow_source_spread(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                      struct elbow_error *error)
{
    size_t row_bytes = (size_t)elbow_hdf5_row_values(&source->info) * elbow_element_size(source->info.element);
    uint64_t starts[BLOCK_ROWS + 1];
    enum elbow_status status = ELBOW_OK;
    for (uint64_t done = 0, rows; done < count && status == ELBOW_OK; done += rows) {
        rows = count - done < BLOCK_ROWS ? count - done : BLOCK_ROWS;
        status = source->functions->starts(source, first + done, rows, starts, error);
        if (status == ELBOW_OK)
            status = read_block(source, first + done, rows, starts, (char *)out + done * row_bytes, error);
    }
    return status;
}
