// SPDX-License-Identifier: BSD-3-Clause
// Mean and variance of what samples become in batches, by blocks of rows along their tree: for a walk over the rows
// that finds other things, too.
#ifndef ELBOW_DATA_DETAIL_BATCH_SUMS_H
#define ELBOW_DATA_DETAIL_BATCH_SUMS_H

#include "elbow/data/batches.h"

enum { ELBOW_BATCH_SUMS_BLOCK = 1024 }; // rows

// A vector has D numbers for each of these, one behind the other: sums of values less their origin; of the squares of
// these, if they are wanted; and the number of known ones, if some are unknown.
struct elbow_batch_sums {
    const struct elbow_dataset *dataset;
    struct elbow_binarizer binarizer;
    bool has_squares, has_known;
    double *origin; // (D) of the first row; owned, as are the others
    float *values;  // (rows of a piece, D)
    float *known;   // likewise
};

// Collective. Reads the origin, on rank zero. Given back with elbow_batch_sums_end, on failure too. MEMORY.
enum elbow_status elbow_batch_sums_begin(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                         const struct elbow_binarizer *binarizer, bool has_squares,
                                         struct elbow_batch_sums *sums, struct elbow_error *error);
void elbow_batch_sums_end(struct elbow_batch_sums *sums);

// Local. Doubles of a vector. Rows [first, last) of a block are added to its vector, in order.
size_t elbow_batch_sums_width(const struct elbow_batch_sums *sums);
void elbow_batch_sums_add(const struct elbow_batch_sums *sums, uint64_t first, uint64_t last, double *vector);

// Local. What follows from the vector of all rows: mean (D) and, unless it is NULL, variance (D).
void elbow_batch_sums_conclude(const struct elbow_batch_sums *sums, const double *vector, double *mean,
                               double *variance);

// Local. How batches are binarised, as far as mean and variance go.
struct elbow_binarizer elbow_batch_sums_binarizer(const struct elbow_binarizer *binarizer);

#endif
