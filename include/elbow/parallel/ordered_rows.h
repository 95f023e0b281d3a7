// SPDX-License-Identifier: BSD-3-Clause
// Work row by row on all ranks, results in order on rank zero, in bounded memory, to the same bits on any number of
// ranks.
#ifndef ELBOW_PARALLEL_ORDERED_ROWS_H
#define ELBOW_PARALLEL_ORDERED_ROWS_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

// Rows that are read in runs of several: run k has rows [first[k], first[k + 1]), and the last run ends with the job.
// Zeroed: any row can be read alone.
struct elbow_row_runs {
    uint64_t count;
    const uint64_t *first; // [count], ascending, first[0] is 0; not owned
};

struct elbow_ordered_rows_job {
    uint64_t rows;     // in all
    size_t microbatch; // rows of one call of produce; the last one may be short
    size_t row_bytes;  // of one row's result
    struct elbow_row_runs runs;
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

// Collective. Distributes the microbatches in rounds. A round ends where a run does, or in the microbatch that this end
// lies in, as long as that takes no more than half of the round: so a run is read by one rank, or by two at the border
// between them. The agreed status of consume.
enum elbow_status elbow_ordered_rows_run(struct elbow_comm *comm, const struct elbow_ordered_rows_job *job,
                                         struct elbow_error *error);

ELBOW_C_END

#endif
