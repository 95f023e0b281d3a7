// SPDX-License-Identifier: BSD-3-Clause
// Ranks and nodes: start and end of MPI, agreement on errors, waiting, small collectives, memory shared inside a node.
//
// Ranks are numbered node by node. A `Collective.` function returns the same status on every rank.
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

// Where a rank stands.
struct elbow_place {
    int rank, size;           // in the whole run
    int node, nodes;          // number of this rank's node
    int node_rank, node_size; // on this rank's node
};

// Collective. Starts MPI (MPI_THREAD_FUNNELED) and finds ranks and nodes. Broken contracts call MPI_Abort from now on.
enum elbow_status elbow_comm_open(int *argc, char ***argv, struct elbow_comm **comm, struct elbow_error *error);

// Collective. Ends MPI. A NULL is legal.
void elbow_comm_close(struct elbow_comm *comm);

// Collective. For tests: pretends that rank r (as MPI_COMM_WORLD counts) lives on node `nodes[r]`, and renumbers the
// ranks node by node; rank zero stays rank zero. Ranks of different real nodes are never
// joined. CONFIG if count is not the number of ranks.
enum elbow_status elbow_comm_pretend(struct elbow_comm *comm, const int64_t *nodes, size_t count,
                                     struct elbow_error *error);

// Local.
struct elbow_place elbow_comm_place(const struct elbow_comm *comm);

// Local. The node, and the rank inside its node, of any rank.
int elbow_comm_node_of(const struct elbow_comm *comm, int rank);
int elbow_comm_node_rank_of(const struct elbow_comm *comm, int rank);

// Collective. Everybody hands in its status (in error; OK where all went well) and gets the same one back: the lowest
// failing rank's error, its message prefixed by "rank 3 (and 2 more): " where not all ranks failed alike. The one
// meeting point between rank-local work and a common decision.
enum elbow_status elbow_comm_agree(struct elbow_comm *comm, struct elbow_error *error);

// Collective. The status of work that rank zero did alone: all get its error, as it is.
enum elbow_status elbow_comm_agree_root(struct elbow_comm *comm, struct elbow_error *error);

// Collective. Bytes from rank zero to all.
void elbow_comm_broadcast(struct elbow_comm *comm, void *bytes, size_t size);

// Collective. A whole text from rank zero to all: on the others *text is new, given back with elbow_release.
enum elbow_status elbow_comm_broadcast_text(struct elbow_comm *comm, char **text, struct elbow_error *error);

// Collective. Waits until all ranks, or all ranks of this node, have come.
void elbow_comm_barrier(struct elbow_comm *comm);
void elbow_comm_node_barrier(struct elbow_comm *comm);

// Collective. all (size x count) gets everybody's `count` doubles, in rank order.
void elbow_comm_gather_all(struct elbow_comm *comm, const double *mine, size_t count, double *all);

// Collective. Everybody holds [first[rank], first[rank + 1]) of `values`; afterwards all of it. first has size + 1
// entries.
void elbow_comm_share_doubles(struct elbow_comm *comm, double *values, const size_t *first);
void elbow_comm_share_words(struct elbow_comm *comm, uint64_t *values, const size_t *first);

// Collective. Rank zero's `all` (may be NULL elsewhere) gets, for every rank r, its elements of `size` bytes
// [first[r], first[r + 1]), handed in as `mine`. Sent in bounded messages. first has size + 1 entries.
void elbow_comm_gather(struct elbow_comm *comm, const void *mine, size_t size, const size_t *first, void *all);

// Collective. The reverse of elbow_comm_gather.
void elbow_comm_scatter(struct elbow_comm *comm, const void *all, size_t size, const size_t *first, void *mine);

// Collective. Smallest and largest over the ranks (order cannot matter).
void elbow_comm_min(struct elbow_comm *comm, double *values, size_t count);
void elbow_comm_max(struct elbow_comm *comm, double *values, size_t count);

// Collective. Sums over the ranks, in place, by MPI_Allreduce and in whatever order that takes. For comparison only:
// the benchmark sets the exchange against it.
void elbow_comm_sum_floats(struct elbow_comm *comm, float *values, size_t count);

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
    ELBOW_PHASES
};

// Local. Says what this rank is busy with from now on. A store, no more.
void elbow_comm_enter(struct elbow_comm *comm, enum elbow_comm_phase phase);

// Collective. From now on a rank that keeps the others waiting for `seconds` (0: nobody watches) is named, with its
// host and, where a neighbour on its node can tell, what it is busy with: once for each wait, as a warning of rank
// zero's log (which must last until the watch ends), or on stderr where rank zero itself is late. Nothing else happens
// to it. Waits inside MPI's own blocking calls, of which the start has some, are not seen.
enum elbow_status elbow_comm_watch(struct elbow_comm *comm, int64_t seconds, struct elbow_log *log,
                                   struct elbow_error *error);

// Collective. Ends the watch, if there is one.
void elbow_comm_watch_end(struct elbow_comm *comm);

// Local. From now on what this rank does and waits for is noted in a track (elbow/base/trace.h), which must last until
// another one, or NULL, is handed in.
void elbow_comm_trace(struct elbow_comm *comm, struct elbow_track *track);

// Collective. Whether all ranks hand in the same word.
bool elbow_comm_is_same(struct elbow_comm *comm, uint64_t word);

// Memory that the ranks of a node share, or private memory where that cannot be had. Zeroed.
struct elbow_shared {
    void *base; // the same bytes for all ranks of the node
    size_t bytes;
    bool is_shared; // false: every rank has a copy of its own
    void *window;   // MPI's handle, private
};

// Collective. Memory of `bytes` on each node, for its ranks together. Rank zero of each node probes with
// posix_fallocate in /dev/shm whether the room is there before MPI_Win_allocate_shared (which hangs if not); where not
// on any node, all ranks take `private_bytes` of their own and one warning tells, naming `what`. MEMORY, with both
// figures, if a node has less free than that takes.
enum elbow_status elbow_comm_share(struct elbow_comm *comm, size_t bytes, size_t private_bytes, const char *what,
                                   struct elbow_log *log, struct elbow_shared *shared, struct elbow_error *error);

// Collective. Gives it back; a zeroed struct is legal.
void elbow_comm_unshare(struct elbow_comm *comm, struct elbow_shared *shared);

// Local. Bytes that this node can still give: what the kernel calls available, or less where a control group of this
// process (a job's, a container's) has a limit.
uint64_t elbow_comm_node_memory(void);

ELBOW_C_END

#endif
