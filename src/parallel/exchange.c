// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange.
//
// Ranks form groups: the nodes, or single ranks where memory cannot be shared. Inside a group gradients and parameters
// lie in one window. A step goes through these points, each of which all ranks (of the group or of the run) have to
// reach:
//   1. every rank of the group has left its subtree sums in its buffers, and no longer reads the parameters;
//   2. every owner has added its blocks; statistics and norms are known everywhere. Buffers may be filled again;
//   3. every owner has written its slice into its group's parameters, and the slices of other groups have come in.
#include "exchange_private.h"

#include "elbow/base/memory.h"

#include <string.h>

bool elbow_exchange_is_near(const struct elbow_exchange *exchange, int rank)
{
    struct elbow_comm *comm = exchange->comm;
    return rank == comm->place.rank || (exchange->grouped && comm->node_of[rank] == comm->place.node);
}

struct elbow_range elbow_exchange_slice(const struct elbow_exchange *exchange, int rank)
{
    size_t first = exchange->blocks[rank] * ELBOW_BLOCK, last = exchange->blocks[rank + 1] * ELBOW_BLOCK;
    size_t size = exchange->sizes.parameters;
    return (struct elbow_range){first < size ? first : size, last < size ? last : size};
}

size_t elbow_exchange_slice_size(const struct elbow_exchange *exchange, int rank)
{
    struct elbow_range slice = elbow_exchange_slice(exchange, rank);
    return (size_t)(slice.last - slice.first);
}

// Makes both plans and takes the sizes of the buffers from them.
static enum elbow_status make_plans(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int size = exchange->comm->place.size;
    uint64_t leaves = 1;
    for (int i = 0; i < 2; ++i) {
        struct elbow_plan *plan = &exchange->plans[i];
        enum elbow_status status =
            elbow_plan_create(plan, i == 0 ? exchange->sizes.microbatches : exchange->sizes.last, size, error);
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

// Tables of who owns what and whose buffers lie where.
static enum elbow_status make_tables(struct elbow_exchange *exchange, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    size_t size = (size_t)comm->place.size;
    size_t blocks = (exchange->sizes.parameters + ELBOW_BLOCK - 1) / ELBOW_BLOCK;
    enum elbow_status status = elbow_allocate(&exchange->blocks, size + 1, sizeof(size_t), "slices", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < comm->place.size; ++r)
        exchange->blocks[r + 1] = (size_t)elbow_partition(blocks, r, comm->place.size).last;
    return ELBOW_OK;
}

// Where the parts of a group's memory begin, in bytes, for so many members.
struct layout {
    size_t statistics, norms, parameters, gradients, size;
};

static size_t aligned(size_t bytes)
{
    return (bytes + ELBOW_ALIGNMENT - 1) / ELBOW_ALIGNMENT * ELBOW_ALIGNMENT;
}

static struct layout layout_for(const struct elbow_exchange *exchange, int members)
{
    size_t buffers = (size_t)members * (size_t)exchange->subtrees;
    size_t blocks = exchange->blocks[exchange->comm->place.size];
    struct layout layout;
    layout.statistics = (size_t)members * sizeof(struct elbow_meeting_slot);
    layout.norms = aligned(layout.statistics + buffers * exchange->sizes.statistics * sizeof(double));
    layout.parameters = aligned(layout.norms + blocks * sizeof(double));
    layout.gradients = layout.parameters + exchange->stride * sizeof(float);
    layout.size = layout.gradients + buffers * exchange->stride * sizeof(float);
    return layout;
}

// Collective. The group's memory: groups are nodes if it can be shared.
static enum elbow_status make_memory(struct elbow_exchange *exchange, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    size_t shared = layout_for(exchange, comm->place.node_size).size, private = layout_for(exchange, 1).size;
    enum elbow_status status =
        elbow_comm_share(comm, shared, private, "the parameters and gradients", log, &exchange->memory, error);
    if (status != ELBOW_OK)
        return status;
    exchange->grouped = exchange->memory.is_shared;
    int members = exchange->grouped ? comm->place.node_size : 1;
    struct layout layout = layout_for(exchange, members);
    char *base = exchange->memory.base;
    exchange->statistics = (double *)(base + layout.statistics);
    exchange->posted_norms = (double *)(base + layout.norms);
    exchange->parameters = (float *)(base + layout.parameters);
    exchange->gradients = (float *)(base + layout.gradients);
    exchange->meeting = (struct elbow_meeting){.comm = comm,
                                               .slots = exchange->memory.base,
                                               .members = members,
                                               .me = exchange->grouped ? comm->place.node_rank : 0};
    return ELBOW_OK;
}

// Private buffers, once it is known whether memory is shared.
static enum elbow_status make_buffers(struct elbow_exchange *exchange, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    int first = exchange->plans[0].count, second = exchange->plans[1].count;
    size_t most = (size_t)(first > second ? first : second), size = (size_t)comm->place.size, foreign = 0;
    size_t slice = elbow_exchange_slice_size(exchange, comm->place.rank), subtrees = (size_t)exchange->subtrees;
    for (int r = 0; r < comm->place.size; ++r)
        foreign += !elbow_exchange_is_near(exchange, r);
    struct {
        void *pointer;
        size_t count, size;
        const char *what;
    } wanted[] = {
        {&exchange->scratch, (size_t)exchange->scratches * exchange->stride, sizeof(float), "gradients"},
        {&exchange->tiles, ((size_t)elbow_partition_depth(most) + 1) * ELBOW_BLOCK, sizeof(float), "partial sums"},
        {&exchange->values, most, sizeof(float *), "partial sums"},
        {&exchange->standing, most, sizeof(float *), "partial sums"},
        {&exchange->inbox, foreign * subtrees * slice, sizeof(float), "other nodes' gradients"},
        {&exchange->norms, exchange->blocks[comm->place.size], sizeof(double), "norms"},
        {&exchange->gathered, size * subtrees * exchange->sizes.statistics, sizeof(double), "statistics"},
        {&exchange->requests, 2 * foreign * subtrees + 2 * size, sizeof(MPI_Request), "requests"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        enum elbow_status status =
            elbow_allocate(wanted[i].pointer, wanted[i].count, wanted[i].size, wanted[i].what, error);
        if (status != ELBOW_OK)
            return status;
    }
    exchange->sum =
        elbow_exchange_buffer(exchange, comm->place.rank, 0) + elbow_exchange_slice(exchange, comm->place.rank).first;
    return ELBOW_OK;
}

enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **out, struct elbow_error *error)
{
    struct elbow_exchange *exchange = NULL;
    *out = NULL;
    *error = (struct elbow_error){0};
    ELBOW_CHECK(sizes.microbatches >= (uint64_t)comm->place.size && sizes.last > 0 && sizes.parameters > 0);
    if (elbow_allocate(&exchange, 1, sizeof *exchange, "the exchange", error) == ELBOW_OK) {
        exchange->comm = comm;
        exchange->sizes = sizes;
        exchange->stride = (sizes.parameters + 15) / 16 * 16;
        if (make_plans(exchange, error) == ELBOW_OK)
            make_tables(exchange, error);
    }
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    if (make_memory(exchange, log, error) != ELBOW_OK)
        goto failed;
    make_buffers(exchange, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    exchange->plan = &exchange->plans[0];
    *out = exchange;
    return ELBOW_OK;
failed:
    elbow_exchange_destroy(exchange);
    return error->status;
}

void elbow_exchange_destroy(struct elbow_exchange *exchange)
{
    if (exchange == NULL)
        return;
    elbow_comm_unshare(exchange->comm, &exchange->memory);
    elbow_plan_clear(&exchange->plans[0]);
    elbow_plan_clear(&exchange->plans[1]);
    elbow_release(&exchange->scratch);
    elbow_release(&exchange->blocks);
    elbow_release(&exchange->tiles);
    elbow_release(&exchange->values);
    elbow_release(&exchange->standing);
    elbow_release(&exchange->inbox);
    elbow_release(&exchange->norms);
    elbow_release(&exchange->gathered);
    elbow_release(&exchange->requests);
    elbow_release(&exchange);
}

const float *elbow_exchange_parameters(const struct elbow_exchange *exchange)
{
    return exchange->parameters;
}

void elbow_exchange_publish(struct elbow_exchange *exchange, const float *values)
{
    elbow_comm_barrier(exchange->comm);
    if (!exchange->grouped || exchange->comm->place.node_rank == 0)
        memcpy(exchange->parameters, values, exchange->sizes.parameters * sizeof(float));
    elbow_meeting_attend(&exchange->meeting);
    elbow_comm_barrier(exchange->comm);
}

int elbow_exchange_begin(struct elbow_exchange *exchange, uint64_t microbatches, struct elbow_range *subtrees)
{
    ELBOW_CHECK(microbatches == exchange->sizes.microbatches || microbatches == exchange->sizes.last);
    exchange->plan = &exchange->plans[microbatches == exchange->sizes.microbatches ? 0 : 1];
    int rank = exchange->comm->place.rank;
    int first = exchange->plan->first[rank], count = exchange->plan->first[rank + 1] - first;
    if (count > 0)
        memcpy(subtrees, exchange->plan->subtrees + first, (size_t)count * sizeof *subtrees);
    return count;
}

// The i-th gradient buffer of a rank of this group.
float *elbow_exchange_buffer(const struct elbow_exchange *exchange, int rank, int i)
{
    int member = exchange->grouped ? exchange->comm->node_rank_of[rank] : 0;
    return exchange->gradients + ((size_t)member * (size_t)exchange->subtrees + (size_t)i) * exchange->stride;
}

float *elbow_exchange_gradient(struct elbow_exchange *exchange, int i)
{
    ELBOW_CHECK(i >= 0 && i < exchange->subtrees);
    return elbow_exchange_buffer(exchange, exchange->comm->place.rank, i);
}

double *elbow_exchange_statistics(struct elbow_exchange *exchange, int i)
{
    ELBOW_CHECK(i >= 0 && i < exchange->subtrees);
    size_t slot = (size_t)exchange->meeting.me * (size_t)exchange->subtrees + (size_t)i;
    return exchange->statistics + slot * exchange->sizes.statistics;
}

float *elbow_exchange_scratch(struct elbow_exchange *exchange, int level)
{
    ELBOW_CHECK(level >= 1 && level <= exchange->scratches);
    return exchange->scratch + (size_t)(level - 1) * exchange->stride;
}

void elbow_exchange_disturb(struct elbow_exchange *exchange, uint64_t seed)
{
    exchange->disturbance = seed;
}

struct elbow_exchange_counts elbow_exchange_count(const struct elbow_exchange *exchange)
{
    return exchange->counts;
}

struct elbow_exchange_bytes elbow_exchange_memory(const struct elbow_exchange *exchange)
{
    uint64_t buffers = (uint64_t)(exchange->subtrees + exchange->scratches) * exchange->stride * sizeof(float);
    uint64_t slice = elbow_exchange_slice_size(exchange, exchange->comm->place.rank) * sizeof(float);
    uint64_t foreign = (uint64_t)(exchange->comm->place.size - exchange->meeting.members);
    uint64_t inbox = foreign * (uint64_t)exchange->subtrees * slice;
    int ranks = exchange->grouped ? 1 : exchange->comm->place.node_size;
    return (struct elbow_exchange_bytes){.gradients_per_rank = buffers + inbox,
                                         .parameters_per_node = (uint64_t)ranks * exchange->stride * sizeof(float)};
}
