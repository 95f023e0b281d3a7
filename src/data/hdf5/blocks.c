// SPDX-License-Identifier: BSD-3-Clause
// Regular blocks, as mappings of virtual datasets select them.
#include "elbow/data/detail/blocks.h"

bool elbow_hdf5_blocks_of(hid_t space, struct elbow_hdf5_blocks *blocks)
{
    if (H5Sget_select_type(space) == H5S_SEL_HYPERSLABS)
        return H5Sis_regular_hyperslab(space) > 0 &&
               H5Sget_regular_hyperslab(space, blocks->start, blocks->stride, blocks->count, blocks->block) >= 0;
    hsize_t shape[H5S_MAX_RANK];
    int rank = H5Sget_select_type(space) == H5S_SEL_ALL ? H5Sget_simple_extent_dims(space, shape, NULL) : -1;
    for (int i = 0; i < rank; ++i) {
        blocks->start[i] = 0;
        blocks->stride[i] = blocks->count[i] = 1;
        blocks->block[i] = shape[i];
    }
    return rank >= 0;
}

int elbow_hdf5_blocks_endless(const struct elbow_hdf5_blocks *blocks, int rank)
{
    for (int i = 0; i < rank; ++i)
        if (blocks->count[i] == H5S_UNLIMITED || blocks->block[i] == H5S_UNLIMITED)
            return i;
    return -1;
}

hsize_t elbow_hdf5_blocks_within(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t length)
{
    if (length <= blocks->start[axis])
        return 0;
    hsize_t there = length - blocks->start[axis];
    if (blocks->block[axis] == H5S_UNLIMITED)
        return there;
    hsize_t whole = there / blocks->stride[axis], rest = there % blocks->stride[axis];
    return whole * blocks->block[axis] + (rest < blocks->block[axis] ? rest : blocks->block[axis]);
}

bool elbow_hdf5_blocks_take(hid_t space, const struct elbow_hdf5_blocks *blocks)
{
    return H5Sselect_hyperslab(space, H5S_SELECT_NOTB, blocks->start, blocks->stride, blocks->count, blocks->block) >=
           0;
}

bool elbow_hdf5_blocks_add(hid_t space, const struct elbow_hdf5_blocks *blocks)
{
    return H5Sselect_hyperslab(space, H5S_SELECT_OR, blocks->start, blocks->stride, blocks->count, blocks->block) >= 0;
}

bool elbow_hdf5_blocks_meet(hid_t space, const struct elbow_hdf5_blocks *blocks)
{
    hid_t both = H5Scopy(space);
    bool meets = both < 0 ||
                 H5Sselect_hyperslab(both, H5S_SELECT_AND, blocks->start, blocks->stride, blocks->count,
                                     blocks->block) < 0 ||
                 H5Sget_select_npoints(both) != 0; // if this cannot be determined, the blocks are checked
    if (both >= 0)
        H5Sclose(both);
    return meets;
}

struct elbow_hdf5_parts elbow_hdf5_blocks_cut(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t count)
{
    hsize_t whole = 0, rest = count;
    if (blocks->block[axis] != H5S_UNLIMITED) {
        whole = count / blocks->block[axis];
        rest = count % blocks->block[axis];
    }
    struct elbow_hdf5_parts parts = {.has_whole = whole > 0, .has_rest = rest > 0, .whole = *blocks, .rest = *blocks};
    parts.whole.count[axis] = whole;
    parts.rest.start[axis] += whole * blocks->stride[axis];
    parts.rest.stride[axis] = parts.rest.count[axis] = 1;
    parts.rest.block[axis] = rest;
    return parts;
}

bool elbow_hdf5_blocks_each(hid_t space, int rank, elbow_hdf5_each_block *each, void *user)
{
    enum { MANY = 64 }; // asked for at once: libhdf5 walks to the first of them
    struct elbow_hdf5_blocks blocks;
    hsize_t corners[MANY][2 * H5S_MAX_RANK];
    if (elbow_hdf5_blocks_of(space, &blocks))
        return each(user, &blocks);
    hssize_t count = H5Sget_select_hyper_nblocks(space);
    for (hssize_t n = 0; n < count; n += MANY) {
        hssize_t some = count - n < MANY ? count - n : MANY;
        hsize_t *corner = corners[0];
        if (H5Sget_select_hyper_blocklist(space, (hsize_t)n, (hsize_t)some, corner) < 0)
            return false;
        for (hssize_t k = 0; k < some; ++k, corner += 2 * rank) {
            for (int i = 0; i < rank; ++i) {
                blocks.start[i] = corner[i];
                blocks.stride[i] = blocks.count[i] = 1;
                blocks.block[i] = corner[rank + i] - corner[i] + 1;
            }
            if (!each(user, &blocks))
                return false;
        }
    }
    return count >= 0;
}

bool elbow_hdf5_blocks_have_shape(const struct elbow_hdf5_blocks *blocks, int rank, const uint64_t *shape,
                                  int shape_rank)
{
    int k = 0;
    for (int i = 0; i < rank; ++i) {
        hsize_t length = blocks->count[i] * blocks->block[i];
        if (length == 1)
            continue;
        while (k < shape_rank && shape[k] == 1)
            ++k;
        if (k == shape_rank || shape[k] != length)
            return false;
        ++k;
    }
    while (k < shape_rank && shape[k] == 1)
        ++k;
    return k == shape_rank;
}

bool elbow_hdf5_blocks_have_rows(hid_t space, int shape_rank, const uint64_t *shape)
{
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    hssize_t values = H5Sget_select_npoints(space), in_row = -1;
    hid_t row = values > 0 && H5Sget_select_bounds(space, low, high) >= 0 ? H5Scopy(space) : H5I_INVALID_HID;
    for (int i = 0, rank = row < 0 ? 0 : H5Sget_simple_extent_ndims(space); i < rank; ++i)
        high[i] = i == 0 ? 1 : high[i] - low[i] + 1;
    if (row >= 0 && H5Sselect_hyperslab(row, H5S_SELECT_AND, low, NULL, high, NULL) >= 0)
        in_row = H5Sget_select_npoints(row);
    if (row >= 0)
        H5Sclose(row);
    uint64_t all = 1, rows = in_row > 0 ? (uint64_t)(values / in_row) : 0;
    for (int i = 0; i < shape_rank; ++i)
        if (__builtin_mul_overflow(all, shape[i], &all))
            return false;
    return rows > 0 && all == (uint64_t)values && (rows == 1 || shape[0] == 1 || rows == shape[0]);
}
