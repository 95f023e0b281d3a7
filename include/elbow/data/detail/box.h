// SPDX-License-Identifier: BSD-3-Clause
// Boxes of a dataset that are read in parts of few chunks, which limits the memory of libhdf5.
#ifndef ELBOW_DATA_DETAIL_BOX_H
#define ELBOW_DATA_DETAIL_BOX_H

#include "elbow/data/detail/hdf5.h"

struct elbow_hdf5_box {
    int rank;
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX]; // of the whole box
    hsize_t step[ELBOW_HDF5_RANK_MAX];                            // of one part, in whole chunks
};

// Local. Sets the steps: parts as long as possible along the last dimensions, of at most ELBOW_HDF5_CHUNKS_MAX chunks.
// False if libhdf5 fails.
bool elbow_hdf5_box_steps(hid_t dataset, const struct elbow_hdf5_info *info, struct elbow_hdf5_box *box);

// Local. The end of the part that begins at `start`, at chunk boundaries: next [rank].
void elbow_hdf5_box_part(const struct elbow_hdf5_box *box, const hsize_t *start, hsize_t *next);

// Local. Advances `start` to the next part; false after the last one.
bool elbow_hdf5_box_next(const struct elbow_hdf5_box *box, hsize_t *start);

// Local. FORMAT: the part that could not be read, and the reason, for example a filter that is not installed. Call it
// directly after libhdf5 failed.
enum elbow_status elbow_hdf5_box_fail(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                      const struct elbow_hdf5_info *info, const struct elbow_hdf5_box *box,
                                      struct elbow_error *error);

#endif
