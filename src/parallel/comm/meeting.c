// SPDX-License-Identifier: BSD-3-Clause
// Meetings. A member raises its own counter and reads the others'; a counter never falls, so a meeting cannot be
// confused with the next.
#include "elbow/parallel/detail/meeting.h"

static bool all_have_come(void *user)
{
    const struct elbow_meeting *meeting = user;
    for (int i = 0; i < meeting->members; ++i)
        if (atomic_load_explicit(&meeting->slots[i].count, memory_order_acquire) < meeting->turn)
            return false;
    return true;
}

void elbow_meeting_attend(struct elbow_meeting *meeting)
{
    meeting->turn += 1;
    atomic_store_explicit(&meeting->slots[meeting->me].count, meeting->turn, memory_order_release);
    elbow_comm_wait_until(meeting->comm, all_have_come, meeting);
}
