// SPDX-License-Identifier: BSD-3-Clause
// The kinds of sources. Private to src/data/source.c and src/data/source/.
#ifndef ELBOW_DATA_DETAIL_SOURCE_H
#define ELBOW_DATA_DETAIL_SOURCE_H

#include "elbow/data/source.h"

// Local. A dataset of numbers, rows first, or a group of sparse rows. The texts are copied.
enum elbow_status elbow_source_open_dense(const char *file, const char *dataset, struct elbow_source **source,
                                          struct elbow_error *error);

// Local. Of such a dataset, which of its values lie in chunks that were written: bytes of 1, or 0.
enum elbow_status elbow_source_open_written(const char *file, const char *dataset, struct elbow_source **source,
                                            struct elbow_error *error);

// Local. What `read` does, of a source of sparse rows.
enum elbow_status elbow_source_spread(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                      struct elbow_error *error);

struct elbow_selection; // elbow/data/selection.h

// Local. What elbow_source_select does, for sparse rows that are not cut into windows. Where the rows begin is read;
// FORMAT.
enum elbow_status elbow_source_select_sparse(struct elbow_source **source, const struct elbow_selection *selection,
                                             struct elbow_error *error);

// Local. A group of sparse rows of an open file, which is the source's from then on, whatever comes of it.
enum elbow_status elbow_source_open_csr(struct elbow_hdf5 *file, const char *path, const char *group,
                                        struct elbow_source **source, struct elbow_error *error);

// Local. Likewise with its axes reversed.
enum elbow_status elbow_source_open_transposed(const char *file, const char *dataset, struct elbow_source **source,
                                               struct elbow_error *error);

// Local. Datasets of the same rows as one, each of them a channel of the last axis. Takes over the parts, whatever
// comes of it. A part without axes of a row is a column; a last axis of length 1 is that of the channels already.
enum elbow_status elbow_source_open_channels(struct elbow_source **parts, size_t count, struct elbow_source **source,
                                             struct elbow_error *error);

// Local. Some columns of flat rows. Takes over the source of all of them, whatever comes of it.
enum elbow_status elbow_source_open_columns(struct elbow_source *all, const struct elbow_ranges *columns,
                                            struct elbow_source **source, struct elbow_error *error);

// Local. The rows of several files.
enum elbow_status elbow_source_open_list(const struct elbow_source_request *request, struct elbow_source **source,
                                         struct elbow_error *error);
const uint64_t *elbow_source_list_rows(const struct elbow_source *source, size_t *count);

// Local. The rows of one file of a request.
enum elbow_status elbow_source_open_file(const struct elbow_source_request *request, size_t file,
                                         struct elbow_source **source, struct elbow_error *error);

// Bytes of the rows that sources of sources read at a time into a buffer of their own.
enum { ELBOW_SOURCE_BUFFER = 1 << 24 };

// Local. How many of the rows [first, first + count) fit into such a buffer; up to a bound of chunks, where whole
// chunks fit. At least 1.
uint64_t elbow_source_piece(const struct elbow_hdf5_info *info, uint64_t first, uint64_t count);

// Local. Bytes of the largest such piece.
uint64_t elbow_source_piece_bytes(const struct elbow_hdf5_info *info);

// Local. What a chunk takes that is unpacked for a part of its rows, beside what its source needs: where any rows are
// read, or such pieces, which whole chunks fit into or not. 0: none is packed.
uint64_t elbow_source_chunk_bytes(const struct elbow_hdf5_info *info, bool in_pieces);

// Local. Whether two datasets' attributes say the same; else MISMATCH, with both names.
enum elbow_status elbow_source_same_packing(const struct elbow_packing *first, struct elbow_source_spot first_at,
                                            const struct elbow_packing *other, struct elbow_source_spot other_at,
                                            struct elbow_error *error);

// Local. Whether two datasets' rows have one shape and type; else MISMATCH, with both names.
enum elbow_status elbow_source_same_rows(const struct elbow_hdf5_info *first, struct elbow_source_spot first_at,
                                         const struct elbow_hdf5_info *other, struct elbow_source_spot other_at,
                                         struct elbow_error *error);

#endif
