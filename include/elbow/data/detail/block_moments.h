// SPDX-License-Identifier: BSD-3-Clause
// Number, mean, standard deviation and extremes of the known values of each column, in one pass over rows of doubles.
// Each block of 1,024 rows has figures of its own; blocks are merged along the tree over the blocks
// (elbow/parallel/tree_sum.h), so the bits are the same on any number of ranks.
//
// Two sets of n_a and n_b values with means m_a and m_b and sums of squared deviations M_a and M_b are merged to
//
//     n = n_a + n_b
//     d = m_b - m_a
//     m = m_a + d n_b / n
//     M = M_a + M_b + d^2 n_a n_b / n
//
// (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
// recommendations", The American Statistician 37(3), 242-247, 1983). A record holds the deviation sqrt(M / n) in place
// of M: it overflows or vanishes only where the values do. It holds the mean as a sum of two doubles, because d is a
// small difference where the mean is large compared with the deviation.
#ifndef ELBOW_DATA_DETAIL_BLOCK_MOMENTS_H
#define ELBOW_DATA_DETAIL_BLOCK_MOMENTS_H

#include "elbow/data/detail/moments.h"

// The figures of a block, while its rows are added.
struct elbow_block_moments {
    size_t values;                       // D
    bool has_known;                      // values may be missing
    uint64_t rows;                       // of the block, so far
    double *origin;                      // (D) the first known value; this and the following arrays are owned
    double *units;                       // (D) factors of the differences from it: powers of two
    double *sums, *squares;              // (D) of the differences
    double *counts, *least, *most, *row; // (D) known values, if some may be missing; extremes; workspace
};

// Local. Allocates the arrays for rows of D values. MEMORY. Release them with elbow_block_moments_destroy, after a
// failure too; a zeroed struct is legal.
enum elbow_status elbow_block_moments_create(size_t values, bool has_known, struct elbow_block_moments *block,
                                             struct elbow_error *error);
void elbow_block_moments_destroy(struct elbow_block_moments *block);

// Local. Begins a block; and adds a row (D). `known` (D) is 1 for a known value and 0 for one to leave out; NULL
// without has_known.
void elbow_block_moments_begin(struct elbow_block_moments *block);
void elbow_block_moments_add(struct elbow_block_moments *block, const double *row, const float *known);

// A record: n, the two parts of the mean, the deviation, the extremes.
enum { ELBOW_BLOCK_MOMENTS_RECORD = 6 };

// Local. Writes the records (D, 6) of a block; and merges `count` records of two neighbouring nodes into `left`, as a
// job of elbow_tree_sum_run needs it.
void elbow_block_moments_end(const struct elbow_block_moments *block, double *records);
void elbow_block_moments_merge(size_t count, double *left, const double *right);

// Local. Makes moments from the records (D, 6) of all rows, with `least` and `most` of each column; with has_known,
// with counts. The mean is accurate to about 1e-13 of the root mean square of the values, and the deviation to about
// 1e-12 of itself (1e-14 if no value is far outside the others). A column of equal values has exactly that mean, and
// deviation 0; one without known values has mean 0 and deviation 1. Other columns do not affect this, whatever their
// magnitude. If the differences of a column exceed the range of a double, its deviation is not finite. MEMORY. Release
// `moments` with elbow_moments_clear, after a failure too.
enum elbow_status elbow_block_moments_conclude(const double *records, size_t values, bool has_known,
                                               struct elbow_moments *moments, struct elbow_error *error);

// Collective. Computes the moments of all rows of a job, whose low and high are not used. MEMORY. Release `moments`
// with elbow_moments_clear, after a failure too.
enum elbow_status elbow_block_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                           struct elbow_error *error);

// Local. Sets mean (D) and, unless it is NULL, variance (D).
void elbow_block_moments_start(const struct elbow_moments *moments, double *mean, double *variance);

// Local. Convert moments with `least` and `most` in place to those of scaled values, and of values that were
// transformed by a shifting and dividing fit.
void elbow_block_moments_scale(const struct elbow_scale *scale, struct elbow_moments *moments);
void elbow_block_moments_transform(const struct elbow_fit *fit, struct elbow_moments *moments);

#endif
