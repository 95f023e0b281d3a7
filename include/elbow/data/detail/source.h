// SPDX-License-Identifier: BSD-3-Clause
// The kinds of sources. Private to src/data/source.c and src/data/source/.
#ifndef ELBOW_DATA_DETAIL_SOURCE_H
#define ELBOW_DATA_DETAIL_SOURCE_H

#include "elbow/data/source.h"

// Local. A dataset of numbers, rows first, or a group of sparse rows. The texts are copied.
enum elbow_status elbow_source_open_dense(const char *file, const char *dataset, struct elbow_source **source,
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

#endif
