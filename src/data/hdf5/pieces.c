// SPDX-License-Identifier: BSD-3-Clause
// The list of the values that each source of a virtual dataset provides. It is kept compact, because there may be very
// many.
#include "elbow/data/detail/pieces.h"

#include "elbow/base/memory.h"

#include <string.h>

// Grows an array by `more` elements; false if there is no memory.
static bool reserve(void *array, size_t size, size_t count, size_t more, size_t *capacity)
{
    void **old = array, *larger = NULL;
    if (count + more <= *capacity)
        return true;
    size_t wanted = 2 * *capacity + more + 64;
    if (elbow_allocate(&larger, wanted, size, "sources of a virtual dataset", NULL) != ELBOW_OK)
        return false;
    if (count > 0)
        memcpy(larger, *old, count * size);
    elbow_release(old);
    *old = larger;
    *capacity = wanted;
    return true;
}

enum elbow_status elbow_hdf5_pieces_begin(const struct elbow_hdf5_view *view, struct elbow_hdf5_pieces **pieces,
                                          struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(pieces, 1, sizeof **pieces, "sources of a virtual dataset", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_hdf5_pieces *made = *pieces;
    made->info = *view->info;
    elbow_text_format(made->name, sizeof made->name, "%s", view->name);
    made->view = (struct elbow_hdf5_view){
        .file = view->file, .name = made->name, .info = &made->info, .source_id = H5I_INVALID_HID};
    memcpy(made->view.home, view->home, sizeof view->home);
    return status;
}

void elbow_hdf5_pieces_end(struct elbow_hdf5_pieces **pieces)
{
    if (*pieces == NULL)
        return;
    elbow_hdf5_close_source(&(*pieces)->view);
    elbow_release(&(*pieces)->pieces);
    elbow_release(&(*pieces)->numbers);
    elbow_release(&(*pieces)->texts);
    elbow_release(pieces);
}

bool elbow_hdf5_pieces_are_whole(const struct elbow_hdf5_pieces *pieces)
{
    uint64_t values = 1;
    for (int i = 0; i < pieces->info.rank; ++i)
        if (__builtin_mul_overflow(values, pieces->info.shape[i], &values))
            return false;
    return !pieces->is_lost && pieces->values == values && values > 0;
}

uint64_t elbow_hdf5_pieces_bytes(const struct elbow_hdf5_pieces *pieces)
{
    return pieces->capacity * sizeof *pieces->pieces + pieces->numbers_capacity * sizeof *pieces->numbers +
           pieces->texts_capacity;
}

// The indices of blocks along a dimension of this length; false if they are not evenly spaced.
static bool find_line(const struct elbow_hdf5_blocks *blocks, int i, hsize_t extent, struct elbow_hdf5_line *line)
{
    bool is_endless = blocks->count[i] == H5S_UNLIMITED || blocks->block[i] == H5S_UNLIMITED;
    bool is_single = blocks->block[i] == 1 && blocks->count[i] != 1;
    line->start = blocks->start[i];
    line->stride = is_single ? blocks->stride[i] : 1;
    line->length = is_endless ? elbow_hdf5_blocks_within(blocks, i, extent) : blocks->count[i] * blocks->block[i];
    if (line->start >= extent)
        line->length = 0;
    else if (line->length > (extent - 1 - line->start) / line->stride + 1)
        line->length = (extent - 1 - line->start) / line->stride + 1;
    return is_single || blocks->count[i] == 1 || blocks->block[i] == H5S_UNLIMITED ||
           blocks->stride[i] == blocks->block[i];
}

// The target of a mapping; *endless: its unlimited dimension, or -1.
static bool find_target(const struct elbow_hdf5_pieces *pieces, hid_t space, bool is_pattern, uint64_t n,
                        struct elbow_hdf5_lines *lines, int *endless)
{
    struct elbow_hdf5_blocks blocks;
    int rank = pieces->info.rank;
    if (H5Sget_simple_extent_ndims(space) != rank || !elbow_hdf5_blocks_of(space, &blocks))
        return false;
    int axis = *endless = elbow_hdf5_blocks_endless(&blocks, rank);
    if (is_pattern) {
        if (axis < 0)
            return false;
        blocks.start[axis] += n * blocks.stride[axis];
        blocks.stride[axis] = blocks.count[axis] = 1;
        *endless = -1;
    }
    for (int i = 0; i < rank; ++i)
        if (!find_line(&blocks, i, pieces->info.shape[i], &lines->to[i]))
            return false;
    return true;
}

// The part of the source that a mapping uses.
static bool find_origin(const struct elbow_hdf5_view *view, hid_t space, struct elbow_hdf5_lines *lines, int *endless)
{
    const struct elbow_hdf5_info *source = &view->source_info;
    struct elbow_hdf5_blocks blocks;
    bool is_all = H5Sget_select_type(space) == H5S_SEL_ALL;
    *endless = -1;
    if (source->rank == 0)
        return false;
    lines->source_rank = source->rank;
    if (!is_all && (H5Sget_simple_extent_ndims(space) != source->rank || !elbow_hdf5_blocks_of(space, &blocks)))
        return false;
    for (int i = 0; i < source->rank; ++i) {
        lines->from[i] = (struct elbow_hdf5_line){0, 1, source->shape[i]};
        if (!is_all && !find_line(&blocks, i, source->shape[i], &lines->from[i]))
            return false;
    }
    if (!is_all)
        *endless = elbow_hdf5_blocks_endless(&blocks, source->rank);
    return true;
}

// Finds the dimension of the virtual dataset that belongs to each dimension of the source, except those of one index.
static bool match(int rank, struct elbow_hdf5_lines *lines)
{
    int next = 0;
    for (int i = 0; i < lines->source_rank; ++i) {
        lines->axis[i] = -1;
        if (lines->from[i].length == 1)
            continue;
        while (next < rank && lines->to[next].length == 1)
            ++next;
        if (next == rank || lines->to[next].length != lines->from[i].length)
            return false;
        lines->axis[i] = next++;
    }
    while (next < rank && lines->to[next].length == 1)
        ++next;
    return next == rank;
}

static bool find_lines(struct elbow_hdf5_pieces *pieces, const struct elbow_hdf5_view *view, size_t i, bool is_pattern,
                       uint64_t n, struct elbow_hdf5_lines *lines)
{
    hid_t to = H5Pget_virtual_vspace(view->creation, i), from = H5Pget_virtual_srcspace(view->creation, i);
    int to_end = -1, from_end = -1;
    bool is_found = to >= 0 && from >= 0 && find_target(pieces, to, is_pattern, n, lines, &to_end) &&
                    find_origin(view, from, lines, &from_end);
    if (is_found && to_end >= 0 && from_end >= 0) {
        hsize_t *there = &lines->to[to_end].length, *here = &lines->from[from_end].length;
        *there = *here = *there < *here ? *there : *here;
    }
    if (to >= 0)
        H5Sclose(to);
    if (from >= 0)
        H5Sclose(from);
    return is_found;
}

// A text that follows the one before, or is the same.
static size_t keep_text(struct elbow_hdf5_pieces *pieces, const char *text, size_t last)
{
    if (pieces->count > 0 && strcmp(pieces->texts + last, text) == 0)
        return last;
    size_t at = pieces->texts_length, size = strlen(text) + 1;
    memcpy(pieces->texts + at, text, size);
    pieces->texts_length += size;
    return at;
}

static bool keep(struct elbow_hdf5_pieces *pieces, const struct elbow_hdf5_view *view,
                 const struct elbow_hdf5_lines *lines)
{
    int rank = pieces->info.rank;
    size_t numbers = 3 * (size_t)(rank + lines->source_rank);
    size_t bytes = strlen(view->source_file) + strlen(view->source_dataset) + 2;
    if (!reserve(&pieces->pieces, sizeof *pieces->pieces, pieces->count, 1, &pieces->capacity) ||
        !reserve(&pieces->numbers, sizeof *pieces->numbers, pieces->numbers_count, numbers,
                 &pieces->numbers_capacity) ||
        !reserve(&pieces->texts, 1, pieces->texts_length, bytes, &pieces->texts_capacity))
        return false;
    struct elbow_hdf5_piece last = pieces->count > 0 ? pieces->pieces[pieces->count - 1] : (struct elbow_hdf5_piece){0};
    struct elbow_hdf5_piece *piece = &pieces->pieces[pieces->count];
    *piece = (struct elbow_hdf5_piece){pieces->numbers_count, keep_text(pieces, view->source_file, last.file),
                                       keep_text(pieces, view->source_dataset, last.dataset), lines->source_rank};
    ++pieces->count;
    hsize_t *number = pieces->numbers + pieces->numbers_count;
    for (int i = 0; i < rank; ++i, number += 3)
        memcpy(number, &lines->to[i], sizeof lines->to[i]);
    for (int i = 0; i < lines->source_rank; ++i, number += 3) {
        number[0] = lines->from[i].start;
        number[1] = lines->from[i].stride;
        number[2] = (hsize_t)(lines->axis[i] + 1); // 0: none
    }
    pieces->numbers_count += numbers;
    return true;
}

void elbow_hdf5_pieces_lines(const struct elbow_hdf5_pieces *pieces, size_t piece, struct elbow_hdf5_lines *lines)
{
    const hsize_t *number = pieces->numbers + pieces->pieces[piece].numbers;
    lines->source_rank = pieces->pieces[piece].source_rank;
    for (int i = 0; i < pieces->info.rank; ++i, number += 3)
        memcpy(&lines->to[i], number, sizeof lines->to[i]);
    for (int i = 0; i < lines->source_rank; ++i, number += 3) {
        lines->axis[i] = (int)number[2] - 1;
        hsize_t length = lines->axis[i] < 0 ? 1 : lines->to[lines->axis[i]].length;
        lines->from[i] = (struct elbow_hdf5_line){number[0], number[1], length};
    }
}

void elbow_hdf5_pieces_add(struct elbow_hdf5_pieces *pieces, const struct elbow_hdf5_view *view, size_t i,
                           bool is_pattern, uint64_t n)
{
    struct elbow_hdf5_lines lines;
    if (pieces->is_lost)
        return;
    bool is_found = find_lines(pieces, view, i, is_pattern, n, &lines);
    uint64_t values = 1;
    for (int k = 0; k < pieces->info.rank && is_found; ++k)
        is_found = !__builtin_mul_overflow(values, lines.to[k].length, &values);
    if (is_found && values == 0)
        return;
    pieces->is_lost = !is_found || !match(pieces->info.rank, &lines) || !keep(pieces, view, &lines) ||
                      __builtin_add_overflow(pieces->values, values, &pieces->values);
}
