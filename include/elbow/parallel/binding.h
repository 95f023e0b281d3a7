// SPDX-License-Identifier: BSD-3-Clause
// The cores that the ranks of a node may run on, and whether they suffice for their threads.
#ifndef ELBOW_PARALLEL_BINDING_H
#define ELBOW_PARALLEL_BINDING_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum { ELBOW_MASK_BYTES = 1024 }; // one bit per core: the maximum of Linux

struct elbow_binding {
    int least, most; // cores that a rank may run on: least and most over the ranks
    int cores;       // cores that the ranks may run on together
    int share;       // cores that each rank can have for itself; 0 if there are too few
    int crowded_ranks,
        crowded_cores; // this number of ranks shares this number of cores; 0 if each thread can have its own
};

// Local. The binding of `ranks` ranks of `threads` threads each by their masks (ranks, ELBOW_MASK_BYTES).
struct elbow_binding elbow_binding_judge(int ranks, int threads, const unsigned char *masks);

// Collective. The binding of this rank's node.
enum elbow_status elbow_binding_of_node(struct elbow_comm *comm, int threads, struct elbow_binding *binding,
                                        struct elbow_error *error);

// Collective. The binding of the node with the fewest cores per thread (the first of several); least, most and share
// are over all nodes.
enum elbow_status elbow_binding_find(struct elbow_comm *comm, int threads, struct elbow_binding *binding,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
