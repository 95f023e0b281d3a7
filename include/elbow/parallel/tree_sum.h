// SPDX-License-Identifier: BSD-3-Clause
// Sums of vectors over many leaves, which are distributed to all ranks and added along the tree over the leaves
// (elbow/parallel/partition.h): the same bits on any number of ranks. In place of the addition, a job may have another
// operation that combines two neighbours.
#ifndef ELBOW_PARALLEL_TREE_SUM_H
#define ELBOW_PARALLEL_TREE_SUM_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

struct elbow_tree_sum {
    uint64_t leaves; // >= 1
    size_t width;    // doubles of a vector
    void *user;
    // The vector of a leaf, which depends on its number alone. Its previous contents are overwritten.
    void (*leaf)(void *user, uint64_t number, double *vector);
    // Combines `count` records of two neighbouring nodes: `left` becomes the result. NULL: doubles are added.
    void (*combine)(size_t count, double *left, const double *right);
    size_t record; // doubles of a record, at most 64; `width` is a multiple of it; without combine, not used
};

// Collective, main thread. The sum (width) on every rank. A rank needs memory for some vectors of its own and for
// pieces of bounded width of all ranks. MEMORY.
enum elbow_status elbow_tree_sum_run(struct elbow_comm *comm, const struct elbow_tree_sum *job, double *sum,
                                     struct elbow_error *error);

// Local. Entries of the vectors that travel at once, whole records of `record` doubles, from `size` ranks with at most
// `subtrees` each: a rank needs memory for 2^20 doubles of all ranks, or for 64 of each subtree if that is more.
size_t elbow_tree_sum_piece(size_t width, size_t record, int ranks, int subtrees);

ELBOW_C_END

#endif
