// SPDX-License-Identifier: BSD-3-Clause
// Mean and standard deviation of each column of rows of doubles. Two passes over blocks of 1,024 rows, which are dealt
// to all ranks and added along a tree over the blocks. The same bits on any number of ranks.
#ifndef ELBOW_DATA_DETAIL_MOMENTS_H
#define ELBOW_DATA_DETAIL_MOMENTS_H

#include "elbow/data/transform.h"
#include "elbow/parallel/comm.h"

struct elbow_moments_job {
    struct elbow_comm *comm;
    uint64_t rows;    // >= 1; every rank can read them all
    size_t values;    // number of values in a row
    double low, high; // of all values
    const void *user;
    void (*read)(const void *user, uint64_t row, double *values);
    // Marks the known values, 1 or 0; others are left out. NULL: all are known.
    void (*known)(const void *user, uint64_t row, float *known);
};

// Collective. Computes the moments. A column without known values has mean 0 and deviation 1. The mean of a column is
// accurate to about 1e-15 of the root mean square of its values, and the deviation to about 1e-14 of itself. A column
// of equal values has exactly that mean, and deviation 0. Other columns do not affect this, whatever their magnitude.
// MEMORY. Release `moments` with elbow_moments_clear, after a failure too.
enum elbow_status elbow_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                     struct elbow_error *error);

enum { ELBOW_MOMENTS_BLOCK = 1024 }; // rows

// Local. The mean and the deviation of all values together.
void elbow_moments_join(const struct elbow_moments *moments, double *mean, double *deviation);

// Local. Releases the moments; a zeroed struct is legal.
void elbow_moments_clear(struct elbow_moments *moments);

#endif
