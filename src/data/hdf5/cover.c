// SPDX-License-Identifier: BSD-3-Clause
// The uncovered part of a virtual dataset: whole rows are collected in a list that is sorted once; other blocks are
// removed at once.
#include "elbow/data/detail/cover.h"

#include "elbow/base/memory.h"

#include <stdlib.h>
#include <string.h>

// Whether the blocks form one range of whole rows.
static bool are_whole_rows(const struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks)
{
    for (int i = 0; i < cover->rank; ++i) {
        bool is_one = blocks->count[i] == 1 || blocks->stride[i] == blocks->block[i];
        bool is_whole = blocks->start[i] == 0 && blocks->count[i] * blocks->block[i] == cover->shape[i];
        if (!is_one || (i > 0 && !is_whole))
            return false;
    }
    return true;
}

// Makes space for one more range; false if there is no memory.
static bool reserve(struct elbow_hdf5_cover *cover)
{
    struct elbow_hdf5_cover_rows *larger;
    if (cover->count < cover->capacity)
        return true;
    size_t capacity = 2 * cover->capacity + 64;
    if (elbow_allocate(&larger, capacity, sizeof *larger, "rows of a virtual dataset", NULL) != ELBOW_OK)
        return false;
    if (cover->count > 0)
        memcpy(larger, cover->rows, cover->count * sizeof *larger);
    elbow_release(&cover->rows);
    cover->rows = larger;
    cover->capacity = capacity;
    return true;
}

bool elbow_hdf5_cover_take(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks)
{
    if (!are_whole_rows(cover, blocks) || !reserve(cover))
        return elbow_hdf5_blocks_take(cover->left, blocks);
    hsize_t first = blocks->start[0], end = first + blocks->count[0] * blocks->block[0];
    cover->rows[cover->count++] = (struct elbow_hdf5_cover_rows){first, end};
    return true;
}

bool elbow_hdf5_cover_take_first(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks, int axis,
                                 hsize_t count)
{
    struct elbow_hdf5_parts parts = elbow_hdf5_blocks_cut(blocks, axis, count);
    return (!parts.has_whole || elbow_hdf5_cover_take(cover, &parts.whole)) &&
           (!parts.has_rest || elbow_hdf5_cover_take(cover, &parts.rest));
}

static int by_first(const void *a, const void *b)
{
    const struct elbow_hdf5_cover_rows *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

static bool take_rows(struct elbow_hdf5_cover *cover, struct elbow_hdf5_cover_rows rows)
{
    struct elbow_hdf5_blocks blocks = {.start = {rows.first}};
    for (int i = 0; i < cover->rank; ++i) {
        blocks.stride[i] = blocks.count[i] = 1;
        blocks.block[i] = i == 0 ? rows.end - rows.first : cover->shape[i];
    }
    return elbow_hdf5_blocks_take(cover->left, &blocks);
}

bool elbow_hdf5_cover_finish(struct elbow_hdf5_cover *cover)
{
    if (cover->count == 0)
        return true;
    qsort(cover->rows, cover->count, sizeof *cover->rows, by_first);
    struct elbow_hdf5_cover_rows joined = cover->rows[0];
    for (size_t i = 1; i < cover->count; ++i) {
        struct elbow_hdf5_cover_rows next = cover->rows[i];
        if (next.first > joined.end) {
            if (!take_rows(cover, joined))
                return false;
            joined = next;
        }
        joined.end = next.end > joined.end ? next.end : joined.end;
    }
    cover->count = 0;
    return take_rows(cover, joined);
}

void elbow_hdf5_cover_clear(struct elbow_hdf5_cover *cover)
{
    elbow_release(&cover->rows);
    if (cover->left >= 0)
        H5Sclose(cover->left);
}
