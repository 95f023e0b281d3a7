// SPDX-License-Identifier: BSD-3-Clause
// A meeting point in shared memory: the ranks of a node announce their arrival and wait for the others, without a
// message.
#ifndef ELBOW_PARALLEL_DETAIL_MEETING_H
#define ELBOW_PARALLEL_DETAIL_MEETING_H

#include "elbow/parallel/detail/comm.h"

#include "elbow/base/memory.h"

#include <stdatomic.h>

// One rank's counter of meetings, alone on its cache line.
struct elbow_meeting_slot {
    atomic_uint_least64_t count;
    char padding[ELBOW_ALIGNMENT - sizeof(atomic_uint_least64_t)];
};

struct elbow_meeting {
    struct elbow_comm *comm;          // not owned
    struct elbow_meeting_slot *slots; // [members] in shared memory, zeroed at the start; not owned
    int members, me;
    uint64_t turn;
};

// Collective among the members, main thread. Returns when all members have come as often as this one. Their earlier
// writes are then visible.
void elbow_meeting_attend(struct elbow_meeting *meeting);

#endif
