// SPDX-License-Identifier: BSD-3-Clause
// Clocks are compared by messages that carry nothing but the time; rank zero turns to one node after the other.
#include "elbow/parallel/clocks.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/clock.h"

#include <math.h>

enum { TAG_CLOCK = 3, PASSAGES = 50 };

// Clocks of computers drift by less than this, in seconds a second; what is more is the error of two ties close by.
static const double DRIFT_MOST = 1e-3;

static void send(struct elbow_comm *comm, const void *values, int count, int rank)
{
    MPI_Request request;
    MPI_Isend(values, count, MPI_DOUBLE, rank, TAG_CLOCK, comm->world, &request);
    elbow_comm_wait(comm, &request);
}

static void receive(struct elbow_comm *comm, void *values, int count, int rank)
{
    MPI_Request request;
    MPI_Irecv(values, count, MPI_DOUBLE, rank, TAG_CLOCK, comm->world, &request);
    elbow_comm_wait(comm, &request);
}

// Rank zero's part: the clock of `rank` between two looks at its own.
static struct elbow_clock_tie ask(struct elbow_comm *comm, int rank)
{
    struct elbow_clock_tie best = {.error = INFINITY};
    for (int i = 0; i < PASSAGES; ++i) {
        double theirs, before = elbow_clock_seconds();
        send(comm, &before, 1, rank);
        receive(comm, &theirs, 1, rank);
        double after = elbow_clock_seconds();
        if ((after - before) / 2 < best.error)
            best = (struct elbow_clock_tie){
                .mine = theirs, .root = before + (after - before) / 2, .error = (after - before) / 2};
    }
    return best;
}

static void answer(struct elbow_comm *comm)
{
    for (int i = 0; i < PASSAGES; ++i) {
        double asked;
        receive(comm, &asked, 1, 0);
        double now = elbow_clock_seconds();
        send(comm, &now, 1, 0);
    }
}

struct elbow_clock_tie elbow_clock_tie(struct elbow_comm *comm)
{
    enum { VALUES = sizeof(struct elbow_clock_tie) / sizeof(double) };
    struct elbow_place place = comm->place;
    double now = elbow_clock_seconds();
    struct elbow_clock_tie tie = {.mine = now, .root = now};
    if (place.rank == 0)
        for (int r = 1; r < place.size; ++r) {
            if (comm->node_rank_of[r] != 0)
                continue;
            struct elbow_clock_tie theirs = ask(comm, r);
            send(comm, &theirs, VALUES, r);
        }
    else if (place.node_rank == 0) {
        answer(comm);
        receive(comm, &tie, VALUES, 0);
    }
    if (place.node > 0) {
        MPI_Request request;
        MPI_Ibcast(&tie, VALUES, MPI_DOUBLE, 0, comm->node, &request);
        elbow_comm_wait(comm, &request);
    }
    return tie;
}

double elbow_clock_map(const struct elbow_clock_tie *first, const struct elbow_clock_tie *last, double mine)
{
    double between = last->mine - first->mine, drift = 0;
    if (between > 0)
        drift = (last->root - first->root) / between - 1;
    drift = fmin(fmax(drift, -DRIFT_MOST), DRIFT_MOST);
    double since = mine - first->mine;
    return first->root + (since + since * drift);
}
