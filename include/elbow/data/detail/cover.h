// SPDX-License-Identifier: BSD-3-Clause
// What the mappings of a virtual dataset leave over.
#ifndef ELBOW_DATA_DETAIL_COVER_H
#define ELBOW_DATA_DETAIL_COVER_H

#include "elbow/data/detail/blocks.h"

// `left`: a space in which is selected what nobody has taken so far. Whole rows wait in a list until all is taken: with
// thousands of mappings, each of a row, libhdf5 would take a time that grows with the square.
struct elbow_hdf5_cover {
    hid_t left;
    int rank;
    const uint64_t *shape;
    struct elbow_hdf5_cover_rows {
        hsize_t first, end;
    } * rows; // owned
    size_t count, capacity;
};

// Local. Takes blocks that have an end; of those without, the first `count` indices of their dimension `axis`. False if
// libhdf5 fails.
bool elbow_hdf5_cover_take(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks);
bool elbow_hdf5_cover_take_first(struct elbow_hdf5_cover *cover, const struct elbow_hdf5_blocks *blocks, int axis,
                                 hsize_t count);

// Local. Takes the rows of the list out of `left`, which then tells what is left. False if libhdf5 fails.
bool elbow_hdf5_cover_finish(struct elbow_hdf5_cover *cover);

// Local. Gives the list back, and closes `left` if it is a space.
void elbow_hdf5_cover_clear(struct elbow_hdf5_cover *cover);

#endif
