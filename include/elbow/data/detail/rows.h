// SPDX-License-Identifier: BSD-3-Clause
// The rows of a dataset, in a node's memory or in pages of it: dense, (N, D) of its element; or sparse, the entries of
// each row with their columns. Whoever reads them sees the same values in the same order. No MPI call; any thread.
#ifndef ELBOW_DATA_DETAIL_ROWS_H
#define ELBOW_DATA_DETAIL_ROWS_H

#include "elbow/data/dataset.h"
#include "elbow/data/pages.h"

ELBOW_C_BEGIN

// Local. Of a dataset whose rows are all in memory that has been taken.
struct elbow_rows_parts elbow_rows_parts(const struct elbow_dataset *dataset);

enum { ELBOW_ROWS_PIECE = 1 << 13 };

// Values of a walk over stored values: room for those that do not lie in one piece.
struct elbow_rows_buffer {
    uint64_t values[ELBOW_ROWS_PIECE];
};

// Local. How many of the next n values elbow_rows_stored gives at once: all of dense rows that are in memory,
// ELBOW_ROWS_PIECE of others.
size_t elbow_rows_step(const struct elbow_dataset *dataset, size_t n);

// Local. Values [first, first + n) as they are stored, counted through all rows. They lie in the dataset's memory, in
// a page that is held or the last one that this thread has asked for, or in the buffer.
const void *elbow_rows_stored(const struct elbow_dataset *dataset, uint64_t first, size_t n,
                              struct elbow_rows_buffer *buffer);

// Local. One of them.
double elbow_rows_at(const struct elbow_dataset *dataset, uint64_t number);

// Local. The scaled values (D) of a row; scaled, transformed and rounded.
void elbow_rows_scale(const struct elbow_dataset *dataset, uint64_t row, double *values);
void elbow_rows_transform(const struct elbow_dataset *dataset, uint64_t row, float *values);

// Local. Whether value number `at` of a row is known. Bytes that say so of a row, and of a dataset's rows.
bool elbow_rows_knows(const struct elbow_dataset *dataset, uint64_t row, size_t at);
size_t elbow_rows_known_row_bytes(const struct elbow_dataset *dataset);

// Local. The bits of a row; NULL: all of its values are known.
const unsigned char *elbow_rows_known_bits(const struct elbow_dataset *dataset, uint64_t row);

// Local. Puts 0 in place of the missing values (D) of a row.
void elbow_rows_hush(const struct elbow_dataset *dataset, uint64_t row, float *values);

// Local. How many values of a row are known.
size_t elbow_rows_count_known(const struct elbow_dataset *dataset, uint64_t row);

ELBOW_C_END

#endif
