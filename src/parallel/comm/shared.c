// SPDX-License-Identifier: BSD-3-Clause
// Memory shared inside a node, and how much there is. A window that does not fit in /dev/shm makes
// MPI_Win_allocate_shared hang, so rank zero of the node tries the room out with a file of the full size first.
#include "elbow/parallel/shared.h"

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Open MPI rounds segments up and adds its own state.
static const size_t WINDOW_OVERHEAD = 1 << 20;

// 0, or why `bytes` of shared memory cannot be had.
static int probe(size_t bytes)
{
    char path[] = "/dev/shm/elbow-probe-XXXXXX";
    int file = mkstemp(path);
    if (file < 0)
        return errno;
    unlink(path);
    int trouble;
    do // a signal that asks the run to stop says nothing of the room
        trouble = posix_fallocate(file, 0, (off_t)(bytes + WINDOW_OVERHEAD));
    while (trouble == EINTR);
    close(file);
    return trouble;
}

// The same verdict on all ranks: the room is there on every node. *trouble: an errno of some node where it is not.
static bool room_everywhere(struct elbow_comm *comm, size_t bytes, int *trouble)
{
    int mine = comm->place.node_rank == 0 ? probe(bytes) : 0;
    MPI_Allreduce(&mine, trouble, 1, MPI_INT, MPI_MAX, comm->world);
    return *trouble == 0;
}

static void share_window(struct elbow_comm *comm, size_t bytes, struct elbow_shared *shared)
{
    MPI_Win window;
    MPI_Aint mine = comm->place.node_rank == 0 ? (MPI_Aint)bytes + ELBOW_ALIGNMENT : 0, size;
    int unit;
    char *base;
    MPI_Win_allocate_shared(mine, 1, MPI_INFO_NULL, comm->node, &base, &window);
    MPI_Win_shared_query(window, 0, &size, &unit, &base);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, window);
    // Ranks map the window at different addresses, all of them whole pages apart: the same shift aligns all.
    size_t shift = (ELBOW_ALIGNMENT - (uintptr_t)base % ELBOW_ALIGNMENT) % ELBOW_ALIGNMENT;
    if (comm->place.node_rank == 0)
        memset(base, 0, bytes + ELBOW_ALIGNMENT);
    shared->base = base + shift;
    shared->bytes = bytes;
    shared->is_shared = true;
    _Static_assert(sizeof(MPI_Win) <= sizeof(void *), "an MPI handle fits in a pointer");
    memcpy(&shared->window, &window, sizeof window);
    elbow_comm_node_barrier(comm);
}

// Collective. MEMORY if `bytes` are more than some node has free.
static enum elbow_status fits_everywhere(struct elbow_comm *comm, uint64_t bytes, const char *what,
                                         struct elbow_error *error)
{
    uint64_t free_bytes = elbow_comm_node_memory();
    *error = (struct elbow_error){0};
    if (comm->place.node_rank == 0 && bytes > free_bytes)
        elbow_error_set(error, ELBOW_MEMORY, "%s: needs %s on every node, but only %s are free on node %d", what,
                        elbow_text_bytes(bytes).text, elbow_text_bytes(free_bytes).text, comm->place.node);
    return elbow_comm_agree(comm, error);
}

enum elbow_status elbow_comm_share(struct elbow_comm *comm, size_t bytes, size_t private_bytes, const char *what,
                                   struct elbow_log *log, struct elbow_shared *shared, struct elbow_error *error)
{
    *shared = (struct elbow_shared){0};
    if (fits_everywhere(comm, bytes, what, error) != ELBOW_OK)
        return error->status;
    int trouble = 0, several = comm->place.node_size > 1;
    MPI_Allreduce(MPI_IN_PLACE, &several, 1, MPI_INT, MPI_MAX, comm->world);
    if (several && room_everywhere(comm, bytes, &trouble)) {
        share_window(comm, bytes, shared);
        return ELBOW_OK;
    }
    if (several)
        elbow_log_warn(
            log, "shared memory for %s (%s a node) is not available in /dev/shm (%s): every rank uses its own copy",
            what, elbow_text_bytes(bytes).text, strerror(trouble));
    if (fits_everywhere(comm, (uint64_t)private_bytes * (uint64_t)comm->place.node_size, what, error) != ELBOW_OK)
        return error->status;
    elbow_allocate(&shared->base, private_bytes, 1, what, error);
    shared->bytes = private_bytes;
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        elbow_release(&shared->base);
    return error->status;
}

void elbow_comm_unshare(struct elbow_comm *comm, struct elbow_shared *shared)
{
    if (shared->is_shared) {
        MPI_Win window;
        memcpy(&window, &shared->window, sizeof window);
        elbow_comm_node_barrier(comm);
        MPI_Win_unlock_all(window);
        MPI_Win_free(&window);
    } else {
        elbow_release(&shared->base);
    }
    *shared = (struct elbow_shared){0};
}
