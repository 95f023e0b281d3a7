// SPDX-License-Identifier: BSD-3-Clause
// The watch over ranks that keep the others waiting, and what each rank is busy with.
#ifndef ELBOW_PARALLEL_WATCH_H
#define ELBOW_PARALLEL_WATCH_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

// What a rank is busy with.
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

// Local, main thread. Says what this rank is busy with from now on. A store, no more.
void elbow_comm_enter(struct elbow_comm *comm, enum elbow_comm_phase phase);

// Collective, main thread. From now on a rank that keeps the others waiting for `seconds` (0: nobody watches) is named,
// with its host and, where a neighbour on its node can tell, its phase: once for each wait, as a warning of rank zero's
// log (which must last until the watch ends), or on stderr where rank zero itself is late. Nothing else happens to the
// late rank. Waits inside MPI's own blocking calls, of which the start has some, are not seen.
enum elbow_status elbow_comm_watch(struct elbow_comm *comm, int64_t seconds, struct elbow_log *log,
                                   struct elbow_error *error);

// Collective, main thread. Ends the watch, if there is one.
void elbow_comm_watch_end(struct elbow_comm *comm);

ELBOW_C_END

#endif
