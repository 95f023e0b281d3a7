// SPDX-License-Identifier: BSD-3-Clause
// Memory that the ranks of a node share.
#ifndef ELBOW_PARALLEL_SHARED_H
#define ELBOW_PARALLEL_SHARED_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Memory of a node, or private memory if that is not available. Zeroed.
struct elbow_shared {
    void *base; // the same bytes for all ranks of the node
    size_t bytes;
    bool is_shared; // false: every rank has its own copy
    void *window;   // MPI's handle, private
};

// Collective, main thread. Memory of `bytes` on each node, for its ranks together. Rank zero of each node checks with
// posix_fallocate in /dev/shm that there is space before MPI_Win_allocate_shared (which hangs otherwise). If it is
// missing on any node, all ranks allocate `private_bytes` of their own and one warning names `what`. MEMORY, with both
// figures, if a node has too little free memory for that. Any thread may read and write the memory; two ranks that
// access the same bytes need a meeting in between.
enum elbow_status elbow_comm_share(struct elbow_comm *comm, size_t bytes, size_t private_bytes, const char *what,
                                   struct elbow_log *log, struct elbow_shared *shared, struct elbow_error *error);

// Collective, main thread. Releases it; a zeroed struct is legal.
void elbow_comm_unshare(struct elbow_comm *comm, struct elbow_shared *shared);

// Local, any thread. Bytes that are available on this node: as the kernel reports, or less if a control group of this
// process (of a job or a container) has a limit.
uint64_t elbow_comm_node_memory(void);

ELBOW_C_END

#endif
