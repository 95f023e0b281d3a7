// SPDX-License-Identifier: BSD-3-Clause
// Rows that are not all in the memory of each node: those of a rank's microbatches are read once and kept, or read
// ahead of their use.
#include "elbow/train/detail/engine.h"

#include "elbow/data/pages.h"

// The segments of the rows that this rank uses: all, if pages are dealt again in each epoch and the rank keeps them.
static struct elbow_range segments_of(const struct elbow_train_plan *plan)
{
    uint64_t segments = elbow_page_order_segments(plan->page_order);
    bool keeps_all = plan->train.place == ELBOW_ACCESS_SHARD && plan->config.data.order == ELBOW_ORDER_WINDOWS;
    return keeps_all ? (struct elbow_range){0, segments}
                     : elbow_partition(segments, plan->place.rank, plan->place.size);
}

enum elbow_status elbow_engine_read(struct elbow_engine *engine, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_pages *pages = plan->train.pages;
    *error = (struct elbow_error){0};
    if (pages == NULL)
        return ELBOW_OK;
    if (plan->train.place == ELBOW_ACCESS_SHARD)
        elbow_pages_keep_all(pages, plan->page_order, segments_of(plan), error);
    else
        elbow_pages_follow(pages, plan->page_order, segments_of(plan), engine->state.step, true, error);
    return elbow_comm_agree(plan->comm, error);
}
