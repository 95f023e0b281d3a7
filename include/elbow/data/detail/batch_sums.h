// SPDX-License-Identifier: BSD-3-Clause
// Mean and variance of the values of samples as batches have them, from sums of blocks of rows that are added along a
// tree. For a walk over the rows that computes other figures, too.
#ifndef ELBOW_DATA_DETAIL_BATCH_SUMS_H
#define ELBOW_DATA_DETAIL_BATCH_SUMS_H

#include "elbow/data/batches.h"

enum { ELBOW_BATCH_SUMS_BLOCK = 1024 }; // rows

// A vector holds, one after another, D sums of value - origin; with has_squares, D sums of the squares of these
// differences; with has_known, D numbers of known values.
struct elbow_batch_sums {
    const struct elbow_dataset *dataset;
    struct elbow_binarizer binarizer;
    bool has_squares, has_known;
    double *origin; // (D) of the first row; owned, as are the others
    float *values;  // (rows of a piece, D)
    float *known;   // likewise
};

// Collective. Rank zero reads the origin. MEMORY. Release the sums with elbow_batch_sums_end, after a failure too.
enum elbow_status elbow_batch_sums_begin(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                         const struct elbow_binarizer *binarizer, bool has_squares,
                                         struct elbow_batch_sums *sums, struct elbow_error *error);
void elbow_batch_sums_end(struct elbow_batch_sums *sums);

// Local. The number of doubles in a vector; and adds rows [first, last) of a block to its vector, in order.
size_t elbow_batch_sums_width(const struct elbow_batch_sums *sums);
void elbow_batch_sums_add(const struct elbow_batch_sums *sums, uint64_t first, uint64_t last, double *vector);

// Local. Computes mean (D) and, unless it is NULL, variance (D) from the vector of all rows.
void elbow_batch_sums_conclude(const struct elbow_batch_sums *sums, const double *vector, double *mean,
                               double *variance);

// Local. The binarizer for the sums: without draws, because the mean of draws is the value.
struct elbow_binarizer elbow_batch_sums_binarizer(const struct elbow_binarizer *binarizer);

#endif
