// SPDX-License-Identifier: BSD-3-Clause
// Reads rows of an open dataset into memory of the caller: the values, channels last, and which of them are known. The
// target is a node's memory (dataset_read.c, dataset_sparse.c) or a page. No MPI call. Not thread-safe.
#ifndef ELBOW_DATA_DETAIL_ROW_READER_H
#define ELBOW_DATA_DETAIL_ROW_READER_H

#include "elbow/data/detail/loading.h"

// The workspace for a block of rows.
struct elbow_row_reader {
    const struct elbow_loading *loading; // the open dataset: source, masks, shape and rules
    struct elbow_loading_marks marks;
    void *row; // one row, if the channels are moved
};

// Local. Creates a reader for blocks of up to rows_max rows. MEMORY. Release it with elbow_row_reader_destroy, after a
// failure too.
enum elbow_status elbow_row_reader_create(const struct elbow_loading *loading, uint64_t rows_max,
                                          struct elbow_row_reader *reader, struct elbow_error *error);
void elbow_row_reader_destroy(struct elbow_row_reader *reader);

// A block of dense rows.
struct elbow_row_block {
    uint64_t first, count;
    void *values;         // (count, D) of element
    unsigned char *known; // (count) bits as in dataset->known; NULL if no value may be missing
    double min, max;      // of the known values; in and out
};

// Local. Reads a block. DATA for values that are NaN or infinite and not missing by a rule, and for a mask with numbers
// other than 0 and 1; errors of the file.
enum elbow_status elbow_row_reader_read(const struct elbow_row_reader *reader, struct elbow_row_block *block,
                                        struct elbow_error *error);

// A block of sparse rows.
struct elbow_row_entries {
    uint64_t first, count;
    const uint64_t *starts; // [count + 1], as elbow_source_starts returns them
    char *values;           // begins with entry starts[0]
    uint32_t *columns;      // likewise; ascending within a row
    double min, max;        // of all values, zeros included; in and out
};

// Local. Reads the entries of a block. Errors as above.
enum elbow_status elbow_row_reader_entries(const struct elbow_row_reader *reader, struct elbow_row_entries *entries,
                                           struct elbow_error *error);

#endif
