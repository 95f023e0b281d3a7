// SPDX-License-Identifier: BSD-3-Clause
// Rows that all ranks compute and rank zero writes, in order, into one output. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_WRITTEN_H
#define ELBOW_EVALUATE_DETAIL_WRITTEN_H

#include "elbow/output/sink.h"
#include "elbow/parallel/comm.h"

struct elbow_written {
    const struct elbow_sink_plan *plan;
    size_t microbatch;
    size_t row_bytes; // of the plan's columns
    void *user;
    // Local, on any rank. Computes rows [first, first + count), count <= microbatch, into `rows`, row_bytes each.
    void (*produce)(void *user, uint64_t first, size_t count, void *rows);
    // Collective. Called before rows [first, first + count) are computed: `block` rows at a time, or all rows. NULL: no
    // preparation.
    enum elbow_status (*prepare)(void *user, uint64_t first, uint64_t count, struct elbow_error *error);
    uint64_t block; // a multiple of microbatch; 0: all rows at a time
};

// Collective. Opens the output of a plan that has been checked, writes all rows and closes it. The file appears
// complete or not at all. OUTPUT, MEMORY, and errors of prepare.
enum elbow_status elbow_written_run(struct elbow_comm *comm, const struct elbow_written *written,
                                    struct elbow_error *error);

#endif
