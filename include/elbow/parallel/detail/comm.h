// SPDX-License-Identifier: BSD-3-Clause
// What the modules of this room share of a communicator. mpi.h stays in this room.
#ifndef ELBOW_PARALLEL_DETAIL_COMM_H
#define ELBOW_PARALLEL_DETAIL_COMM_H

#include "elbow/base/trace.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/watch.h"

#include <mpi.h>

// What one wait remembers for whoever looks after it; zeroed at its start.
struct elbow_vigil {
    bool was_looked_at;      // `since` and `last` are set
    double since, last;      // clock: when it began to last, when it was looked at
    bool has_called;         // `called` is set
    double called;           // clock: when all ranks were called
    bool is_told, is_teller; // whether somebody, or this rank, has named who is late
};

struct elbow_comm {
    MPI_Comm world, node;
    struct elbow_place place;
    enum elbow_comm_phase phase; // what this rank is busy with
    // Called now and then in a wait that lasts, and once more when it is over, if it was called before. NULL: nobody
    // looks. Set by the watch.
    void (*on_wait)(struct elbow_comm *comm, struct elbow_vigil *vigil, bool is_over);
    struct elbow_stall_watch *watch;            // the watch's own; NULL: nobody watches; owned
    struct elbow_track *track;                  // where this rank's events go; NULL: nowhere; not owned
    int *node_of, *node_rank_of, *node_size_of; // [size], owned
};

// Local, main thread; returns when other ranks have made progress. All waiting is done here: asks `done` until it says
// yes, spins briefly, then gives the processor away between the questions (ranks may share cores; a pure spin of three
// ranks on two cores costs milliseconds), and lets MPI move what this rank owes to other nodes meanwhile.
void elbow_comm_wait_until(struct elbow_comm *comm, bool (*done)(void *user), void *user);

// Local, main thread. Likewise, until a request is complete.
void elbow_comm_wait(struct elbow_comm *comm, MPI_Request *request);

#endif
