// SPDX-License-Identifier: BSD-3-Clause
// Binding: masks as the kernel tells them (sched_getaffinity), compared inside each node.
#include "elbow/parallel/binding.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

#include <limits.h>
#include <sched.h>
#include <string.h>

static int count_bits(const unsigned char *mask)
{
    int bits = 0;
    for (int i = 0; i < ELBOW_MASK_BYTES; ++i)
        bits += __builtin_popcount(mask[i]);
    return bits;
}

static bool lies_within(const unsigned char *mask, const unsigned char *other)
{
    for (int i = 0; i < ELBOW_MASK_BYTES; ++i)
        if ((mask[i] & ~other[i]) != 0)
            return false;
    return true;
}

// Threads that have no core of their own.
static int excess_of(const struct elbow_binding *binding, int threads)
{
    return binding->crowded_ranks * threads - binding->crowded_cores;
}

// Notes that `ranks` ranks have no more than `cores` cores, if that is worse than what is known.
static void note_crowd(struct elbow_binding *binding, int ranks, int threads, int cores)
{
    binding->share = cores / ranks < binding->share ? cores / ranks : binding->share;
    int excess = ranks * threads - cores;
    if (excess <= 0 || excess <= excess_of(binding, threads))
        return;
    binding->crowded_ranks = ranks;
    binding->crowded_cores = cores;
}

struct elbow_binding elbow_binding_judge(int ranks, int threads, const unsigned char *masks)
{
    struct elbow_binding binding = {.share = INT_MAX};
    unsigned char together[ELBOW_MASK_BYTES] = {0};
    for (int r = 0; r < ranks; ++r) {
        const unsigned char *mask = masks + (size_t)r * ELBOW_MASK_BYTES;
        int cores = count_bits(mask), within = 0;
        for (int q = 0; q < ranks; ++q)
            within += lies_within(masks + (size_t)q * ELBOW_MASK_BYTES, mask);
        for (int i = 0; i < ELBOW_MASK_BYTES; ++i)
            together[i] |= mask[i];
        note_crowd(&binding, within, threads, cores);
        binding.least = r == 0 || cores < binding.least ? cores : binding.least;
        binding.most = cores > binding.most ? cores : binding.most;
    }
    binding.cores = count_bits(together);
    note_crowd(&binding, ranks, threads, binding.cores);
    return binding;
}

enum elbow_status elbow_binding_of_node(struct elbow_comm *comm, int threads, struct elbow_binding *binding,
                                        struct elbow_error *error)
{
    // An unsigned long each: the kernel refuses masks that are not made of them.
    unsigned long mine[ELBOW_MASK_BYTES / sizeof(unsigned long)] = {0};
    unsigned char *masks = NULL;
    *error = (struct elbow_error){0};
    elbow_allocate(&masks, (size_t)comm->place.node_size, ELBOW_MASK_BYTES, "the binding of the ranks", error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK) {
        elbow_release(&masks);
        return error->status;
    }
    sched_getaffinity(0, sizeof mine, (cpu_set_t *)mine);
    MPI_Allgather(mine, ELBOW_MASK_BYTES, MPI_BYTE, masks, ELBOW_MASK_BYTES, MPI_BYTE, comm->node);
    *binding = elbow_binding_judge(comm->place.node_size, threads, masks);
    elbow_release(&masks);
    return ELBOW_OK;
}

enum elbow_status elbow_binding_find(struct elbow_comm *comm, int threads, struct elbow_binding *binding,
                                     struct elbow_error *error)
{
    if (elbow_binding_of_node(comm, threads, binding, error) != ELBOW_OK)
        return error->status;
    double range[] = {-binding->least, binding->most, -binding->share};
    elbow_comm_max(comm, range, 3);
    struct {
        int excess, rank;
    } crowd = {excess_of(binding, threads), comm->place.rank}, worst;
    MPI_Allreduce(&crowd, &worst, 1, MPI_2INT, MPI_MAXLOC, comm->world);
    MPI_Bcast(binding, sizeof *binding, MPI_BYTE, worst.rank, comm->world);
    binding->least = (int)-range[0];
    binding->most = (int)range[1];
    binding->share = (int)-range[2];
    return ELBOW_OK;
}
