// SPDX-License-Identifier: BSD-3-Clause
// The step of an exchange: collect, add, share statistics, decide, apply, share parameters. See exchange.c for its
// three points.
#include "exchange_private.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

// Where a rank hands something over: tests make it late here.
static void hand_over(struct elbow_exchange *exchange)
{
    if (exchange->disturbance == 0)
        return;
    exchange->disturbance = exchange->disturbance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    usleep((useconds_t)(exchange->disturbance >> 33) % 200);
}

// The group meets: what its ranks wrote before is seen after.
static void meet(struct elbow_exchange *exchange)
{
    hand_over(exchange);
    elbow_meeting_attend(&exchange->meeting);
    hand_over(exchange);
}

enum { TAG_GRADIENT = 100, TAG_PARAMETERS = 99 };

static void post(struct elbow_exchange *exchange, bool send, void *floats, size_t count, int peer, int tag)
{
    ELBOW_CHECK(count < (size_t)1 << 31);
    MPI_Request *request = &exchange->requests[exchange->requested];
    if (count == 0)
        return;
    exchange->requested += 1;
    if (!send) {
        MPI_Irecv(floats, (int)count, MPI_FLOAT, peer, tag, exchange->comm->world, request);
        return;
    }
    exchange->counts.bytes_sent += count * sizeof(float);
    MPI_Isend(floats, (int)count, MPI_FLOAT, peer, tag, exchange->comm->world, request);
}

static void finish_posted(struct elbow_exchange *exchange)
{
    hand_over(exchange);
    for (int i = 0; i < exchange->requested; ++i)
        elbow_comm_wait(exchange->comm, &exchange->requests[i]);
    exchange->requested = 0;
}

// Point 1. Also sends this rank's subtrees of other groups' slices to their owners, and takes in theirs of its own;
// notes for every subtree where this rank's slice of it lies.
static void collect_sources(struct elbow_exchange *exchange)
{
    const struct elbow_plan *plan = exchange->plan;
    int me = exchange->comm->place.rank;
    struct elbow_range slice = elbow_exchange_slice(exchange, me);
    size_t count = elbow_exchange_slice_size(exchange, me);
    float *inbox = exchange->inbox;
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        bool near = elbow_exchange_is_near(exchange, r);
        for (int k = plan->first[r]; k < plan->first[r + 1]; ++k) {
            if (near) {
                exchange->values[k] = elbow_exchange_buffer(exchange, r, k - plan->first[r]) + slice.first;
                continue;
            }
            exchange->values[k] = inbox;
            post(exchange, false, inbox, count, r, TAG_GRADIENT + k - plan->first[r]);
            inbox += count;
        }
    }
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        if (elbow_exchange_is_near(exchange, r))
            continue;
        struct elbow_range theirs = elbow_exchange_slice(exchange, r);
        for (int i = 0; i < plan->first[me + 1] - plan->first[me]; ++i)
            post(exchange, true, elbow_exchange_buffer(exchange, me, i) + theirs.first,
                 elbow_exchange_slice_size(exchange, r), r, TAG_GRADIENT + i);
    }
    finish_posted(exchange);
    meet(exchange);
}

// Adds the subtrees of one block in the tree's order: tiles hold partial sums, as a stack. Returns where the sum
// stands.
static const float *add_block(struct elbow_exchange *exchange, size_t offset, size_t count)
{
    const float **values = exchange->standing;
    const struct elbow_plan *plan = exchange->plan;
    float *tiles = exchange->tiles;
    size_t top = 0;
    for (int k = 0; k < plan->count; ++k)
        values[k] = exchange->values[k] + offset;
    for (int k = 0; k + 1 < plan->count; ++k) {
        struct elbow_addition addition = plan->additions[k];
        const float *left = values[addition.target], *right = values[addition.source];
        bool left_is_tile = left >= tiles && left < tiles + top * ELBOW_BLOCK;
        bool right_is_tile = right >= tiles && right < tiles + top * ELBOW_BLOCK;
        // The right sum was made after the left one, so its tile is the top of the stack.
        if (!left_is_tile && !right_is_tile)
            ++top;
        if (left_is_tile && right_is_tile)
            --top;
        float *sum = tiles + (top - 1) * ELBOW_BLOCK;
        elbow_vector_add(count, left, right, sum);
        values[addition.target] = sum;
    }
    return values[0];
}

// This rank's slice of the summed gradient, and its blocks' norms.
static void add_slice(struct elbow_exchange *exchange, double scale)
{
    int me = exchange->comm->place.rank;
    size_t size = elbow_exchange_slice_size(exchange, me), block = exchange->blocks[me];
    for (size_t offset = 0; offset < size; offset += ELBOW_BLOCK, ++block) {
        size_t count = size - offset < ELBOW_BLOCK ? size - offset : ELBOW_BLOCK;
        const float *sum = add_block(exchange, offset, count);
        exchange->norms[block] = elbow_vector_scale(count, (float)scale, sum, exchange->sum + offset);
    }
    exchange->counts.bytes_read += (uint64_t)exchange->plan->count * size * sizeof(float);
}

// Point 2. Everybody's statistics, one after the other in rank order, into `gathered`, and everybody's norms.
static void collect_statistics(struct elbow_exchange *exchange)
{
    struct elbow_comm *comm = exchange->comm;
    size_t stride = (size_t)exchange->subtrees * exchange->sizes.statistics;
    size_t first = exchange->blocks[comm->place.rank], last = exchange->blocks[comm->place.rank + 1];
    if (exchange->meeting.members == comm->place.size) {
        memcpy(exchange->posted_norms + first, exchange->norms + first, (last - first) * sizeof(double));
        meet(exchange);
        memcpy(exchange->gathered, exchange->statistics, (size_t)comm->place.size * stride * sizeof(double));
        memcpy(exchange->norms, exchange->posted_norms, exchange->blocks[comm->place.size] * sizeof(double));
        return;
    }
    elbow_comm_gather_all(comm, exchange->statistics + (size_t)exchange->meeting.me * stride, stride,
                          exchange->gathered);
    elbow_comm_share_doubles(comm, exchange->norms, exchange->blocks);
}

// Statistics along the tree of microbatches, norms along the tree of blocks: the same on every rank.
static void sum_statistics(struct elbow_exchange *exchange, double *statistics, double *gradient_norm)
{
    const struct elbow_plan *plan = exchange->plan;
    int size = exchange->comm->place.size;
    size_t width = exchange->sizes.statistics, stride = (size_t)exchange->subtrees * width;
    double *packed = exchange->gathered;
    for (int r = 0; r < size; ++r) {
        size_t count = (size_t)(plan->first[r + 1] - plan->first[r]) * width;
        memmove(packed, exchange->gathered + (size_t)r * stride, count * sizeof(double));
        packed += count;
    }
    elbow_partition_sum(plan->microbatches, plan->subtrees, plan->count, width, exchange->gathered);
    memcpy(statistics, exchange->gathered, width * sizeof(double));
    *gradient_norm = sqrt(elbow_partition_sum_leaves(exchange->norms, exchange->blocks[size]));
}

// Whether `rank` is the one of its group to whom `owner`, of another group, sends its slice.
static bool receives(const struct elbow_exchange *exchange, int owner, int rank)
{
    const struct elbow_comm *comm = exchange->comm;
    return !exchange->grouped || comm->node_rank_of[owner] % comm->node_size_of[rank] == comm->node_rank_of[rank];
}

// Point 3. The new slices go to the other groups, once to each.
static void share_parameters(struct elbow_exchange *exchange)
{
    int me = exchange->comm->place.rank;
    float *parameters = exchange->parameters;
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        if (elbow_exchange_is_near(exchange, r))
            continue;
        if (receives(exchange, r, me))
            post(exchange, false, parameters + elbow_exchange_slice(exchange, r).first,
                 elbow_exchange_slice_size(exchange, r), r, TAG_PARAMETERS);
        if (receives(exchange, me, r))
            post(exchange, true, parameters + elbow_exchange_slice(exchange, me).first,
                 elbow_exchange_slice_size(exchange, me), r, TAG_PARAMETERS);
    }
    finish_posted(exchange);
}

bool elbow_exchange_step(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client,
                         double *statistics, double *gradient_norm)
{
    double start = elbow_clock_seconds();
    collect_sources(exchange);
    double collected = elbow_clock_seconds();
    add_slice(exchange, scale);
    double added = elbow_clock_seconds();
    collect_statistics(exchange);
    sum_statistics(exchange, statistics, gradient_norm);
    double shared = elbow_clock_seconds();
    exchange->counts.wait_seconds += collected - start + shared - added;
    exchange->counts.work_seconds += added - collected;
    bool shall_change = client->decide(client->user, statistics, *gradient_norm);
    struct elbow_range slice = elbow_exchange_slice(exchange, exchange->comm->place.rank);
    if (shall_change && slice.last > slice.first)
        client->apply(client->user, (size_t)slice.first, (size_t)(slice.last - slice.first), exchange->sum,
                      exchange->parameters + slice.first);
    double applied = elbow_clock_seconds();
    if (shall_change)
        share_parameters(exchange);
    meet(exchange);
    exchange->counts.wait_seconds += elbow_clock_seconds() - applied;
    return shall_change;
}
