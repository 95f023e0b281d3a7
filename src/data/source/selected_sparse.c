// SPDX-License-Identifier: BSD-3-Clause
// The samples of a selection as sparse rows. The entries of the selected rows in each block of stored rows are counted
// once, so that the entries of a row can be found without those before it.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/selection.h"

#include <string.h>

// Stored rows per block; entries per read, unless one row has more.
enum { BLOCK = 1 << 12, ENTRIES = 1 << 18 };

struct selected {
    struct elbow_source source;
    struct elbow_source *inner;              // owned
    const struct elbow_selection *selection; // not owned
    uint64_t *before;                        // selected entries before each block, and of all blocks; owned
    // Owned. The starts of the stored rows from `row` on.
    uint64_t *starts, row;
    // Owned. Entries of rows of which only some are selected.
    uint32_t *columns;
    char *values;
    uint64_t capacity;
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    return elbow_source_check(((struct selected *)source)->inner, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct selected *selected = (struct selected *)source;
    uint64_t entry_bytes = sizeof *selected->columns + elbow_element_size(source->info.element);
    enum elbow_status status = elbow_source_storage(selected->inner, storage, error);
    if (status == ELBOW_OK)
        storage->kept += (source->entries < ENTRIES ? source->entries : ENTRIES) * entry_bytes;
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    return elbow_source_packing(((struct selected *)source)->inner, packing, error);
}

// The starts of stored rows [row, end), of one block.
static enum elbow_status look_at(struct selected *selected, uint64_t row, uint64_t end, struct elbow_error *error)
{
    selected->row = row;
    return elbow_source_starts(selected->inner, row, end - row, selected->starts, error);
}

// The end of the block that a stored row lies in.
static uint64_t block_end(const struct selected *selected, uint64_t row)
{
    uint64_t end = row - row % BLOCK + BLOCK, stored = selected->selection->stored;
    return end < stored ? end : stored;
}

// The number of entries of the selected rows among stored rows [row, end), whose starts were read.
static uint64_t count_entries(const struct selected *selected, uint64_t row, uint64_t end)
{
    uint64_t count = 0;
    for (; row < end; ++row)
        if (elbow_selection_has(selected->selection, row))
            count += selected->starts[row + 1 - selected->row] - selected->starts[row - selected->row];
    return count;
}

static enum elbow_status starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                struct elbow_error *error)
{
    struct selected *selected = (struct selected *)source;
    starts[0] = source->entries;
    if (first == source->info.shape[0])
        return ELBOW_OK;
    uint64_t row = elbow_selection_row(selected->selection, first), end = block_end(selected, row);
    enum elbow_status status = look_at(selected, row - row % BLOCK, end, error);
    if (status != ELBOW_OK)
        return status;
    starts[0] = selected->before[row / BLOCK] + count_entries(selected, selected->row, row);
    for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i) {
        row = elbow_selection_row(selected->selection, first + i);
        if (row >= end) {
            end = block_end(selected, row);
            status = look_at(selected, row, end, error);
        }
        if (status == ELBOW_OK)
            starts[i + 1] = starts[i] + count_entries(selected, row, row + 1);
    }
    return status;
}

static enum elbow_status reserve(struct selected *selected, uint64_t entries, struct elbow_error *error)
{
    static const char WHAT[] = "entries of sparse rows";
    if (entries <= selected->capacity)
        return ELBOW_OK;
    selected->capacity = 0;
    elbow_release(&selected->columns);
    elbow_release(&selected->values);
    enum elbow_status status = elbow_allocate(&selected->columns, entries, sizeof *selected->columns, WHAT, error);
    if (status == ELBOW_OK)
        status =
            elbow_allocate(&selected->values, entries, elbow_element_size(selected->source.info.element), WHAT, error);
    if (status == ELBOW_OK)
        selected->capacity = entries;
    return status;
}

// Reads the selected rows among stored rows [row, end), whose starts were read, if not all are selected.
static enum elbow_status read_some(struct selected *selected, uint64_t end, uint32_t *columns, char *values,
                                   struct elbow_error *error)
{
    const uint64_t *starts = selected->starts;
    size_t size = elbow_element_size(selected->source.info.element);
    uint64_t rows = end - selected->row;
    enum elbow_status status = reserve(selected, starts[rows] - starts[0], error);
    if (status == ELBOW_OK)
        status = elbow_source_entries(selected->inner, selected->row, rows, starts, selected->columns, selected->values,
                                      error);
    for (uint64_t i = 0; i < rows && status == ELBOW_OK; ++i) {
        if (!elbow_selection_has(selected->selection, selected->row + i))
            continue;
        uint64_t from = starts[i] - starts[0], count = starts[i + 1] - starts[i];
        memcpy(columns, selected->columns + from, count * sizeof *columns);
        memcpy(values, selected->values + from * size, count * size);
        columns += count;
        values += count * size;
    }
    return status;
}

// Rows that fit into one read, among those whose starts were read.
static uint64_t cut(const struct selected *selected, uint64_t end)
{
    const uint64_t *starts = selected->starts;
    uint64_t rows = end - selected->row;
    while (rows > 1 && starts[rows] - starts[0] > ENTRIES)
        rows -= rows / 2;
    return selected->row + rows;
}

static enum elbow_status entries(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                 uint32_t *columns, void *values, struct elbow_error *error)
{
    struct selected *selected = (struct selected *)source;
    const struct elbow_selection *selection = selected->selection;
    size_t size = elbow_element_size(source->info.element);
    enum elbow_status status = ELBOW_OK;
    uint64_t behind = count > 0 ? elbow_selection_row(selection, first + count - 1) + 1 : 0;
    for (uint64_t done = 0, taken; done < count && status == ELBOW_OK; done += taken) {
        uint64_t row = elbow_selection_row(selection, first + done), end = block_end(selected, row);
        status = look_at(selected, row, end < behind ? end : behind, error);
        if (status != ELBOW_OK)
            break;
        end = cut(selected, end < behind ? end : behind);
        taken = elbow_selection_before(selection, end) - elbow_selection_before(selection, row);
        uint64_t at = starts[done] - starts[0];
        char *to = (char *)values + at * size;
        if (taken == end - row)
            status = elbow_source_entries(selected->inner, row, taken, selected->starts, columns + at, to, error);
        else
            status = read_some(selected, end, columns + at, to, error);
    }
    return status;
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct selected *selected = (const struct selected *)source;
    return elbow_source_locate(selected->inner, elbow_selection_row(selected->selection, row), number);
}

static void give_back(struct selected *selected)
{
    elbow_release(&selected->before);
    elbow_release(&selected->starts);
    elbow_release(&selected->columns);
    elbow_release(&selected->values);
    elbow_release(&selected);
}

static void close_selected(struct elbow_source *source)
{
    struct selected *selected = (struct selected *)source;
    elbow_source_close(selected->inner);
    give_back(selected);
}

static const struct elbow_source_functions functions = {.check = check,
                                                        .storage = storage,
                                                        .packing = packing,
                                                        .read = elbow_source_spread,
                                                        .starts = starts,
                                                        .entries = entries,
                                                        .locate = locate,
                                                        .close = close_selected};

// Counts the entries of all blocks.
static enum elbow_status count_blocks(struct selected *selected, struct elbow_error *error)
{
    uint64_t stored = selected->selection->stored, block = 0;
    static const char WHAT[] = "a selection of rows";
    enum elbow_status status =
        elbow_allocate(&selected->before, stored / BLOCK + 2, sizeof *selected->before, WHAT, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&selected->starts, BLOCK + 1, sizeof *selected->starts, WHAT, error);
    for (uint64_t row = 0, end; row < stored && status == ELBOW_OK; row = end, ++block) {
        end = block_end(selected, row);
        status = look_at(selected, row, end, error);
        if (status == ELBOW_OK)
            selected->before[block + 1] = selected->before[block] + count_entries(selected, row, end);
    }
    if (status == ELBOW_OK)
        selected->source.entries = selected->before[block];
    return status;
}

enum elbow_status elbow_source_select_sparse(struct elbow_source **source, const struct elbow_selection *selection,
                                             struct elbow_error *error)
{
    struct selected *selected;
    enum elbow_status status = elbow_allocate(&selected, 1, sizeof *selected, "a selection of rows", error);
    if (status != ELBOW_OK)
        return status;
    selected->source = (struct elbow_source){.functions = &functions, .info = (*source)->info, .is_sparse = true};
    selected->source.info.shape[0] = selection->samples;
    selected->inner = *source;
    selected->selection = selection;
    status = count_blocks(selected, error);
    if (status == ELBOW_OK)
        *source = &selected->source;
    else
        give_back(selected);
    return status;
}
