// SPDX-License-Identifier: BSD-3-Clause
// Reads rows of an opened dataset into any memory: values, with the channels last, and which of them are known. Where
// the rows go is the caller's business: into a node's memory (dataset_read.c, dataset_sparse.c), or into a page. No MPI
// call. Not thread-safe.
#ifndef ELBOW_DATA_DETAIL_ROW_READER_H
#define ELBOW_DATA_DETAIL_ROW_READER_H

#include "elbow/data/detail/loading.h"

// Room that the rows of a block take beside their place.
struct elbow_row_reader {
    const struct elbow_loading *loading; // what was opened: source, masks, shape and rules
    struct elbow_loading_marks marks;
    void *row; // room for one, where rows are turned round
};

// Local. For blocks of up to rows_max rows. Given back with elbow_row_reader_destroy, on failure too. MEMORY.
enum elbow_status elbow_row_reader_create(const struct elbow_loading *loading, uint64_t rows_max,
                                          struct elbow_row_reader *reader, struct elbow_error *error);
void elbow_row_reader_destroy(struct elbow_row_reader *reader);

// Dense rows, and where they go.
struct elbow_row_block {
    uint64_t first, count;
    void *values;         // (count, D) of element
    unsigned char *known; // (count) bits as in dataset->known; NULL where no value may be missing
    double min, max;      // of the known values and of what stood here before
};

// Local. DATA for values that are NaN or infinite, unless the missing-value rules mean them, and for a mask of other
// numbers than 0 and 1; errors of the file.
enum elbow_status elbow_row_reader_read(const struct elbow_row_reader *reader, struct elbow_row_block *block,
                                        struct elbow_error *error);

// Sparse rows, and where their entries go.
struct elbow_row_entries {
    uint64_t first, count;
    const uint64_t *starts; // (count + 1), as elbow_source_starts gives them
    char *values;           // of the entry starts[0] and those after it
    uint32_t *columns;      // likewise, ascending within a row
    double min, max;        // of all values, zeros too, and of what stood here before
};

// Local. Errors as above.
enum elbow_status elbow_row_reader_entries(const struct elbow_row_reader *reader, struct elbow_row_entries *entries,
                                           struct elbow_error *error);

#endif
