// SPDX-License-Identifier: BSD-3-Clause
// Small collectives: texts, parts of arrays, extremes. All of them are for the main thread, and their arrays do not
// overlap, unless a function says so.
#ifndef ELBOW_PARALLEL_COLLECTIVES_H
#define ELBOW_PARALLEL_COLLECTIVES_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Collective, main thread. A whole text from rank zero to all: on the others *text is new, released with elbow_release.
// MEMORY.
enum elbow_status elbow_comm_broadcast_text(struct elbow_comm *comm, char **text, struct elbow_error *error);

// Collective, main thread. `all` (size x count) gets the `count` doubles of every rank, in rank order.
void elbow_comm_gather_all(struct elbow_comm *comm, const double *mine, size_t count, double *all);

// Collective, main thread. Each rank holds [first[rank], first[rank + 1]) of `values`; afterwards all ranks hold all of
// it. `first` has size + 1 entries.
void elbow_comm_share_doubles(struct elbow_comm *comm, double *values, const size_t *first);
void elbow_comm_share_words(struct elbow_comm *comm, uint64_t *values, const size_t *first);

// Collective, main thread. Rank zero's `all` (NULL is legal elsewhere) gets, for every rank r, its elements of `size`
// bytes [first[r], first[r + 1]), passed as `mine`. Sent in bounded messages. `first` has size + 1 entries.
void elbow_comm_gather(struct elbow_comm *comm, const void *mine, size_t size, const size_t *first, void *all);

// Collective, main thread. The reverse of elbow_comm_gather.
void elbow_comm_scatter(struct elbow_comm *comm, const void *all, size_t size, const size_t *first, void *mine);

// Collective, main thread. Smallest and largest over the ranks, in place (order cannot matter).
void elbow_comm_min(struct elbow_comm *comm, double *values, size_t count);
void elbow_comm_max(struct elbow_comm *comm, double *values, size_t count);

// Collective, main thread. Sums over the ranks, in place, by MPI_Allreduce, in its own order. For comparison only: the
// benchmark compares the exchange with it.
void elbow_comm_sum_floats(struct elbow_comm *comm, float *values, size_t count);

// Collective, main thread. Whether all ranks pass the same word.
bool elbow_comm_is_same(struct elbow_comm *comm, uint64_t word);

ELBOW_C_END

#endif
