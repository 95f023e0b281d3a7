// SPDX-License-Identifier: BSD-3-Clause
// Boxes of a dataset that are read in parts of few chunks.
#ifndef ELBOW_DATA_DETAIL_BOX_H
#define ELBOW_DATA_DETAIL_BOX_H

#include "elbow/data/detail/hdf5.h"

struct elbow_hdf5_box {
    int rank;
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX]; // of all that is read
    hsize_t step[ELBOW_HDF5_RANK_MAX];                            // of a part, in whole chunks
};

// Local. The steps: parts as long as can be along the last dimensions, of at most ELBOW_HDF5_CHUNKS_MAX chunks. False
// if libhdf5 fails.
bool elbow_hdf5_box_steps(hid_t dataset, const struct elbow_hdf5_info *info, struct elbow_hdf5_box *box);

// Local. The end of the part that begins at `start`: on bounds of chunks.
void elbow_hdf5_box_part(const struct elbow_hdf5_box *box, const hsize_t *start, hsize_t *next);

// Local. Goes on to the next part; false behind the last.
bool elbow_hdf5_box_next(const struct elbow_hdf5_box *box, hsize_t *start);

// Local. FORMAT: what could not be read, and why, if a filter is not installed. To be called right after libhdf5
// failed.
enum elbow_status elbow_hdf5_box_fail(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                      const struct elbow_hdf5_info *info, const struct elbow_hdf5_box *box,
                                      struct elbow_error *error);

#endif
