// SPDX-License-Identifier: BSD-3-Clause
// Common parts of the code that unpacks chunks: of whole rows (unpack.c), and of any box (unpack_box.c).
#ifndef ELBOW_DATA_DETAIL_UNPACK_H
#define ELBOW_DATA_DETAIL_UNPACK_H

#include "elbow/data/detail/hdf5.h"

// A dataset in chunks that are shuffled or deflated or both.
struct elbow_hdf5_unpacking {
    hid_t dataset;
    int rank;
    hsize_t shape[ELBOW_HDF5_RANK_MAX], chunk[ELBOW_HDF5_RANK_MAX];
    size_t size, bytes;                       // bytes of a value; of an unpacked chunk
    int shuffle, deflate;                     // position of each among the filters; negative: not used
    bool leaves_edges;                        // a chunk that extends beyond the dataset is not packed
    unsigned char *packed, *shuffled, *plain; // workspace for one chunk; owned
    size_t capacity;                          // of `packed`
};

// Local. Begins to unpack chunks of a dataset; false if it is stored in another way, or if its values are converted.
// The end releases the workspace.
bool elbow_hdf5_unpacking_begin(hid_t dataset, const struct elbow_hdf5_info *info,
                                struct elbow_hdf5_unpacking *unpacking);
void elbow_hdf5_unpacking_end(struct elbow_hdf5_unpacking *unpacking);

// Local. Reads the chunk that begins at `offset`, and unpacks it into `values`, or if that is NULL, into the workspace,
// which is not larger than that of libhdf5. Returns the values; NULL: libhdf5 must read the chunk.
const unsigned char *elbow_hdf5_unpacking_chunk(struct elbow_hdf5_unpacking *unpacking, const hsize_t *offset,
                                                unsigned char *values);

// Local. Copies `count` values of `size` bytes (1, 2, 4 or 8) of a line to places that are `stride` values apart.
void elbow_hdf5_put_line(size_t size, const void *from, void *to, hsize_t count, size_t stride);

#endif
