// SPDX-License-Identifier: BSD-3-Clause
// The rows of a dataset, in a node's memory or in pages. Dense rows are (N, D) of its element; sparse rows are the
// entries of each row with their columns. All forms return the same values in the same order. No MPI call; any thread.
#ifndef ELBOW_DATA_DETAIL_ROWS_H
#define ELBOW_DATA_DETAIL_ROWS_H

#include "elbow/data/dataset.h"
#include "elbow/data/pages.h"

ELBOW_C_BEGIN

// Local. The parts of a dataset's rows in memory that was allocated for all of them.
struct elbow_rows_parts elbow_rows_parts(const struct elbow_dataset *dataset);

enum { ELBOW_ROWS_PIECE = 1 << 13 };

// Memory for values that are not contiguous in the dataset.
struct elbow_rows_buffer {
    uint64_t values[ELBOW_ROWS_PIECE];
};

// Local. The number of values, of the next n, that one call of elbow_rows_stored returns: all n of dense rows in
// memory, else at most ELBOW_ROWS_PIECE.
size_t elbow_rows_step(const struct elbow_dataset *dataset, size_t n);

// Local. The stored values [first, first + n), counted through all rows. The result points into the dataset's memory,
// into a page that is held or was asked for last by this thread, or into the buffer.
const void *elbow_rows_stored(const struct elbow_dataset *dataset, uint64_t first, size_t n,
                              struct elbow_rows_buffer *buffer);

// Local. One stored value.
double elbow_rows_at(const struct elbow_dataset *dataset, uint64_t number);

// Local. The values of a row: as stored, in double; scaled, in double; or scaled, transformed and rounded. values (D).
void elbow_rows_read(const struct elbow_dataset *dataset, uint64_t row, double *values);
void elbow_rows_scale(const struct elbow_dataset *dataset, uint64_t row, double *values);
void elbow_rows_transform(const struct elbow_dataset *dataset, uint64_t row, float *values);

// Local. Whether the value at index `at` of a row is known; and the bytes of the known bits of a row.
bool elbow_rows_knows(const struct elbow_dataset *dataset, uint64_t row, size_t at);
size_t elbow_rows_known_row_bytes(const struct elbow_dataset *dataset);

// Local. The known bits of a row; NULL: all its values are known.
const unsigned char *elbow_rows_known_bits(const struct elbow_dataset *dataset, uint64_t row);

// Local. Sets the missing values of a row to 0: values (D).
void elbow_rows_hush(const struct elbow_dataset *dataset, uint64_t row, float *values);

// Local. The number of known values of a row.
size_t elbow_rows_count_known(const struct elbow_dataset *dataset, uint64_t row);

ELBOW_C_END

#endif
