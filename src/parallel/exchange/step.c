// SPDX-License-Identifier: BSD-3-Clause
// The step of an exchange: collect, add, share statistics, decide, apply, share parameters. See exchange.c for its
// three points.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <string.h>

// The group meets: what its ranks wrote before is seen after.
static void meet(struct elbow_exchange *exchange)
{
    elbow_exchange_linger(exchange);
    elbow_meeting_attend(&exchange->meeting);
    elbow_exchange_linger(exchange);
}

// Waits for something that other ranks do, and does for them meanwhile what they wait for.
struct wait {
    struct elbow_exchange *exchange;
    bool (*done)(const struct elbow_exchange *exchange, int bucket);
    int bucket;
};

static bool is_over(void *user)
{
    struct wait *wait = user;
    elbow_transfers_advance(wait->exchange);
    return wait->done(wait->exchange, wait->bucket);
}

static void wait_for(struct elbow_exchange *exchange, bool (*done)(const struct elbow_exchange *exchange, int bucket),
                     int bucket)
{
    struct wait wait = {.exchange = exchange, .done = done, .bucket = bucket};
    elbow_comm_wait_until(exchange->comm, is_over, &wait);
}

static bool is_here(const struct elbow_exchange *exchange, int bucket)
{
    return elbow_exchange_is_ready(exchange, bucket) && elbow_transfers_has_arrived(exchange, bucket);
}

// Whether gradients are through and parameters have set out: from then on they travel whenever MPI is called.
static bool is_sent(const struct elbow_exchange *exchange, int bucket)
{
    const struct elbow_transfers *parameters = &exchange->network[ELBOW_PARAMETERS_OUT];
    (void)bucket;
    return elbow_transfers_is_complete(exchange, ELBOW_GRADIENTS_IN, ELBOW_GRADIENTS_OUT) &&
           parameters->posted == parameters->count;
}

static bool is_shared_out(const struct elbow_exchange *exchange, int bucket)
{
    (void)bucket;
    return elbow_transfers_is_complete(exchange, ELBOW_PARAMETERS_IN, ELBOW_PARAMETERS_OUT);
}

static bool is_new(const struct elbow_exchange *exchange, int bucket)
{
    return elbow_exchange_is_applied(exchange, bucket) && elbow_transfers_is_delivered(exchange, bucket);
}

const float *elbow_exchange_await(struct elbow_exchange *exchange, size_t end)
{
    const struct elbow_cut *cut = &exchange->cut;
    if (!exchange->has_changed || exchange->groups == 1) // on one node a step ends when all is there
        return exchange->parameters;
    double start = elbow_clock_seconds();
    for (; exchange->awaited < cut->buckets && cut->edges[exchange->awaited] * ELBOW_BLOCK < end; ++exchange->awaited)
        wait_for(exchange, is_new, exchange->awaited);
    exchange->counts.wait_seconds += elbow_clock_seconds() - start;
    return exchange->parameters;
}

// Waits until this rank's messages with parameters are through, both ways.
static void share_out(struct elbow_exchange *exchange)
{
    double start = elbow_clock_seconds();
    wait_for(exchange, is_shared_out, 0);
    exchange->counts.wait_seconds += elbow_clock_seconds() - start;
}

const float *elbow_exchange_parameters(struct elbow_exchange *exchange)
{
    elbow_exchange_await(exchange, exchange->sizes.parameters);
    share_out(exchange);
    return exchange->parameters;
}

void elbow_exchange_poll(struct elbow_exchange *exchange)
{
    if (exchange->groups > 1)
        elbow_transfers_advance(exchange);
}

void elbow_exchange_ready(struct elbow_exchange *exchange, size_t first)
{
    const struct elbow_cut *cut = &exchange->cut;
    if (!exchange->is_open) {
        exchange->is_open = true;
        exchange->batch += 1;
        exchange->handed_over = 0;
        elbow_transfers_await_gradients(exchange);
    }
    int handed_over = exchange->handed_over;
    while (handed_over < cut->buckets && cut->edges[cut->buckets - 1 - handed_over] * ELBOW_BLOCK >= first)
        ++handed_over;
    if (handed_over > exchange->handed_over)
        elbow_exchange_publish_count(exchange, exchange->ready, exchange->batch, handed_over);
    exchange->handed_over = handed_over;
    elbow_transfers_advance(exchange);
}

// Notes for every term where this rank's piece of a bucket lies.
static void find_terms(struct elbow_exchange *exchange, int bucket)
{
    const struct elbow_plan *plan = exchange->plan;
    size_t first = exchange->pieces[bucket].first;
    struct elbow_range part = elbow_cut_part(&exchange->cut, bucket, exchange->my_group);
    int term = 0;
    for (int g = 0; g < exchange->groups; ++g) {
        if (g != exchange->my_group) {
            float *inbox = elbow_transfers_inbox(exchange, bucket, g) + (first - part.first);
            for (; term < plan->group[g + 1]; ++term, inbox += part.last - part.first)
                exchange->values[term] = inbox;
            continue;
        }
        for (int r = exchange->group_first[g]; r < exchange->group_first[g + 1]; ++r)
            for (int i = 0; i < plan->first[r + 1] - plan->first[r]; ++i)
                exchange->values[term++] = elbow_exchange_buffer(exchange, r, i) + first;
    }
}

// This rank's piece of a bucket, and its blocks' norms.
static void add_piece(struct elbow_exchange *exchange, int bucket, double scale)
{
    struct elbow_piece piece = exchange->pieces[bucket];
    const struct elbow_plan *plan = exchange->plan;
    double start = elbow_clock_seconds();
    if (piece.count == 0)
        return;
    find_terms(exchange, bucket);
    for (size_t offset = 0; offset < piece.count; offset += ELBOW_BLOCK) {
        size_t count = piece.count - offset < ELBOW_BLOCK ? piece.count - offset : ELBOW_BLOCK;
        const float *sum = elbow_exchange_add(exchange, plan->terms, plan->additions, offset, count);
        exchange->norms[(piece.first + offset) / ELBOW_BLOCK] =
            elbow_vector_scale(count, (float)scale, sum, elbow_exchange_sum(exchange, piece) + offset);
    }
    exchange->counts.bytes_read += (uint64_t)plan->terms * piece.count * sizeof(float);
    exchange->counts.work_seconds += elbow_clock_seconds() - start;
}

// Adds what follows from the elements taken in advance to this rank's piece of a bucket, in which they are 0
// themselves.
static void complete_piece(struct elbow_exchange *exchange, int bucket)
{
    struct elbow_piece piece = exchange->pieces[bucket];
    struct elbow_range taken = elbow_advance_of(exchange, exchange->comm->place.rank, bucket);
    float *sum = elbow_exchange_sum(exchange, piece);
    memset(sum + (taken.first - piece.first), 0, (taken.last - taken.first) * sizeof *sum);
    for (size_t offset = 0; offset < piece.count; offset += ELBOW_BLOCK) {
        size_t count = piece.count - offset < ELBOW_BLOCK ? piece.count - offset : ELBOW_BLOCK;
        elbow_vector_add(count, sum + offset, exchange->added + piece.first + offset, sum + offset);
        exchange->norms[(piece.first + offset) / ELBOW_BLOCK] =
            elbow_vector_scale(count, 1, sum + offset, sum + offset);
    }
}

// All elements that are taken in advance have been added: what follows from them, and the pieces that waited for it.
static void finish(struct elbow_exchange *exchange, const struct elbow_exchange_client *client)
{
    double start = elbow_clock_seconds();
    elbow_transfers_advance(exchange); // others wait for these buckets before they share
    elbow_advance_share(exchange);
    exchange->counts.wait_seconds += elbow_clock_seconds() - start;
    client->finish(client->user, exchange->advance, exchange->added);
    for (int bucket = exchange->cut.buckets; bucket-- > exchange->advance_bucket;)
        complete_piece(exchange, bucket);
}

// Point 1, bucket by bucket, in the order in which they become complete.
static void add_slice(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client)
{
    for (int bucket = exchange->cut.buckets; bucket-- > 0;) {
        double start = elbow_clock_seconds();
        struct elbow_trace_start begin = elbow_trace_begin(exchange->comm->track);
        wait_for(exchange, is_here, bucket);
        exchange->counts.wait_seconds += elbow_clock_seconds() - start;
        add_piece(exchange, bucket, scale);
        if (bucket < exchange->advance_bucket)
            complete_piece(exchange, bucket);
        elbow_trace_end(exchange->comm->track, ELBOW_TRACE_REDUCE, (uint64_t)bucket, begin);
        if (bucket == exchange->advance_bucket)
            finish(exchange, client);
    }
    // A bucket may have become ready after this rank last looked; others wait for what it sends.
    elbow_transfers_advance(exchange);
}

// Everybody's norms to everybody. They stand block by block, and travel slice by slice.
static void share_norms(struct elbow_exchange *exchange)
{
    const size_t *block_of = exchange->block_of;
    int me = exchange->comm->place.rank;
    for (size_t i = exchange->held_blocks[me]; i < exchange->held_blocks[me + 1]; ++i)
        exchange->packed_norms[i] = exchange->norms[block_of[i]];
    elbow_comm_share_doubles(exchange->comm, exchange->packed_norms, exchange->held_blocks);
    for (size_t i = 0; i < exchange->cut.blocks; ++i)
        exchange->norms[block_of[i]] = exchange->packed_norms[i];
}

// Point 2. Everybody's statistics, one after the other in rank order, into `gathered`, and everybody's norms.
static void collect_statistics(struct elbow_exchange *exchange)
{
    struct elbow_comm *comm = exchange->comm;
    size_t stride = (size_t)exchange->subtrees * exchange->sizes.statistics;
    if (exchange->groups > 1) {
        elbow_comm_gather_all(comm, exchange->statistics + (size_t)exchange->meeting.me * stride, stride,
                              exchange->gathered);
        share_norms(exchange);
        return;
    }
    size_t first = exchange->held_blocks[comm->place.rank], last = exchange->held_blocks[comm->place.rank + 1];
    memcpy(exchange->posted_norms + first, exchange->norms + first, (last - first) * sizeof(double));
    meet(exchange);
    memcpy(exchange->gathered, exchange->statistics, (size_t)comm->place.size * stride * sizeof(double));
    memcpy(exchange->norms, exchange->posted_norms, exchange->cut.blocks * sizeof(double));
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
    *gradient_norm = sqrt(elbow_partition_sum_leaves(exchange->norms, exchange->cut.blocks));
}

// Point 3. The owner updates its slice, from the first bucket up; what a group has finished goes to the others.
static void update_parameters(struct elbow_exchange *exchange, const struct elbow_exchange_client *client)
{
    exchange->awaited = 0;
    elbow_transfers_await_parameters(exchange);
    for (int bucket = 0; bucket < exchange->cut.buckets; ++bucket) {
        struct elbow_piece piece = exchange->pieces[bucket];
        struct elbow_trace_start begin = elbow_trace_begin(exchange->comm->track);
        if (piece.count > 0)
            client->apply(client->user, piece, elbow_exchange_sum(exchange, piece), exchange->parameters + piece.first);
        elbow_trace_end(exchange->comm->track, ELBOW_TRACE_OPTIMIZER, (uint64_t)bucket, begin);
        elbow_exchange_publish_count(exchange, exchange->applied, exchange->updated, bucket + 1);
        elbow_transfers_advance(exchange);
    }
}

bool elbow_exchange_step(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client,
                         double *statistics, double *gradient_norm)
{
    struct elbow_track *track = exchange->comm->track;
    struct elbow_trace_start begin = elbow_trace_begin(track);
    elbow_exchange_ready(exchange, 0);
    add_slice(exchange, scale, client);
    share_out(exchange); // the parameters are about to change
    double added = elbow_clock_seconds();
    struct elbow_trace_start begin_statistics = elbow_trace_begin(track);
    collect_statistics(exchange);
    sum_statistics(exchange, statistics, gradient_norm);
    elbow_trace_end(track, ELBOW_TRACE_STATISTICS, 0, begin_statistics);
    exchange->counts.wait_seconds += elbow_clock_seconds() - added;
    exchange->updated = exchange->batch;
    exchange->has_changed = client->decide(client->user, statistics, *gradient_norm);
    if (exchange->has_changed)
        update_parameters(exchange, client);
    double applied = elbow_clock_seconds();
    struct elbow_trace_start begin_share = elbow_trace_begin(track);
    elbow_exchange_publish_count(exchange, exchange->applied, exchange->updated, exchange->cut.buckets);
    wait_for(exchange, is_sent, 0);
    if (exchange->groups == 1)
        meet(exchange);
    exchange->is_open = false;
    exchange->counts.wait_seconds += elbow_clock_seconds() - applied;
    elbow_trace_end(track, ELBOW_TRACE_SHARE, 0, begin_share);
    elbow_trace_end(track, ELBOW_TRACE_EXCHANGE, 0, begin);
    return exchange->has_changed;
}
