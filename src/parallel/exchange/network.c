// SPDX-License-Identifier: BSD-3-Clause
// Messages between groups: for each bucket and pair of groups one with gradients and one with parameters, each way.
//
// A group's ranks share the work: bucket k to or from group g is made by member (k + g) mod members. Gradients are
// added inside the group as far as the tree allows before they go out. MPI moves messages only while it is called, so
// elbow_transfers_advance is called wherever a rank passes by.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"

#include <limits.h>
#include <string.h>

enum { TAG_GRADIENTS = 100, TAG_PARAMETERS = 101, TAG_STEP = 2 };

// How many transfers of a kind one look asks for: with many nodes most are not due yet, and MPI moves those as well.
enum { WINDOW = 64 };

static bool is_outgoing(int kind)
{
    return kind == ELBOW_GRADIENTS_OUT || kind == ELBOW_PARAMETERS_OUT;
}

static bool is_gradients(int kind)
{
    return kind == ELBOW_GRADIENTS_IN || kind == ELBOW_GRADIENTS_OUT;
}

// The rank of `group` that makes the transfers of a bucket with `peer`.
static int rank_for(const struct elbow_exchange *exchange, int group, int bucket, int peer)
{
    int first = exchange->group_first[group], members = exchange->group_first[group + 1] - first;
    return first + (bucket + peer) % members;
}

// What a transfer is about: the part of its bucket that one of the two groups owns.
static struct elbow_range part_of(const struct elbow_exchange *exchange, int kind, int bucket, int peer)
{
    bool is_ours = kind == ELBOW_GRADIENTS_IN || kind == ELBOW_PARAMETERS_OUT;
    return elbow_cut_part(&exchange->cut, bucket, is_ours ? exchange->my_group : peer);
}

// Lists this rank's transfers of a kind in the order in which they become possible: gradients from the last bucket
// down, parameters from the first one up. Counts them only where list is NULL.
static int list_transfers(const struct elbow_exchange *exchange, int kind, struct elbow_transfer *list)
{
    int count = 0, buckets = exchange->cut.buckets;
    for (int i = 0; i < buckets; ++i)
        for (int shift = 1; shift < exchange->groups; ++shift) { // not all groups to the same one first
            int k = is_gradients(kind) ? buckets - 1 - i : i, peer = (exchange->my_group + shift) % exchange->groups;
            struct elbow_range part = part_of(exchange, kind, k, peer);
            if (part.last == part.first ||
                rank_for(exchange, exchange->my_group, k, peer) != exchange->comm->place.rank)
                continue;
            if (list != NULL)
                list[count] = (struct elbow_transfer){.bucket = k, .peer = peer, .part = part};
            count += 1;
        }
    return count;
}

// Where outgoing gradients are put together; a lone rank's single sum is sent from where it stands.
static bool needs_outbox(const struct elbow_exchange *exchange)
{
    return exchange->meeting.members > 1 || exchange->plans[0].sums > 1 || exchange->plans[1].sums > 1;
}

static enum elbow_status make_outbox(struct elbow_exchange *exchange, struct elbow_error *error)
{
    const struct elbow_transfers *out = &exchange->network[ELBOW_GRADIENTS_OUT];
    int first = exchange->plans[0].sums, second = exchange->plans[1].sums;
    size_t sums = (size_t)(first > second ? first : second);
    enum elbow_status status =
        elbow_allocate(&exchange->outbox_first, (size_t)out->count, sizeof(size_t), "messages", error);
    if (status != ELBOW_OK || !needs_outbox(exchange))
        return status;
    for (int i = 0; i < out->count; ++i) {
        struct elbow_range part = out->list[i].part;
        exchange->outbox_first[i] = exchange->outbox_size;
        exchange->outbox_size += sums * (size_t)(part.last - part.first);
    }
    return elbow_allocate(&exchange->outbox, exchange->outbox_size, sizeof(float), "gradients for other nodes", error);
}

enum elbow_status elbow_transfers_create(struct elbow_exchange *exchange, struct elbow_error *error)
{
    size_t most = 0;
    for (int kind = 0; kind < ELBOW_TRANSFER_KINDS; ++kind) {
        struct elbow_transfers *transfers = &exchange->network[kind];
        size_t count = (size_t)list_transfers(exchange, kind, NULL);
        const struct elbow_array arrays[] = {ELBOW_ARRAY(transfers->list, count),
                                             ELBOW_ARRAY(transfers->requests, count)};
        enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "messages", error);
        if (status != ELBOW_OK)
            return status;
        transfers->count = list_transfers(exchange, kind, transfers->list);
        transfers->posted = transfers->complete = transfers->first = transfers->count;
        for (size_t i = 0; i < count; ++i)
            transfers->requests[i] = MPI_REQUEST_NULL;
        most = count > most ? count : most;
    }
    enum elbow_status status = elbow_allocate(&exchange->indices, most, sizeof(int), "messages", error);
    return status == ELBOW_OK ? make_outbox(exchange, error) : status;
}

void elbow_transfers_destroy(struct elbow_exchange *exchange)
{
    for (int kind = 0; kind < ELBOW_TRANSFER_KINDS; ++kind) {
        elbow_release(&exchange->network[kind].list);
        elbow_release(&exchange->network[kind].requests);
    }
    elbow_release(&exchange->outbox_first);
    elbow_release(&exchange->outbox);
    elbow_release(&exchange->indices);
}

// Puts the sums of this group's subtrees together for another group's part of a bucket. Returns where they are.
static const float *gather_sums(struct elbow_exchange *exchange, int number, struct elbow_range part)
{
    const struct elbow_plan *plan = exchange->plan;
    int first = exchange->group_first[exchange->my_group], last = exchange->group_first[exchange->my_group + 1];
    size_t count = (size_t)(part.last - part.first);
    if (!needs_outbox(exchange))
        return elbow_exchange_buffer(exchange, first, 0) + part.first;
    float *outbox = exchange->outbox + exchange->outbox_first[number];
    for (int i = 0; i < plan->sums; ++i) {
        int term = 0;
        for (int r = first; r < last; ++r)
            for (int k = plan->first[r]; k < plan->first[r + 1]; ++k) {
                int own = k - plan->first[first];
                if (own >= plan->parts[i] && own < plan->parts[i + 1])
                    exchange->values[term++] = elbow_exchange_buffer(exchange, r, k - plan->first[r]) + part.first;
            }
        const struct elbow_addition *additions = plan->partial + plan->parts[i] - i;
        for (size_t offset = 0; offset < count; offset += ELBOW_BLOCK) {
            size_t size = count - offset < ELBOW_BLOCK ? count - offset : ELBOW_BLOCK;
            const float *sum = elbow_exchange_add(exchange, term, additions, offset, size);
            memcpy(outbox + (size_t)i * count + offset, sum, size * sizeof *outbox);
        }
    }
    return outbox;
}

// The number of terms that a group sends or is sent of a bucket of gradients.
static int terms_from(const struct elbow_exchange *exchange, int group)
{
    const struct elbow_plan *plan = exchange->plan;
    return group == exchange->my_group ? plan->sums : plan->group[group + 1] - plan->group[group];
}

// The terms of other groups that lie before those of `group` in the inbox.
static int terms_before(const struct elbow_exchange *exchange, int group)
{
    const struct elbow_plan *plan = exchange->plan;
    int own = plan->group[exchange->my_group + 1] - plan->group[exchange->my_group];
    return plan->group[group] - (group > exchange->my_group ? own : 0);
}

float *elbow_transfers_inbox(const struct elbow_exchange *exchange, int bucket, int group)
{
    struct elbow_range part = elbow_cut_part(&exchange->cut, bucket, exchange->my_group);
    return exchange->inbox + exchange->inbox_first[bucket] +
           (size_t)terms_before(exchange, group) * (size_t)(part.last - part.first);
}

// Posts one transfer; one without contents, in a batch to which a group brings nothing, is complete at once.
static void post(struct elbow_exchange *exchange, int kind, int number)
{
    struct elbow_transfers *transfers = &exchange->network[kind];
    struct elbow_transfer transfer = transfers->list[number];
    int from = is_outgoing(kind) ? exchange->my_group : transfer.peer;
    struct elbow_range part = transfer.part;
    size_t count = (size_t)(part.last - part.first);
    count *= is_gradients(kind) ? (size_t)terms_from(exchange, from) : 1;
    transfers->posted += 1;
    transfers->list[number].begin = elbow_trace_begin(exchange->comm->track);
    if (count == 0) {
        transfers->complete += 1;
        return;
    }
    ELBOW_CHECK(count <= INT_MAX);
    int peer = rank_for(exchange, transfer.peer, transfer.bucket, exchange->my_group);
    int tag = (is_gradients(kind) ? TAG_GRADIENTS : TAG_PARAMETERS) + TAG_STEP * transfer.bucket;
    MPI_Comm world = exchange->comm->world;
    MPI_Request *request = &transfers->requests[number];
    float *parameters = exchange->parameters + part.first;
    if (kind == ELBOW_GRADIENTS_OUT)
        MPI_Isend(gather_sums(exchange, number, part), (int)count, MPI_FLOAT, peer, tag, world, request);
    else if (kind == ELBOW_PARAMETERS_OUT)
        MPI_Isend(parameters, (int)count, MPI_FLOAT, peer, tag, world, request);
    else if (kind == ELBOW_GRADIENTS_IN)
        MPI_Irecv(elbow_transfers_inbox(exchange, transfer.bucket, transfer.peer), (int)count, MPI_FLOAT, peer, tag,
                  world, request);
    else
        MPI_Irecv(parameters, (int)count, MPI_FLOAT, peer, tag, world, request);
    exchange->counts.bytes_sent += is_outgoing(kind) ? count * sizeof(float) : 0;
}

// Begins a kind anew: the last batch's transfers are all complete. What comes in is posted at once.
static void begin(struct elbow_exchange *exchange, int kind)
{
    struct elbow_transfers *transfers = &exchange->network[kind];
    ELBOW_CHECK(transfers->complete == transfers->count);
    transfers->posted = transfers->complete = transfers->first = 0;
    for (int i = 0; i < transfers->count && !is_outgoing(kind); ++i)
        post(exchange, kind, i);
}

void elbow_transfers_await_gradients(struct elbow_exchange *exchange)
{
    begin(exchange, ELBOW_GRADIENTS_IN);
    begin(exchange, ELBOW_GRADIENTS_OUT);
}

void elbow_transfers_await_parameters(struct elbow_exchange *exchange)
{
    begin(exchange, ELBOW_PARAMETERS_IN);
    begin(exchange, ELBOW_PARAMETERS_OUT);
}

// Notes the transfers that are found complete in the trace.
static void trace_complete(struct elbow_exchange *exchange, int kind, int complete)
{
    static const enum elbow_trace_name names[ELBOW_TRANSFER_KINDS] = {
        [ELBOW_GRADIENTS_IN] = ELBOW_TRACE_GRADIENTS_IN,
        [ELBOW_GRADIENTS_OUT] = ELBOW_TRACE_GRADIENTS_OUT,
        [ELBOW_PARAMETERS_IN] = ELBOW_TRACE_PARAMETERS_IN,
        [ELBOW_PARAMETERS_OUT] = ELBOW_TRACE_PARAMETERS_OUT,
    };
    for (int i = 0; i < complete; ++i) {
        const struct elbow_transfers *transfers = &exchange->network[kind];
        struct elbow_transfer transfer = transfers->list[transfers->first + exchange->indices[i]];
        elbow_trace_end(exchange->comm->track, names[kind], (uint64_t)transfer.bucket, transfer.begin);
    }
}

// Takes note of the transfers that have become complete, the earliest ones first: the others are not needed before.
static void collect(struct elbow_exchange *exchange, int kind)
{
    struct elbow_transfers *transfers = &exchange->network[kind];
    int complete = 0, first = transfers->first;
    while (first < transfers->posted && transfers->requests[first] == MPI_REQUEST_NULL)
        ++first;
    transfers->first = first;
    int count = transfers->posted - first < WINDOW ? transfers->posted - first : WINDOW;
    if (count == 0)
        return;
    MPI_Testsome(count, transfers->requests + first, &complete, exchange->indices, MPI_STATUSES_IGNORE);
    if (complete == MPI_UNDEFINED)
        return;
    transfers->complete += complete;
    trace_complete(exchange, kind, complete);
    for (int i = 0; i < complete && !is_outgoing(kind); ++i) {
        struct elbow_transfer transfer = transfers->list[first + exchange->indices[i]];
        atomic_uint_least64_t *batches = is_gradients(kind) ? exchange->arrived : exchange->delivered;
        elbow_exchange_linger(exchange);
        atomic_store_explicit(&batches[transfer.bucket * exchange->groups + transfer.peer],
                              is_gradients(kind) ? exchange->batch : exchange->updated, memory_order_release);
    }
}

void elbow_transfers_advance(struct elbow_exchange *exchange)
{
    struct elbow_transfers *gradients = &exchange->network[ELBOW_GRADIENTS_OUT];
    struct elbow_transfers *parameters = &exchange->network[ELBOW_PARAMETERS_OUT];
    while (gradients->posted < gradients->count &&
           elbow_exchange_is_ready(exchange, gradients->list[gradients->posted].bucket))
        post(exchange, ELBOW_GRADIENTS_OUT, gradients->posted);
    while (parameters->posted < parameters->count &&
           elbow_exchange_is_applied(exchange, parameters->list[parameters->posted].bucket))
        post(exchange, ELBOW_PARAMETERS_OUT, parameters->posted);
    for (int kind = 0; kind < ELBOW_TRANSFER_KINDS; ++kind)
        collect(exchange, kind);
}

bool elbow_transfers_is_complete(const struct elbow_exchange *exchange, int in, int out)
{
    return exchange->network[in].complete == exchange->network[in].count &&
           exchange->network[out].complete == exchange->network[out].count;
}

bool elbow_transfers_has_arrived(const struct elbow_exchange *exchange, int bucket)
{
    struct elbow_range part = elbow_cut_part(&exchange->cut, bucket, exchange->my_group);
    for (int g = 0; g < exchange->groups && part.last > part.first; ++g)
        if (g != exchange->my_group && terms_from(exchange, g) > 0 &&
            atomic_load_explicit(&exchange->arrived[bucket * exchange->groups + g], memory_order_acquire) <
                exchange->batch)
            return false;
    return true;
}

bool elbow_transfers_is_delivered(const struct elbow_exchange *exchange, int bucket)
{
    for (int i = exchange->owner_first[bucket]; i < exchange->owner_first[bucket + 1]; ++i) {
        int g = exchange->owners[i];
        if (g != exchange->my_group && atomic_load_explicit(&exchange->delivered[bucket * exchange->groups + g],
                                                            memory_order_acquire) < exchange->updated)
            return false;
    }
    return true;
}
