// SPDX-License-Identifier: BSD-3-Clause
// The kinds of sources. Private to src/data/source.c and src/data/source/. All sources are closed with
// elbow_source_close.
#ifndef ELBOW_DATA_DETAIL_SOURCE_H
#define ELBOW_DATA_DETAIL_SOURCE_H

#include "elbow/data/source.h"

// Local. Opens a dataset of numbers with the rows first, or a group of sparse rows. The texts are copied; for `steady`
// see elbow_hdf5_open_steady. FILE, FORMAT, MISMATCH, MEMORY.
enum elbow_status elbow_source_open_dense(const char *file, const char *dataset, struct elbow_steady *steady,
                                          struct elbow_source **source, struct elbow_error *error);

// Local. The same for a dataset of numbers, with bytes instead of its values: 1 if the chunk of the value was written,
// else 0.
enum elbow_status elbow_source_open_written(const char *file, const char *dataset, struct elbow_steady *steady,
                                            struct elbow_source **source, struct elbow_error *error);

// Local. The function `read` of a source of sparse rows.
enum elbow_status elbow_source_spread(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                      struct elbow_error *error);

struct elbow_selection; // elbow/data/selection.h

// Local. elbow_source_select for sparse rows that are not cut into windows. The starts of all rows are read. FORMAT.
enum elbow_status elbow_source_select_sparse(struct elbow_source **source, const struct elbow_selection *selection,
                                             struct elbow_error *error);

// Local. Opens a group of sparse rows in an open file. The source owns the file from then on, after a failure too.
enum elbow_status elbow_source_open_csr(struct elbow_hdf5 *file, const char *path, const char *group,
                                        struct elbow_source **source, struct elbow_error *error);

// Local. Opens a dataset whose axes are reversed. FILE, FORMAT, MISMATCH, MEMORY.
enum elbow_status elbow_source_open_transposed(const char *file, const char *dataset, struct elbow_steady *steady,
                                               struct elbow_source **source, struct elbow_error *error);

// Local. Joins datasets with the same rows, each as a channel of the last axis. Takes ownership of the parts, after a
// failure too. Rows of a part that have no axes are single values; a last axis of length 1 is already that of the
// channels.
enum elbow_status elbow_source_open_channels(struct elbow_source **parts, size_t count, struct elbow_source **source,
                                             struct elbow_error *error);

// Local. Selects columns of flat rows. Takes ownership of `all`, after a failure too.
enum elbow_status elbow_source_open_columns(struct elbow_source *all, const struct elbow_ranges *columns,
                                            struct elbow_source **source, struct elbow_error *error);

// Local. The rows of several files, one file after another; and the number of rows of each of the `count` files.
enum elbow_status elbow_source_open_list(const struct elbow_source_request *request, struct elbow_source **source,
                                         struct elbow_error *error);
const uint64_t *elbow_source_list_rows(const struct elbow_source *source, size_t *count);

// Local. The rows of one file of a request.
enum elbow_status elbow_source_open_file(const struct elbow_source_request *request, size_t file,
                                         struct elbow_source **source, struct elbow_error *error);

// Bytes of the rows that a source of sources reads into its own buffer at a time.
enum { ELBOW_SOURCE_BUFFER = 1 << 24 };

// Local. The number of rows in [first, first + count) that fit into such a buffer, at least 1. They end at a chunk
// boundary if whole chunks fit.
uint64_t elbow_source_piece(const struct elbow_hdf5_info *info, uint64_t first, uint64_t count);

// Local. The bytes of the largest such piece.
uint64_t elbow_source_piece_bytes(const struct elbow_hdf5_info *info);

// Local. The bytes that unpacking a chunk for a part of its rows needs, besides those of the source. in_pieces: the
// rows are read in pieces as above, which may consist of whole chunks. 0: nothing is packed, or whole chunks are read.
uint64_t elbow_source_chunk_bytes(const struct elbow_hdf5_info *info, bool in_pieces);

// Local. MISMATCH, with both names, if the attributes of two datasets differ.
enum elbow_status elbow_source_same_packing(const struct elbow_packing *first, struct elbow_source_spot first_at,
                                            const struct elbow_packing *other, struct elbow_source_spot other_at,
                                            struct elbow_error *error);

// Local. MISMATCH, with both names, if the rows of two datasets differ in shape or type.
enum elbow_status elbow_source_same_rows(const struct elbow_hdf5_info *first, struct elbow_source_spot first_at,
                                         const struct elbow_hdf5_info *other, struct elbow_source_spot other_at,
                                         struct elbow_error *error);

#endif
