// SPDX-License-Identifier: BSD-3-Clause
// Ranks and nodes: start and end of MPI, places of the ranks, agreement on errors, waiting.
//
// Ranks are numbered node by node. A `Collective.` function returns the same status on every rank. MPI runs as
// MPI_THREAD_FUNNELED: functions that call it, including all collective ones, are for the main thread, which opened the
// communicator. Any thread may ask for the places of the ranks. Arrays of a caller do not overlap.
#ifndef ELBOW_PARALLEL_COMM_H
#define ELBOW_PARALLEL_COMM_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_comm; // opaque
struct elbow_track;

// The place of a rank.
struct elbow_place {
    int rank, size;           // in the whole run
    int node, nodes;          // number of this rank's node
    int node_rank, node_size; // on this rank's node
};

// Collective, main thread. Starts MPI (MPI_THREAD_FUNNELED) and finds ranks and nodes. Broken contracts call MPI_Abort
// from now on.
enum elbow_status elbow_comm_open(int *argc, char ***argv, struct elbow_comm **comm, struct elbow_error *error);

// Collective, main thread. Ends MPI. A NULL is legal.
void elbow_comm_close(struct elbow_comm *comm);

// Collective, main thread. For tests: pretends that rank r (as MPI_COMM_WORLD counts) lives on node `nodes[r]`, and
// renumbers the ranks node by node; rank zero stays rank zero. Ranks of different real nodes are never put on one node.
// CONFIG if count is not the number of ranks.
enum elbow_status elbow_comm_pretend(struct elbow_comm *comm, const int64_t *nodes, size_t count,
                                     struct elbow_error *error);

// Local, any thread.
struct elbow_place elbow_comm_place(const struct elbow_comm *comm);

// Local, any thread. The node, and the rank inside its node, of any rank.
int elbow_comm_node_of(const struct elbow_comm *comm, int rank);
int elbow_comm_node_rank_of(const struct elbow_comm *comm, int rank);

// Collective, main thread. Each rank passes its status (in error; OK on success) and all get the same one back: the
// error of the lowest failing rank, its message prefixed by "rank 3 (and 2 more): " unless all ranks failed alike. The
// only connection between rank-local work and a common decision.
enum elbow_status elbow_comm_agree(struct elbow_comm *comm, struct elbow_error *error);

// Collective, main thread. The status of work that rank zero did alone: all get its error, unchanged.
enum elbow_status elbow_comm_agree_root(struct elbow_comm *comm, struct elbow_error *error);

// Collective, main thread. Copies `size` bytes from rank zero to all.
void elbow_comm_broadcast(struct elbow_comm *comm, void *bytes, size_t size);

// Collective, main thread. Waits until all ranks, or all ranks of this node, have called it.
void elbow_comm_barrier(struct elbow_comm *comm);
void elbow_comm_node_barrier(struct elbow_comm *comm);

// Local, main thread. From now on the activities and waits of this rank are recorded in a track (elbow/base/trace.h),
// which must last until another one, or NULL, is set.
void elbow_comm_trace(struct elbow_comm *comm, struct elbow_track *track);

ELBOW_C_END

#endif
