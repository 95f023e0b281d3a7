// SPDX-License-Identifier: BSD-3-Clause
// The look at the machine. Ranks of a node measure memory together, as they compute together; nodes answer rank zero
// one after the other, so that no two measurements share a wire.
#include "elbow/parallel/machine.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/shared.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    TRIAD_LEAST = 1 << 20, // floats
    TRIAD_MOST = 1 << 25,
    TRIAD_ROUNDS = 4,
    PING_BYTES = 1 << 22,
    PINGS = 20,     // small ones
    BIG_PINGS = 4,  // and of PING_BYTES
    TAG_MACHINE = 3 // beside those of comm.c
};

void elbow_machine_library(char text[ELBOW_MACHINE_LIBRARY_SIZE])
{
    char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length, version, subversion;
    MPI_Get_library_version(library, &length);
    MPI_Get_version(&version, &subversion);
    size_t name = strcspn(library, ",\n"); // "Open MPI v4.1.4, package: ..."
    snprintf(text, ELBOW_MACHINE_LIBRARY_SIZE, "%.*s (MPI %d.%d)", (int)(name < 100 ? name : 100), library, version,
             subversion);
}

static void look_at_shared_memory(struct elbow_machine_node *node)
{
    struct statvfs about;
    if (statvfs("/dev/shm", &about) != 0)
        return;
    node->shared = (uint64_t)about.f_bavail * about.f_frsize;
    node->shared_all = (uint64_t)about.f_blocks * about.f_frsize;
}

// Collective. Floats of each of three arrays, the same on all ranks of the node: together they are four times its last
// cache, and take no more than an eighth of its memory.
static uint64_t choose_floats(struct elbow_comm *comm)
{
    uint64_t all = 3 * sizeof(float) * (uint64_t)comm->place.node_size;
    long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    uint64_t floats = 4 * (uint64_t)(cache > 0 ? cache : 32 << 20) / all, most = elbow_comm_node_memory() / 8 / all + 1;
    floats = floats < TRIAD_LEAST ? TRIAD_LEAST : floats > TRIAD_MOST ? TRIAD_MOST : floats;
    floats = floats < most ? floats : most;
    MPI_Bcast(&floats, 1, MPI_UINT64_T, 0, comm->node);
    return floats;
}

// a = b + 3 c: two reads and a write.
static void triad(size_t count, float *restrict a, const float *restrict b, const float *restrict c)
{
    for (size_t i = 0; i < count; ++i)
        a[i] = b[i] + 3 * c[i];
}

// Collective. Bytes a second that this node's ranks move together, in the best of some rounds. A round ends when all of
// them have come: ranks that take turns on a core do not count as two.
static enum elbow_status measure_memory(struct elbow_comm *comm, double *per_second, struct elbow_error *error)
{
    float *values = NULL;
    size_t count = choose_floats(comm);
    elbow_allocate(&values, 3, count * sizeof *values, "a measurement of memory", error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK) {
        elbow_release(&values);
        return error->status;
    }
    for (int round = 0; round < TRIAD_ROUNDS; ++round) {
        elbow_comm_barrier(comm);
        double start = elbow_clock_seconds();
        triad(count, values, values + count, values + 2 * count);
        elbow_comm_node_barrier(comm);
        double seconds = elbow_clock_seconds() - start, slowest;
        MPI_Allreduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, comm->node);
        double rate = 3.0 * (double)(count * sizeof *values) * comm->place.node_size / slowest;
        *per_second = rate > *per_second ? rate : *per_second;
    }
    elbow_release(&values);
    return ELBOW_OK;
}

// One answer to one message, or the reverse, of `bytes`.
static void play(struct elbow_comm *comm, int peer, bool serves, void *buffer, int bytes)
{
    for (int turn = 0; turn < 2; ++turn) {
        MPI_Request request;
        if ((turn == 0) == serves)
            MPI_Isend(buffer, bytes, MPI_BYTE, peer, TAG_MACHINE, comm->world, &request);
        else
            MPI_Irecv(buffer, bytes, MPI_BYTE, peer, TAG_MACHINE, comm->world, &request);
        elbow_comm_wait(comm, &request);
    }
}

// Rank zero and the first rank of another node. Seconds one way of a message, the least of several.
static double ping(struct elbow_comm *comm, int peer, bool serves, void *buffer, int bytes, int times)
{
    double least = 0;
    for (int i = 0; i <= times; ++i) { // the first one opens the connection
        double start = elbow_clock_seconds();
        play(comm, peer, serves, buffer, bytes);
        double seconds = (elbow_clock_seconds() - start) / 2;
        if (i > 0 && (least == 0 || seconds < least))
            least = seconds;
    }
    return least;
}

// Collective. Each node's first rank measures its way to rank zero.
static enum elbow_status measure_network(struct elbow_comm *comm, struct elbow_machine_node *node,
                                         struct elbow_error *error)
{
    char *buffer = NULL;
    const struct elbow_place *place = &comm->place;
    bool takes_part = place->node_rank == 0 && place->nodes > 1;
    if (takes_part)
        elbow_allocate(&buffer, PING_BYTES, 1, "a measurement of the network", error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK) {
        elbow_release(&buffer);
        return error->status;
    }
    for (int r = 1; r < place->size && takes_part; ++r) {
        bool is_mine = r == place->rank;
        if (comm->node_rank_of[r] != 0 || (place->rank != 0 && !is_mine))
            continue;
        double latency = ping(comm, is_mine ? 0 : r, !is_mine, buffer, 0, PINGS);
        double seconds = ping(comm, is_mine ? 0 : r, !is_mine, buffer, PING_BYTES, BIG_PINGS);
        if (!is_mine)
            continue;
        node->network_latency = latency;
        node->network_per_second = PING_BYTES / seconds;
    }
    elbow_release(&buffer);
    elbow_comm_barrier(comm);
    return ELBOW_OK;
}

// Collective. The first rank of each node hands its own to rank zero.
static enum elbow_status gather_nodes(struct elbow_comm *comm, const struct elbow_machine_node *mine,
                                      struct elbow_machine_node **nodes, struct elbow_error *error)
{
    const struct elbow_place *place = &comm->place;
    size_t *first = NULL;
    elbow_allocate(&first, (size_t)place->size + 1, sizeof *first, "the nodes", error);
    if (error->status == ELBOW_OK && place->rank == 0)
        elbow_allocate(nodes, (size_t)place->nodes, sizeof **nodes, "the nodes", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        for (int r = 0; r < place->size; ++r)
            first[r + 1] = first[r] + (comm->node_rank_of[r] == 0);
        elbow_comm_gather(comm, mine, sizeof *mine, first, *nodes);
    }
    elbow_release(&first);
    return error->status;
}

enum elbow_status elbow_machine_look(struct elbow_comm *comm, int threads, struct elbow_machine_node **nodes,
                                     struct elbow_error *error)
{
    struct elbow_machine_node mine = {.ranks = comm->place.node_size, .memory = elbow_comm_node_memory()};
    *nodes = NULL;
    *error = (struct elbow_error){0};
    if (gethostname(mine.host, sizeof mine.host - 1) != 0)
        snprintf(mine.host, sizeof mine.host, "node %d", comm->place.node);
    look_at_shared_memory(&mine);
    enum elbow_status status = elbow_binding_of_node(comm, threads, &mine.binding, error);
    if (status == ELBOW_OK)
        status = measure_memory(comm, &mine.memory_per_second, error);
    if (status == ELBOW_OK)
        status = measure_network(comm, &mine, error);
    return status == ELBOW_OK ? gather_nodes(comm, &mine, nodes, error) : status;
}
