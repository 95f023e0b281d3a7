// SPDX-License-Identifier: BSD-3-Clause
// The watch over ranks that keep the others waiting. A rank that waits answers when it is called; one that does not
// answer is the one that is waited for.
#ifndef ELBOW_PARALLEL_DETAIL_WATCH_H
#define ELBOW_PARALLEL_DETAIL_WATCH_H

#include "elbow/parallel/detail/comm.h"

// What one wait remembers; zeroed at its start.
struct elbow_vigil {
    bool was_looked_at;      // `since` and `last` are set
    double since, last;      // clock: when it began to last, when it was looked at
    bool has_called;         // `called` is set
    double called;           // clock: when all ranks were called
    bool is_told, is_teller; // whether somebody, or this rank, has named who is late
};

// Local. Looks after a wait that has lasted a while; to be called now and then until it is over.
void elbow_watch_look(struct elbow_comm *comm, struct elbow_vigil *vigil);

// Local. Says that a wait of which this rank told is over.
void elbow_watch_relieve(struct elbow_comm *comm, const struct elbow_vigil *vigil);

#endif
