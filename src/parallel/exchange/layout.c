// SPDX-License-Identifier: BSD-3-Clause
// What follows from who is where: groups, plans, slices, the inbox, and where all of it lies in a group's memory.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/shared.h"

float *elbow_exchange_buffer(const struct elbow_exchange *exchange, int rank, int i)
{
    int member = rank - exchange->group_first[exchange->my_group];
    return exchange->gradients + ((size_t)member * (size_t)exchange->subtrees + (size_t)i) * exchange->stride;
}

float *elbow_exchange_sum(const struct elbow_exchange *exchange, struct elbow_piece piece)
{
    return elbow_exchange_buffer(exchange, exchange->comm->place.rank, 0) + piece.first;
}

// The groups: nodes, or single ranks.
static enum elbow_status make_groups(struct elbow_exchange *exchange, bool grouped, struct elbow_error *error)
{
    const struct elbow_comm *comm = exchange->comm;
    int size = comm->place.size;
    exchange->grouped = grouped;
    exchange->groups = grouped ? comm->place.nodes : size;
    exchange->my_group = grouped ? comm->place.node : comm->place.rank;
    enum elbow_status status =
        elbow_allocate(&exchange->group_first, (size_t)exchange->groups + 1, sizeof(int), "groups", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        exchange->group_first[(grouped ? comm->node_of[r] : r) + 1] = r + 1;
    return ELBOW_OK;
}

// Makes both plans and takes the sizes of the buffers from them.
static enum elbow_status make_plans(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int size = exchange->comm->place.size;
    uint64_t leaves = 1;
    exchange->subtrees = 0;
    for (int i = 0; i < 2; ++i) {
        struct elbow_plan *plan = &exchange->plans[i];
        uint64_t all = exchange->sizes.microbatches, microbatches = i == 0 ? all : exchange->sizes.last;
        enum elbow_status status =
            elbow_plan_create(plan, microbatches, exchange->sizes.is_fixed ? all : microbatches, exchange->groups,
                              exchange->group_first, exchange->my_group, error);
        if (status != ELBOW_OK)
            return status;
        for (int r = 0; r < size; ++r)
            if (plan->first[r + 1] - plan->first[r] > exchange->subtrees)
                exchange->subtrees = plan->first[r + 1] - plan->first[r];
        for (int k = 0; k < plan->count; ++k)
            if (plan->subtrees[k].last - plan->subtrees[k].first > leaves)
                leaves = plan->subtrees[k].last - plan->subtrees[k].first;
    }
    exchange->scratches = elbow_partition_depth(leaves) - 1;
    return ELBOW_OK;
}

// What all ranks hold, and this one's pieces.
static enum elbow_status make_slices(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int size = exchange->comm->place.size, me = exchange->comm->place.rank, buckets = exchange->cut.buckets;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(exchange->held, (size_t)size + 1),
        ELBOW_ARRAY(exchange->held_blocks, (size_t)size + 1),
        ELBOW_ARRAY(exchange->block_of, exchange->cut.blocks),
        ELBOW_ARRAY(exchange->pieces, (size_t)buckets),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "slices", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r) {
        size_t parameters = exchange->held[r], blocks = exchange->held_blocks[r];
        for (int k = 0; k < buckets; ++k) {
            struct elbow_range piece = elbow_cut_piece(&exchange->cut, k, r);
            size_t count = (size_t)(piece.last - piece.first);
            if (r == me)
                exchange->pieces[k] = (struct elbow_piece){
                    .first = (size_t)piece.first, .count = count, .offset = parameters - exchange->held[r]};
            parameters += count;
            for (uint64_t at = piece.first; at < piece.last; at += ELBOW_BLOCK)
                exchange->block_of[blocks++] = (size_t)at / ELBOW_BLOCK;
        }
        exchange->held[r + 1] = parameters;
        exchange->held_blocks[r + 1] = blocks;
    }
    return ELBOW_OK;
}

// The groups whose parameters of a bucket are waited for.
static enum elbow_status make_owners(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int buckets = exchange->cut.buckets, count = 0;
    enum elbow_status status =
        elbow_allocate(&exchange->owner_first, (size_t)buckets + 1, sizeof(int), "buckets", error);
    for (int pass = 0; pass < 2 && status == ELBOW_OK; ++pass) {
        count = 0;
        for (int k = 0; k < buckets; ++k) {
            for (int g = 0; g < exchange->groups; ++g) {
                struct elbow_range part = elbow_cut_part(&exchange->cut, k, g);
                if (part.last > part.first && pass == 1)
                    exchange->owners[count] = g;
                count += part.last > part.first;
            }
            exchange->owner_first[k + 1] = count;
        }
        if (pass == 0)
            status = elbow_allocate(&exchange->owners, (size_t)count, sizeof(int), "buckets", error);
    }
    return status;
}

// Where what other groups send is laid down: their terms of one bucket side by side.
static enum elbow_status make_inbox(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int buckets = exchange->cut.buckets, foreign = 0;
    for (int i = 0; i < 2; ++i) {
        const struct elbow_plan *plan = &exchange->plans[i];
        int own = plan->group[exchange->my_group + 1] - plan->group[exchange->my_group];
        foreign = plan->terms - own > foreign ? plan->terms - own : foreign;
    }
    enum elbow_status status =
        elbow_allocate(&exchange->inbox_first, (size_t)buckets + 1, sizeof(size_t), "buckets", error);
    if (status != ELBOW_OK)
        return status;
    for (int k = 0; k < buckets; ++k) {
        struct elbow_range part = elbow_cut_part(&exchange->cut, k, exchange->my_group);
        exchange->inbox_first[k + 1] = exchange->inbox_first[k] + (size_t)foreign * (size_t)(part.last - part.first);
    }
    return ELBOW_OK;
}

void elbow_layout_clear(struct elbow_exchange *exchange)
{
    elbow_plan_clear(&exchange->plans[0]);
    elbow_plan_clear(&exchange->plans[1]);
    elbow_cut_clear(&exchange->cut);
    elbow_release(&exchange->group_first);
    elbow_release(&exchange->held);
    elbow_release(&exchange->held_blocks);
    elbow_release(&exchange->block_of);
    elbow_release(&exchange->owner_first);
    elbow_release(&exchange->owners);
    elbow_release(&exchange->pieces);
    elbow_release(&exchange->inbox_first);
}

// Local. Everything that follows from what the groups are.
static enum elbow_status arrange(struct elbow_exchange *exchange, bool grouped, struct elbow_error *error)
{
    elbow_layout_clear(exchange);
    enum elbow_status status = make_groups(exchange, grouped, error);
    if (status == ELBOW_OK)
        status = make_plans(exchange, error);
    if (status == ELBOW_OK)
        status = elbow_cut_create(&exchange->cut, &exchange->sizes, exchange->groups, exchange->group_first, error);
    if (status == ELBOW_OK)
        status = make_slices(exchange, error);
    if (status == ELBOW_OK)
        status = make_owners(exchange, error);
    if (status == ELBOW_OK)
        status = make_inbox(exchange, error);
    return status;
}

// Where the parts of a group's memory begin, in bytes.
struct layout {
    size_t applied, arrived, statistics, norms, parameters, inbox, gradients, size;
};

static size_t aligned(size_t bytes)
{
    return (bytes + ELBOW_ALIGNMENT - 1) / ELBOW_ALIGNMENT * ELBOW_ALIGNMENT;
}

int elbow_layout_members(const struct elbow_exchange *exchange)
{
    return exchange->group_first[exchange->my_group + 1] - exchange->group_first[exchange->my_group];
}

static struct layout layout_of(const struct elbow_exchange *exchange)
{
    size_t members = (size_t)elbow_layout_members(exchange), buffers = members * (size_t)exchange->subtrees;
    size_t buckets = (size_t)exchange->cut.buckets, groups = (size_t)exchange->groups;
    struct layout layout;
    layout.applied = 2 * members * sizeof(struct elbow_meeting_slot); // after the meeting's and the ready ones
    layout.arrived = layout.applied + members * sizeof(struct elbow_meeting_slot);
    layout.statistics = aligned(layout.arrived + 2 * buckets * groups * sizeof(atomic_uint_least64_t));
    layout.norms = aligned(layout.statistics + buffers * exchange->sizes.statistics * sizeof(double));
    layout.parameters = aligned(layout.norms + exchange->cut.blocks * sizeof(double));
    layout.inbox = layout.parameters + exchange->stride * sizeof(float);
    layout.gradients = aligned(layout.inbox + exchange->inbox_first[buckets] * sizeof(float));
    layout.size = layout.gradients + buffers * exchange->stride * sizeof(float);
    return layout;
}

static void lay_out(struct elbow_exchange *exchange)
{
    struct layout layout = layout_of(exchange);
    int members = elbow_layout_members(exchange);
    char *base = exchange->memory.base;
    struct elbow_meeting_slot *slots = exchange->memory.base;
    exchange->ready = slots + members;
    exchange->applied = slots + 2 * (ptrdiff_t)members;
    exchange->arrived = (atomic_uint_least64_t *)(base + layout.arrived);
    exchange->delivered = exchange->arrived + (ptrdiff_t)exchange->cut.buckets * exchange->groups;
    exchange->statistics = (double *)(base + layout.statistics);
    exchange->posted_norms = (double *)(base + layout.norms);
    exchange->parameters = (float *)(base + layout.parameters);
    exchange->inbox = (float *)(base + layout.inbox);
    exchange->gradients = (float *)(base + layout.gradients);
    exchange->meeting = (struct elbow_meeting){.comm = exchange->comm,
                                               .slots = slots,
                                               .members = members,
                                               .me = exchange->grouped ? exchange->comm->place.node_rank : 0};
}

enum elbow_status elbow_layout_measure(struct elbow_exchange *exchange, struct elbow_exchange_need *need,
                                       struct elbow_error *error)
{
    *need = (struct elbow_exchange_need){0};
    enum elbow_status status = arrange(exchange, false, error);
    if (status != ELBOW_OK)
        return status;
    need->private_per_rank = layout_of(exchange).size;
    status = arrange(exchange, true, error);
    if (status == ELBOW_OK)
        need->shared_per_node = layout_of(exchange).size;
    need->beside_per_rank = (uint64_t)exchange->scratches * exchange->stride * sizeof(float);
    return status;
}

enum elbow_status elbow_layout_create(struct elbow_exchange *exchange, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    struct elbow_exchange_need need;
    elbow_layout_measure(exchange, &need, error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = elbow_comm_share(comm, need.shared_per_node, need.private_per_rank, "the parameters and gradients",
                                  log, &exchange->memory, error);
    if (status != ELBOW_OK)
        return status;
    if (!exchange->memory.is_shared)
        arrange(exchange, false, error);
    status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        lay_out(exchange);
    return status;
}
