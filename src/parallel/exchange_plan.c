// SPDX-License-Identifier: BSD-3-Clause
// Plans: the subtrees of all ranks, from left to right, and the order in which they are added.
#include "exchange_private.h"

#include "elbow/base/memory.h"

enum elbow_status elbow_plan_create(struct elbow_plan *plan, uint64_t microbatches, int size, struct elbow_error *error)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    plan->microbatches = microbatches;
    enum elbow_status status = elbow_allocate(&plan->first, (size_t)size + 1, sizeof *plan->first, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        plan->first[r + 1] =
            plan->first[r] + elbow_partition_subtrees(microbatches, elbow_partition(microbatches, r, size), subtrees);
    plan->count = plan->first[size];
    status = elbow_allocate(&plan->subtrees, (size_t)plan->count, sizeof *plan->subtrees, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_allocate(&plan->additions, (size_t)plan->count, sizeof *plan->additions, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        elbow_partition_subtrees(microbatches, elbow_partition(microbatches, r, size), plan->subtrees + plan->first[r]);
    elbow_partition_additions(microbatches, plan->subtrees, plan->count, plan->additions);
    return ELBOW_OK;
}

void elbow_plan_clear(struct elbow_plan *plan)
{
    elbow_release(&plan->first);
    elbow_release(&plan->subtrees);
    elbow_release(&plan->additions);
}
