// SPDX-License-Identifier: BSD-3-Clause
// A virtual dataset as pieces of its sources. libhdf5 opens all sources that a read meets, and holds half a megabyte
// and a file handle of each; here they are opened one after the other.
#ifndef ELBOW_DATA_DETAIL_PIECES_H
#define ELBOW_DATA_DETAIL_PIECES_H

#include "elbow/data/detail/virtual.h"

// Indices along a dimension: so many, `stride` apart.
struct elbow_hdf5_line {
    hsize_t start, stride, length;
};

// What one source, or a part of it, gives: lines of the virtual dataset, each of which of more than one index is also
// one of the source. Numbers and texts lie in the pieces' own.
struct elbow_hdf5_piece {
    size_t numbers, file, dataset;
    int source_rank;
};

struct elbow_hdf5_pieces {
    struct elbow_hdf5_view view; // its source: the one that was read last, whose file stays open
    struct elbow_hdf5_info info; // of the virtual dataset
    elbow_path name;
    bool is_lost;    // something is mapped that is no lines, or there was no memory
    uint64_t values; // of all pieces
    struct elbow_hdf5_piece *pieces;
    hsize_t *numbers;
    char *texts; // all three are owned
    size_t count, capacity, numbers_count, numbers_capacity, texts_length, texts_capacity;
};

// Lines of a piece, in the virtual dataset and in its source, and the dimension of the former that each of the latter
// goes along; negative: it is a single index.
struct elbow_hdf5_lines {
    struct elbow_hdf5_line to[ELBOW_HDF5_RANK_MAX], from[ELBOW_HDF5_RANK_MAX];
    int axis[ELBOW_HDF5_RANK_MAX];
    int source_rank;
};

// Local. None yet, of the virtual dataset of a view. MEMORY. Given back by elbow_hdf5_pieces_end, which also closes the
// source, and sets the pointer to NULL.
enum elbow_status elbow_hdf5_pieces_begin(const struct elbow_hdf5_view *view, struct elbow_hdf5_pieces **pieces,
                                          struct elbow_error *error);
void elbow_hdf5_pieces_end(struct elbow_hdf5_pieces **pieces);

// Local. Adds what the i-th mapping takes of the view's source; of one for each block, the n-th.
void elbow_hdf5_pieces_add(struct elbow_hdf5_pieces *pieces, const struct elbow_hdf5_view *view, size_t i,
                           bool is_pattern, uint64_t n);

// Local. What elbow_hdf5_visit_origins does, and of each source that it visits, what is mapped; *pieces may be left
// NULL where that fails.
enum elbow_status elbow_hdf5_find_pieces(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                         void *context, struct elbow_hdf5_pieces **pieces, struct elbow_error *error);

// Local. Whether they are as many values as the dataset has.
bool elbow_hdf5_pieces_are_whole(const struct elbow_hdf5_pieces *pieces);

// Local. Bytes that they take.
uint64_t elbow_hdf5_pieces_bytes(const struct elbow_hdf5_pieces *pieces);

// Local.
void elbow_hdf5_pieces_lines(const struct elbow_hdf5_pieces *pieces, size_t piece, struct elbow_hdf5_lines *lines);

// Local. Reads a box of the virtual dataset, from `first` up to `end` along each axis, as `type`. FILE, FORMAT.
enum elbow_status elbow_hdf5_pieces_read(struct elbow_hdf5_pieces *pieces, const hsize_t *first, const hsize_t *end,
                                         hid_t type, void *out, struct elbow_error *error);

#endif
