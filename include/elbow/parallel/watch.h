// SPDX-License-Identifier: BSD-3-Clause
// The watch over ranks that keep the others waiting, and the activity of each rank.
#ifndef ELBOW_PARALLEL_WATCH_H
#define ELBOW_PARALLEL_WATCH_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

// The activity of a rank.
enum elbow_comm_phase {
    ELBOW_PHASE_START,
    ELBOW_PHASE_DATA,
    ELBOW_PHASE_COMPUTE,
    ELBOW_PHASE_EXCHANGE,
    ELBOW_PHASE_ROWS,
    ELBOW_PHASE_EVALUATION,
    ELBOW_PHASE_PICTURES,
    ELBOW_PHASE_CHECKPOINT,
    ELBOW_PHASE_TRACE,
    ELBOW_PHASE_PAGES,
    ELBOW_PHASES
};

// Local, main thread. Sets the activity of this rank. Costs one store.
void elbow_comm_enter(struct elbow_comm *comm, enum elbow_comm_phase phase);

// Collective, main thread. From now on a warning names a rank that keeps the others waiting for `seconds` (0: no
// watch), with its host and, if a neighbour on its node knows it, its activity: once for each wait, in rank zero's log
// (which must last until the watch ends), or on stderr if rank zero itself is late. Nothing else happens to the late
// rank. Waits within MPI's own blocking calls, which occur mainly at the start, are not seen.
enum elbow_status elbow_comm_watch(struct elbow_comm *comm, int64_t seconds, struct elbow_log *log,
                                   struct elbow_error *error);

// Collective, main thread. Ends the watch, if there is one.
void elbow_comm_watch_end(struct elbow_comm *comm);

ELBOW_C_END

#endif
