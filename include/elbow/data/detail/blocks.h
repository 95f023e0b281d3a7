// SPDX-License-Identifier: BSD-3-Clause
// Regular blocks of a dataset, as HDF5 selects them.
#ifndef ELBOW_DATA_DETAIL_BLOCKS_H
#define ELBOW_DATA_DETAIL_BLOCKS_H

#include "elbow/data/detail/hdf5.h"

// Along each dimension `count` blocks of `block` indices, their starts `stride` apart. Either may be H5S_UNLIMITED.
struct elbow_hdf5_blocks {
    hsize_t start[H5S_MAX_RANK], stride[H5S_MAX_RANK], count[H5S_MAX_RANK], block[H5S_MAX_RANK];
};

// Local. The blocks of a selection, everything being one block; false if it is not regular.
bool elbow_hdf5_blocks_of(hid_t space, struct elbow_hdf5_blocks *blocks);

// Local. The dimension that has no end; -1: none.
int elbow_hdf5_blocks_endless(const struct elbow_hdf5_blocks *blocks, int rank);

// Local. How many indices a selection without an end has in a dimension of this length.
hsize_t elbow_hdf5_blocks_within(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t length);

// Local. Leaves the first `count` >= 1 indices of the dimension without an end: blocks, and a shorter last one in
// *rest. Whether there is something in the first, and in the other.
struct elbow_hdf5_parts {
    bool has_whole, has_rest;
    struct elbow_hdf5_blocks whole, rest;
};
struct elbow_hdf5_parts elbow_hdf5_blocks_cut(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t count);

// Local. Calls back for the blocks of a selection that has an end: once if they are regular, else for one after the
// other. False if a callback says so or the selection cannot be read.
typedef bool elbow_hdf5_each_block(void *user, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_each(hid_t space, int rank, elbow_hdf5_each_block *each, void *user);

// Local. Takes the blocks out of a space's selection; puts them into it; whether it has any of them.
bool elbow_hdf5_blocks_take(hid_t space, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_add(hid_t space, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_meet(hid_t space, const struct elbow_hdf5_blocks *blocks);

// Local. Whether the indices selected are a box of this shape, dimensions of length one aside.
bool elbow_hdf5_blocks_have_shape(const struct elbow_hdf5_blocks *blocks, int rank, const uint64_t *shape,
                                  int shape_rank);

// Local. Whether a selection that is not regular has as many values, in as many rows, as this shape.
bool elbow_hdf5_blocks_have_rows(hid_t space, int shape_rank, const uint64_t *shape);

#endif
