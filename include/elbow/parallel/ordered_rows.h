// SPDX-License-Identifier: BSD-3-Clause
// Work row by row on all ranks, results in order on rank zero, in bounded memory, to the same bits on any number of
// ranks.
#ifndef ELBOW_PARALLEL_ORDERED_ROWS_H
#define ELBOW_PARALLEL_ORDERED_ROWS_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

struct elbow_ordered_rows_job {
    uint64_t rows;     // in all
    size_t microbatch; // rows of one call of produce; the last one may be short
    size_t row_bytes;  // of one row's result
    void *user;
    // Any rank. Computes the results of rows [first, first + count), count <= microbatch.
    void (*produce)(void *user, uint64_t first, size_t count, void *results);
    // Any rank, after each round, where it is not NULL: what came of making results of `source`. The first error of any
    // rank ends the work before rank zero takes the results of the round.
    enum elbow_status (*check)(const void *source, struct elbow_error *error);
    const void *source;
    // Rank zero only, in order of rows. Takes results [first, first + count).
    enum elbow_status (*consume)(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error);
};

// Collective. Distributes the microbatches in rounds. The agreed status of consume.
enum elbow_status elbow_ordered_rows_run(struct elbow_comm *comm, const struct elbow_ordered_rows_job *job,
                                         struct elbow_error *error);

ELBOW_C_END

#endif
