// SPDX-License-Identifier: BSD-3-Clause
// Memory that the ranks of a node share.
#ifndef ELBOW_PARALLEL_SHARED_H
#define ELBOW_PARALLEL_SHARED_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Memory of a node, or private memory where that cannot be had. Zeroed.
struct elbow_shared {
    void *base; // the same bytes for all ranks of the node
    size_t bytes;
    bool is_shared; // false: every rank has a copy of its own
    void *window;   // MPI's handle, private
};

// Collective, main thread. Memory of `bytes` on each node, for its ranks together. Rank zero of each node probes with
// posix_fallocate in /dev/shm whether the room is there before MPI_Win_allocate_shared (which hangs if not). Where it
// is missing on any node, all ranks take `private_bytes` of their own and one warning tells, naming `what`. MEMORY,
// with both figures, if a node has less free than that takes. Any thread may read and write the memory; two ranks that
// touch the same bytes need a meeting in between.
enum elbow_status elbow_comm_share(struct elbow_comm *comm, size_t bytes, size_t private_bytes, const char *what,
                                   struct elbow_log *log, struct elbow_shared *shared, struct elbow_error *error);

// Collective, main thread. Gives it back; a zeroed struct is legal.
void elbow_comm_unshare(struct elbow_comm *comm, struct elbow_shared *shared);

// Local, any thread. Bytes that this node can still give: what the kernel calls available, or less where a control
// group of this process (a job's, a container's) has a limit.
uint64_t elbow_comm_node_memory(void);

ELBOW_C_END

#endif
