// SPDX-License-Identifier: BSD-3-Clause
// A virtual dataset as pieces of its sources. libhdf5 opens all sources of a read at once, and holds half a megabyte
// and a file handle for each. The functions here open one source after another.
#ifndef ELBOW_DATA_DETAIL_PIECES_H
#define ELBOW_DATA_DETAIL_PIECES_H

#include "elbow/data/detail/virtual.h"

// Indices along a dimension: `length` of them, `stride` apart.
struct elbow_hdf5_line {
    hsize_t start, stride, length;
};

// The values that a source, or a part of it, provides: lines of the virtual dataset. Each line of more than one index
// is also a line of the source. Numbers and texts are stored in struct elbow_hdf5_pieces.
struct elbow_hdf5_piece {
    size_t numbers, file, dataset;
    int source_rank;
};

struct elbow_hdf5_pieces {
    struct elbow_hdf5_view view; // its source is the one that was read last; the file stays open
    struct elbow_hdf5_info info; // of the virtual dataset
    elbow_path name;
    bool is_lost;    // a mapping is not of lines, or memory was short: the pieces are unusable
    uint64_t values; // number of values of all pieces
    struct elbow_hdf5_piece *pieces;
    hsize_t *numbers;
    char *texts; // all three are owned
    size_t count, capacity, numbers_count, numbers_capacity, texts_length, texts_capacity;
};

// The lines of a piece in the virtual dataset and in its source. axis: the dimension of the virtual dataset that
// belongs to a dimension of the source; negative: that has a single index.
struct elbow_hdf5_lines {
    struct elbow_hdf5_line to[ELBOW_HDF5_RANK_MAX], from[ELBOW_HDF5_RANK_MAX];
    int axis[ELBOW_HDF5_RANK_MAX];
    int source_rank;
};

// Local. Begins with no pieces, for the virtual dataset of a view. MEMORY. elbow_hdf5_pieces_end releases the pieces,
// closes the source, and sets the pointer to NULL.
enum elbow_status elbow_hdf5_pieces_begin(const struct elbow_hdf5_view *view, struct elbow_hdf5_pieces **pieces,
                                          struct elbow_error *error);
void elbow_hdf5_pieces_end(struct elbow_hdf5_pieces **pieces);

// Local. Adds the values that mapping i takes from the view's source; of a mapping with a block per source
// (is_pattern), block n.
void elbow_hdf5_pieces_add(struct elbow_hdf5_pieces *pieces, const struct elbow_hdf5_view *view, size_t i,
                           bool is_pattern, uint64_t n);

// Local. Like elbow_hdf5_visit_origins, and collects the pieces of each visited source. *pieces may be NULL if that
// fails.
enum elbow_status elbow_hdf5_find_pieces(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                         void *context, struct elbow_hdf5_pieces **pieces, struct elbow_error *error);

// Local. Whether the pieces have as many values as the dataset.
bool elbow_hdf5_pieces_are_whole(const struct elbow_hdf5_pieces *pieces);

// Local. The bytes that they take.
uint64_t elbow_hdf5_pieces_bytes(const struct elbow_hdf5_pieces *pieces);

// Local. The lines of a piece.
void elbow_hdf5_pieces_lines(const struct elbow_hdf5_pieces *pieces, size_t piece, struct elbow_hdf5_lines *lines);

// Local. Reads a box of the virtual dataset, from `first` up to `end` along each axis, converted to `type`: out. FILE,
// FORMAT.
enum elbow_status elbow_hdf5_pieces_read(struct elbow_hdf5_pieces *pieces, const hsize_t *first, const hsize_t *end,
                                         hid_t type, void *out, struct elbow_error *error);

#endif
