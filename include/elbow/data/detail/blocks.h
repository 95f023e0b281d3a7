// SPDX-License-Identifier: BSD-3-Clause
// Regular blocks of a dataset, as in a hyperslab selection of HDF5.
#ifndef ELBOW_DATA_DETAIL_BLOCKS_H
#define ELBOW_DATA_DETAIL_BLOCKS_H

#include "elbow/data/detail/hdf5.h"

// Along each dimension: `count` blocks of `block` indices, whose starts are `stride` apart. count or block may be
// H5S_UNLIMITED.
struct elbow_hdf5_blocks {
    hsize_t start[H5S_MAX_RANK], stride[H5S_MAX_RANK], count[H5S_MAX_RANK], block[H5S_MAX_RANK];
};

// Local. The blocks of a selection; H5S_ALL is one block. False if the selection is not regular.
bool elbow_hdf5_blocks_of(hid_t space, struct elbow_hdf5_blocks *blocks);

// Local. The unlimited dimension; -1: none.
int elbow_hdf5_blocks_endless(const struct elbow_hdf5_blocks *blocks, int rank);

// Local. The number of indices of an unlimited selection in a dimension of this length.
hsize_t elbow_hdf5_blocks_within(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t length);

// Local. Limits an unlimited selection to its first `count` >= 1 indices: whole blocks, and a shorter last block
// (rest). The two flags say which of the parts exist.
struct elbow_hdf5_parts {
    bool has_whole, has_rest;
    struct elbow_hdf5_blocks whole, rest;
};
struct elbow_hdf5_parts elbow_hdf5_blocks_cut(const struct elbow_hdf5_blocks *blocks, int axis, hsize_t count);

// Local. Calls `each` for the blocks of a limited selection: once if it is regular, else for one block after another.
// False if a callback returns false or the selection cannot be read.
typedef bool elbow_hdf5_each_block(void *user, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_each(hid_t space, int rank, elbow_hdf5_each_block *each, void *user);

// Local. Removes blocks from the selection of a space, or adds them to it; false if libhdf5 fails. The last function
// returns whether the selection contains any of the blocks, and true if that cannot be determined.
bool elbow_hdf5_blocks_take(hid_t space, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_add(hid_t space, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_blocks_meet(hid_t space, const struct elbow_hdf5_blocks *blocks);

// Local. Whether the selected indices are a box of this shape, apart from dimensions of length 1.
bool elbow_hdf5_blocks_have_shape(const struct elbow_hdf5_blocks *blocks, int rank, const uint64_t *shape,
                                  int shape_rank);

// Local. Whether an irregular selection has as many values, in as many rows, as this shape.
bool elbow_hdf5_blocks_have_rows(hid_t space, int shape_rank, const uint64_t *shape);

#endif
