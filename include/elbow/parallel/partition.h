// SPDX-License-Identifier: BSD-3-Clause
// The division of work: ranges, and the fixed binary tree of all sums. Pure integers, no MPI.
//
// The tree over [0, n) splits [lo, hi) at floor((lo + hi) / 2) down to single leaves. Its shape depends on n alone, so
// a sum along it has the same bits on any number of ranks.
#ifndef ELBOW_PARALLEL_PARTITION_H
#define ELBOW_PARALLEL_PARTITION_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// [first, last)
struct elbow_range {
    uint64_t first, last;
};

// The maximum number of adjacent maximal subtrees in any range: two for each level of a tree over 2^48 leaves.
enum { ELBOW_SUBTREES_MAX = 96, ELBOW_TREE_DEPTH_MAX = 50 };

// Local. The part of n items of a rank: [floor(rank n / size), floor((rank + 1) n / size)).
struct elbow_range elbow_partition(uint64_t n, int rank, int size);

// Local. Of n things those that a rank has where `dealt` >= n of them are dealt out and the last ones are missing.
struct elbow_range elbow_partition_below(uint64_t n, uint64_t dealt, int rank, int size);

// Local. The maximal subtrees of the tree over [0, n) within a range, from left to right, and their number.
int elbow_partition_subtrees(uint64_t n, struct elbow_range range, struct elbow_range *subtrees);

// Local. The maximum number of subtrees of any of `size` ranks of n leaves, and the maximum number of leaves of a
// subtree.
int elbow_partition_subtrees_most(uint64_t n, int size);
uint64_t elbow_partition_leaves_most(uint64_t n, int size);

// Local. Levels of buffers for the sum of a subtree of `leaves` leaves: 1 for one leaf, 2 for two, 3 for three or four.
int elbow_partition_depth(uint64_t leaves);

// Local. The sum over the tree of [0, n): sums + i * width holds the sum of subtree i; the subtrees, left to right,
// cover [0, n). Adds in `sums` (which it overwrites) in the order of the tree and leaves the result in its first
// `width` entries.
void elbow_partition_sum(uint64_t n, const struct elbow_range *subtrees, int count, size_t width, double *sums);

// Local. The sum of n >= 1 leaves along the tree over [0, n).
double elbow_partition_sum_leaves(const double *leaves, uint64_t n);

// The same order as a list of additions, for sums of other objects: `target` += `source`, entries by subtree number.
// The result is in entry 0.
struct elbow_addition {
    int target, source;
};

// Local. Writes the count - 1 additions that sum `count` subtrees, left to right, covering the tree's node `node`
// ({0, n} for all of it).
void elbow_partition_additions(struct elbow_range node, const struct elbow_range *subtrees, int count,
                               struct elbow_addition *additions);

ELBOW_C_END

#endif
