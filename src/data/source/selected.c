// SPDX-License-Identifier: BSD-3-Clause
// The samples of a selection as rows of a source. Whole blocks of stored rows are read in order, and the selected ones
// are kept. A block without selected rows is not read. Windows of series are cut along the axis of time, which is the
// first one of a row, or the last one if the channels come first.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/selection.h"

#include <string.h>

// Bytes per read, unless a chunk is larger, which HDF5 unpacks as a whole.
static const uint64_t BLOCK_BYTES = UINT64_C(1) << 24;

struct selected {
    struct elbow_source source;
    struct elbow_source *inner;              // owned
    const struct elbow_selection *selection; // not owned
    size_t row_bytes;                        // of a stored row
    size_t lines, line_bytes;                // a window is a piece of each line of a row: one line, or one per channel
    size_t piece_bytes, point_bytes;
    uint64_t block_rows;
    char *block; // owned
};

// Rows that are contiguous.
static bool is_range(const struct elbow_selection *selection)
{
    return selection->bits == NULL && selection->length == 0;
}

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    return elbow_source_check(((struct selected *)source)->inner, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    const struct selected *selected = (const struct selected *)source;
    enum elbow_status status = elbow_source_storage(selected->inner, storage, error);
    if (status == ELBOW_OK)
        storage->reading += elbow_source_chunk_bytes(&selected->inner->info, false);
    if (status == ELBOW_OK && !is_range(selected->selection))
        storage->kept += selected->block_rows * selected->row_bytes;
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    return elbow_source_packing(((struct selected *)source)->inner, packing, error);
}

// Copies a sample out of its row.
static void cut(const struct selected *selected, const char *row, uint64_t start, char *out)
{
    for (size_t line = 0; line < selected->lines; ++line)
        memcpy(out + line * selected->piece_bytes, row + line * selected->line_bytes + start * selected->point_bytes,
               selected->piece_bytes);
}

static enum elbow_status make_block(struct selected *selected, struct elbow_error *error)
{
    if (selected->block != NULL)
        return ELBOW_OK;
    return elbow_allocate(&selected->block, selected->block_rows, selected->row_bytes, "a block of rows", error);
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct selected *selected = (struct selected *)source;
    const struct elbow_selection *selection = selected->selection;
    size_t sample_bytes = selected->lines * selected->piece_bytes;
    uint64_t end = first + count, stored = selection->stored;
    if (count == 0)
        return ELBOW_OK;
    if (is_range(selection))
        return elbow_source_read(selected->inner, selection->first + first, count, out, error);
    enum elbow_status status = make_block(selected, error);
    uint64_t behind = elbow_selection_row(selection, end - 1) + 1;
    for (uint64_t sample = first; sample < end && status == ELBOW_OK;) {
        uint64_t row = elbow_selection_row(selection, sample), next = row - row % selected->block_rows;
        next = stored - next < selected->block_rows ? stored : next + selected->block_rows;
        next = next < behind ? next : behind;
        status = elbow_source_read(selected->inner, row, next - row, selected->block, error);
        for (uint64_t here; status == ELBOW_OK && sample < end; ++sample) {
            here = elbow_selection_row(selection, sample);
            if (here >= next)
                break;
            cut(selected, selected->block + (here - row) * selected->row_bytes,
                elbow_selection_start(selection, sample), (char *)out + (sample - first) * sample_bytes);
        }
    }
    return status;
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct selected *selected = (const struct selected *)source;
    const struct elbow_selection *selection = selected->selection;
    size_t size = elbow_element_size(source->info.element);
    size_t piece = selected->piece_bytes / size, line = selected->line_bytes / size;
    uint64_t start = elbow_selection_start(selection, row) * (selected->point_bytes / size);
    return elbow_source_locate(selected->inner, elbow_selection_row(selection, row),
                               number / piece * line + start + number % piece);
}

static void close_selected(struct elbow_source *source)
{
    struct selected *selected = (struct selected *)source;
    elbow_source_close(selected->inner);
    elbow_release(&selected->block);
    elbow_release(&selected);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_selected};

// The layout of windows in a row whose axis of time is `axis` (1: the first one of a row).
static void measure(struct selected *selected, int axis)
{
    struct elbow_hdf5_info *info = &selected->source.info;
    size_t size = elbow_element_size(info->element), before = 1, behind = 1;
    for (int i = 1; i < info->rank; ++i)
        *(i < axis ? &before : &behind) *= i == axis ? 1 : (size_t)info->shape[i];
    uint64_t steps = info->shape[axis], length = selected->selection->length;
    selected->row_bytes = before * (size_t)steps * behind * size;
    selected->lines = before;
    selected->point_bytes = behind * size;
    selected->line_bytes = (size_t)steps * selected->point_bytes;
    selected->piece_bytes = (length > 0 ? (size_t)length : (size_t)steps) * selected->point_bytes;
    uint64_t chunk = info->chunk_rows > 0 ? info->chunk_rows : 1;
    uint64_t chunks = BLOCK_BYTES / selected->row_bytes / chunk;
    selected->block_rows = (chunks > 0 ? chunks : 1) * chunk;
    if (selected->block_rows > info->shape[0])
        selected->block_rows = info->shape[0];
    info->shape[0] = selected->selection->samples;
    info->shape[axis] = length > 0 ? length : steps;
    info->chunk_rows = 0;
}

enum elbow_status elbow_source_select(struct elbow_source **source, const struct elbow_selection *selection, int axis,
                                      struct elbow_error *error)
{
    struct selected *selected;
    ELBOW_CHECK(selection->stored == (*source)->info.shape[0] && selection->samples > 0);
    ELBOW_CHECK(axis >= 1 && axis < (*source)->info.rank);
    if ((*source)->is_sparse && selection->length == 0)
        return elbow_source_select_sparse(source, selection, error);
    enum elbow_status status = elbow_allocate(&selected, 1, sizeof *selected, "a selection of rows", error);
    if (status != ELBOW_OK)
        return status;
    selected->source = (struct elbow_source){.functions = &functions, .info = (*source)->info};
    selected->inner = *source;
    selected->selection = selection;
    measure(selected, axis);
    *source = &selected->source;
    return ELBOW_OK;
}
