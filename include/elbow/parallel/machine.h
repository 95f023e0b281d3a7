// SPDX-License-Identifier: BSD-3-Clause
// The environment of a run: the MPI library, the nodes with their ranks, cores and memory, and bandwidths. For advice,
// not for decisions: nothing here changes a run.
#ifndef ELBOW_PARALLEL_MACHINE_H
#define ELBOW_PARALLEL_MACHINE_H

#include "elbow/base/language.h"
#include "elbow/parallel/binding.h"

ELBOW_C_BEGIN

enum { ELBOW_MACHINE_NAME_SIZE = 64, ELBOW_MACHINE_LIBRARY_SIZE = 128 };

// A node.
struct elbow_machine_node {
    char host[ELBOW_MACHINE_NAME_SIZE];
    int ranks;
    struct elbow_binding binding;
    uint64_t memory;           // bytes that are still available
    uint64_t shared;           // of them in /dev/shm; 0 without such a directory
    uint64_t shared_all;       // total bytes of /dev/shm
    double memory_per_second;  // bytes per second of all its ranks together
    double network_per_second; // bytes per second from rank zero's node to this one, 0 for that node itself
    double network_latency;    // seconds of an empty message, one way
};

// Local. "Open MPI 4.1.4 (MPI 3.1)".
void elbow_machine_library(char text[ELBOW_MACHINE_LIBRARY_SIZE]);

// Collective. Examines all nodes, for ranks of `threads` threads, and measures: takes about a second. Rank zero gets a
// list of place.nodes nodes (NULL elsewhere), which is released with elbow_release. MEMORY.
enum elbow_status elbow_machine_look(struct elbow_comm *comm, int threads, struct elbow_machine_node **nodes,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
