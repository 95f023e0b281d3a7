// SPDX-License-Identifier: BSD-3-Clause
// Mean and deviation of each column of rows of doubles: two passes over blocks of 1,024 rows, dealt out to all ranks
// and added along the tree over the blocks. The same bits on any number of ranks.
#ifndef ELBOW_DATA_DETAIL_MOMENTS_H
#define ELBOW_DATA_DETAIL_MOMENTS_H

#include "elbow/data/transform.h"
#include "elbow/parallel/comm.h"

struct elbow_moments_job {
    struct elbow_comm *comm;
    uint64_t rows;    // >= 1, which every rank can read
    size_t values;    // of a row
    double low, high; // of all values
    const void *user;
    void (*read)(const void *user, uint64_t row, double *values);
    // Which of them are known, 1 or 0: others do not count. NULL: all are.
    void (*known)(const void *user, uint64_t row, float *known);
};

// Collective. A column without a known value has mean 0 and deviation 1. The mean of a column is exact to about 1e-15
// of its values' root mean square, and the deviation to about 1e-14 of itself; a column of equal values has exactly the
// value, and 0. That holds whatever the size of other columns. Given back with elbow_moments_clear, on failure too.
// MEMORY.
enum elbow_status elbow_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                     struct elbow_error *error);

// Local. Mean and deviation of all values together.
void elbow_moments_join(const struct elbow_moments *moments, double *mean, double *deviation);

// Local. A zeroed struct is legal.
void elbow_moments_clear(struct elbow_moments *moments);

#endif
