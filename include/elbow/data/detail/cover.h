// SPDX-License-Identifier: BSD-3-Clause
// The part of a virtual dataset that its mappings leave uncovered.
#ifndef ELBOW_DATA_DETAIL_COVER_H
#define ELBOW_DATA_DETAIL_COVER_H

#include "elbow/data/detail/blocks.h"

// `left` is a space whose selection is the uncovered part. Whole rows are collected in a list first: with thousands of
// mappings of one row each, the time of libhdf5 would grow with the square of their number.
struct elbow_hdf5_cover {
    hid_t left;
    int rank;
    const uint64_t *shape;
    struct elbow_hdf5_cover_rows {
        hsize_t first, end;
    } * rows; // owned
    size_t count, capacity;
};

// Local. Marks limited blocks as covered; or, of unlimited ones, the first `count` indices of their dimension `axis`.
// False if libhdf5 fails.
bool elbow_hdf5_cover_take(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_cover_take_first(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks, int axis,
                                 hsize_t count);

// Local. Removes the rows in the list from `left`, which is complete afterwards. False if libhdf5 fails.
bool elbow_hdf5_cover_finish(struct elbow_hdf5_cover *cover);

// Local. Releases the list, and closes `left` if it is a space.
void elbow_hdf5_cover_clear(struct elbow_hdf5_cover *cover);

#endif
