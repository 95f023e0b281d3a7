// SPDX-License-Identifier: BSD-3-Clause
// The part of a communicator that the modules of this room share. mpi.h stays in this room.
#ifndef ELBOW_PARALLEL_DETAIL_COMM_H
#define ELBOW_PARALLEL_DETAIL_COMM_H

#include "elbow/base/trace.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/watch.h"

#include <mpi.h>

// The state of one wait, for the watch; zeroed at its start.
struct elbow_vigil {
    bool was_looked_at;      // `since` and `last` are set
    double since, last;      // clock: when it became long, when it was last checked
    bool has_called;         // `called` is set
    double called;           // clock: when all ranks were last called
    bool is_told, is_teller; // whether some rank, or this one, has named the late ranks
};

struct elbow_comm {
    MPI_Comm world, node;
    struct elbow_place place;
    enum elbow_comm_phase phase; // the activity of this rank
    // Called repeatedly in a long wait, and once more at its end, if it was called before. NULL: no watch. Set by the
    // watch.
    void (*on_wait)(struct elbow_comm *comm, struct elbow_vigil *vigil, bool is_over);
    struct elbow_stall_watch *watch;            // the watch's own; NULL: no watch; owned
    struct elbow_track *track;                  // track of this rank's events; NULL: none; not owned
    int *node_of, *node_rank_of, *node_size_of; // [size], owned
};

// Local, main thread; returns when other ranks have made progress. All waiting is done here: tests `done` until it is
// true, spins briefly, then yields the processor between tests (ranks may share cores; a pure spin of three ranks on
// two cores costs milliseconds), and lets MPI make progress with messages to other nodes meanwhile.
void elbow_comm_wait_until(struct elbow_comm *comm, bool (*done)(void *user), void *user);

// Local, main thread. The same, until a request is complete.
void elbow_comm_wait(struct elbow_comm *comm, MPI_Request *request);

#endif
