// SPDX-License-Identifier: BSD-3-Clause
// Ranks and nodes. Two communicators stand behind a struct elbow_comm: `world`, in which ranks are numbered node by
// node, and `node`, the ranks that can share memory. MPI's own failures abort (its default handler): there is no state
// to save then.
#include "elbow/parallel/detail/comm.h"

#include "elbow/base/memory.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

// Spins before the processor is given away: about 10 microseconds of polling.
enum { SPINS = 200, LOOKS = 16 }; // and how many of the questions after that pass between looks at the clock

// Tells the processor that this is a spin.
static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void abort_all(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

void elbow_comm_wait_until(struct elbow_comm *comm, bool (*done)(void *user), void *user)
{
    struct elbow_vigil vigil = {0};
    struct elbow_trace_start begin = elbow_trace_begin(comm->track);
    uint64_t spins = 0;
    for (; !done(user); ++spins) {
        if (comm->place.nodes > 1) {
            int waiting;
            MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm->world, &waiting, MPI_STATUS_IGNORE);
        }
        if (spins >= SPINS)
            sched_yield();
        else
            relax();
        if (spins >= SPINS && spins % LOOKS == 0 && comm->on_wait != NULL)
            comm->on_wait(comm, &vigil, false);
    }
    if (vigil.was_looked_at && comm->on_wait != NULL)
        comm->on_wait(comm, &vigil, true);
    if (spins > 0)
        elbow_trace_end(comm->track, ELBOW_TRACE_WAIT, 0, begin);
}

void elbow_comm_trace(struct elbow_comm *comm, struct elbow_track *track)
{
    comm->track = track;
}

static bool is_complete(void *user)
{
    int complete = 0;
    MPI_Test(user, &complete, MPI_STATUS_IGNORE);
    return complete != 0;
}

void elbow_comm_wait(struct elbow_comm *comm, MPI_Request *request)
{
    elbow_comm_wait_until(comm, is_complete, request);
}

// The lowest world rank of the node that `colour` (below zero: the real one) puts this rank on.
static MPI_Comm split_node(int colour)
{
    MPI_Comm real, node;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &real);
    if (colour < 0)
        return real;
    MPI_Comm_split(real, colour, 0, &node);
    MPI_Comm_free(&real);
    return node;
}

// Numbers the ranks node by node, nodes by their lowest rank, and fills the tables.
static enum elbow_status number_ranks(struct elbow_comm *comm, struct elbow_error *error)
{
    int world_rank, world_size, leader;
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world_size);
    leader = world_rank;
    MPI_Bcast(&leader, 1, MPI_INT, 0, comm->node);
    MPI_Comm ordered;
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &ordered);
    MPI_Comm_rank(comm->node, &comm->place.node_rank);
    MPI_Comm_size(comm->node, &comm->place.node_size);
    int *leaders = NULL;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(comm->node_of, (size_t)world_size),
        ELBOW_ARRAY(comm->node_rank_of, (size_t)world_size),
        ELBOW_ARRAY(comm->node_size_of, (size_t)world_size),
        ELBOW_ARRAY(leaders, (size_t)world_size),
    };
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "ranks", error) != ELBOW_OK)
        MPI_Abort(MPI_COMM_WORLD, 1); // nothing works without these few bytes, and no rank may be left waiting
    MPI_Allgather(&leader, 1, MPI_INT, leaders, 1, MPI_INT, ordered);
    int node = 0;
    comm->place.nodes = 0;
    for (int r = 0; r < world_size; ++r) {
        comm->place.nodes += leaders[r] == r;
        node += r < leader && leaders[r] == r;
    }
    elbow_release(&leaders);
    comm->place.node = node;
    MPI_Comm_split(ordered, 0, node * world_size + comm->place.node_rank, &comm->world);
    MPI_Comm_free(&ordered);
    MPI_Comm_rank(comm->world, &comm->place.rank);
    MPI_Comm_size(comm->world, &comm->place.size);
    MPI_Allgather(&comm->place.node, 1, MPI_INT, comm->node_of, 1, MPI_INT, comm->world);
    MPI_Allgather(&comm->place.node_rank, 1, MPI_INT, comm->node_rank_of, 1, MPI_INT, comm->world);
    MPI_Allgather(&comm->place.node_size, 1, MPI_INT, comm->node_size_of, 1, MPI_INT, comm->world);
    return ELBOW_OK;
}

enum elbow_status elbow_comm_open(int *argc, char ***argv, struct elbow_comm **out, struct elbow_error *error)
{
    int provided;
    // A rank that waits inside MPI gives its core away: its own writer or prefetch thread may need it, or another rank.
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    // Over TCP, Open MPI's "put" protocol asks for each long message over the connection that the answer's data fill:
    // both directions then take turns, and a full-duplex link is half used.
    setenv("OMPI_MCA_btl_tcp_flags", "send,inplace", 0);
    // Longer messages first send a piece, and wait until the other side is inside MPI to ask for the rest: all of a
    // step's then set out at once, and the one that is needed first comes late. Up to this size they go as they are, in
    // pieces that can hold them: both or none.
    if (getenv("OMPI_MCA_btl_tcp_eager_limit") == NULL && getenv("OMPI_MCA_btl_tcp_max_send_size") == NULL) {
        setenv("OMPI_MCA_btl_tcp_eager_limit", "262144", 0);
        setenv("OMPI_MCA_btl_tcp_max_send_size", "262144", 0);
    }
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    elbow_panic_hook(abort_all);
    struct elbow_comm *comm = NULL;
    enum elbow_status status = elbow_allocate(&comm, 1, sizeof *comm, "the communicator", error);
    if (status != ELBOW_OK)
        MPI_Abort(MPI_COMM_WORLD, 1);
    comm->node = split_node(-1);
    *out = comm;
    return number_ranks(comm, error);
}

static void forget(struct elbow_comm *comm)
{
    elbow_release(&comm->node_of);
    elbow_release(&comm->node_rank_of);
    elbow_release(&comm->node_size_of);
    MPI_Comm_free(&comm->world);
    MPI_Comm_free(&comm->node);
}

void elbow_comm_close(struct elbow_comm *comm)
{
    if (comm == NULL)
        return;
    forget(comm);
    elbow_release(&comm);
    MPI_Finalize();
}

enum elbow_status elbow_comm_pretend(struct elbow_comm *comm, const int64_t *nodes, size_t count,
                                     struct elbow_error *error)
{
    if (count != (size_t)comm->place.size)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "run.nodes: has %zu entries for %d ranks; give one node for each rank, or leave it out",
                               count, comm->place.size);
    if (nodes[0] < 0 || nodes[0] >= INT_MAX)
        return elbow_error_set(error, ELBOW_CONFIG, "run.nodes: node %lld is out of bounds", (long long)nodes[0]);
    int world_rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    int colour = (int)nodes[world_rank];
    forget(comm);
    comm->node = split_node(colour);
    return number_ranks(comm, error);
}

struct elbow_place elbow_comm_place(const struct elbow_comm *comm)
{
    return comm->place;
}

int elbow_comm_node_of(const struct elbow_comm *comm, int rank)
{
    return comm->node_of[rank];
}

int elbow_comm_node_rank_of(const struct elbow_comm *comm, int rank)
{
    return comm->node_rank_of[rank];
}

enum elbow_status elbow_comm_agree(struct elbow_comm *comm, struct elbow_error *error)
{
    int size = comm->place.size;
    int culprit = error->status == ELBOW_OK ? size : comm->place.rank, lowest = size;
    MPI_Request request;
    MPI_Iallreduce(&culprit, &lowest, 1, MPI_INT, MPI_MIN, comm->world, &request);
    elbow_comm_wait(comm, &request);
    if (lowest == size)
        return ELBOW_OK;
    int failed = error->status != ELBOW_OK, failures = 0;
    MPI_Allreduce(&failed, &failures, 1, MPI_INT, MPI_SUM, comm->world);
    struct elbow_error first = *error;
    MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, lowest, comm->world);
    // What fails on all ranks alike needs no rank's name.
    int same = first.status == error->status && strcmp(first.message, error->message) == 0, all_same = 0;
    MPI_Allreduce(&same, &all_same, 1, MPI_INT, MPI_MIN, comm->world);
    *error = first;
    if (all_same)
        return error->status;
    if (failures > 1)
        elbow_error_prefix(error, "rank %d (and %d more): ", lowest, failures - 1);
    else
        elbow_error_prefix(error, "rank %d: ", lowest);
    return error->status;
}

// Bytes of one message: well below MPI's int counts.
static const size_t MESSAGE = (size_t)1 << 28;

void elbow_comm_broadcast(struct elbow_comm *comm, void *bytes, size_t size)
{
    for (size_t done = 0; done < size; done += MESSAGE) {
        size_t part = size - done < MESSAGE ? size - done : MESSAGE;
        MPI_Request request;
        MPI_Ibcast((char *)bytes + done, (int)part, MPI_BYTE, 0, comm->world, &request);
        elbow_comm_wait(comm, &request);
    }
}

enum elbow_status elbow_comm_agree_root(struct elbow_comm *comm, struct elbow_error *error)
{
    elbow_comm_broadcast(comm, &error->status, sizeof error->status);
    if (error->status != ELBOW_OK)
        elbow_comm_broadcast(comm, error->message, sizeof error->message);
    return error->status;
}

void elbow_comm_barrier(struct elbow_comm *comm)
{
    MPI_Request request;
    MPI_Ibarrier(comm->world, &request);
    elbow_comm_wait(comm, &request);
}

void elbow_comm_node_barrier(struct elbow_comm *comm)
{
    MPI_Request request;
    MPI_Ibarrier(comm->node, &request);
    elbow_comm_wait(comm, &request);
}
