// SPDX-License-Identifier: BSD-3-Clause
// What the unpacking of chunks shares: of whole rows (unpack.c), of any box (unpack_box.c).
#ifndef ELBOW_DATA_DETAIL_UNPACK_H
#define ELBOW_DATA_DETAIL_UNPACK_H

#include "elbow/data/detail/hdf5.h"

// A dataset in chunks that are shuffled or deflated or both.
struct elbow_hdf5_unpacking {
    hid_t dataset;
    int rank;
    hsize_t shape[ELBOW_HDF5_RANK_MAX], chunk[ELBOW_HDF5_RANK_MAX];
    size_t size, bytes;                       // of a value, of an unpacked chunk
    int shuffle, deflate;                     // their place among the filters; negative: not used
    bool leaves_edges;                        // a chunk over the edge of the dataset is not packed
    unsigned char *packed, *shuffled, *plain; // owned; of a chunk
    size_t capacity;                          // of `packed`
};

// Local. False if the values are stored otherwise, or are converted. What is taken later is given back by the end.
bool elbow_hdf5_unpacking_begin(hid_t dataset, const struct elbow_hdf5_info *info,
                                struct elbow_hdf5_unpacking *unpacking);
void elbow_hdf5_unpacking_end(struct elbow_hdf5_unpacking *unpacking);

// Local. Reads the chunk that begins at `offset` and unpacks it, into `values`, or (NULL) into memory of its own, of
// which it takes no more than libhdf5 would. Where the values are; NULL: the chunk is left to libhdf5.
const unsigned char *elbow_hdf5_unpacking_chunk(struct elbow_hdf5_unpacking *unpacking, const hsize_t *offset,
                                                unsigned char *values);

#endif
