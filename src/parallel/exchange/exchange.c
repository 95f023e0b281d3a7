// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange.
//
// Inside a group gradients and parameters lie in one window. A step goes through these points, each of which all ranks
// (of the group or of the run) have to reach:
//   1. every rank of the group has left its subtree sums in its buffers (bucket by bucket, while its backward pass goes
//      down), and no longer reads the parameters;
//   2. every owner has added its blocks; statistics and norms are known everywhere. Buffers may be filled again;
//   3. every owner has written its slice into its group's parameters, and the slices of other groups have come in. With
//      one group that ends the step. With several, a rank goes on, and waits for the first buckets when it needs them
//      (elbow_exchange_await), and before the next point 2 for its own messages: nobody writes parameters earlier.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/shared.h"

#include <string.h>

size_t elbow_exchange_slice(const struct elbow_exchange *exchange)
{
    int me = exchange->comm->place.rank;
    return exchange->held[me + 1] - exchange->held[me];
}

int elbow_exchange_pieces(const struct elbow_exchange *exchange, const struct elbow_piece **pieces)
{
    *pieces = exchange->pieces;
    return exchange->cut.buckets;
}

bool elbow_exchange_is_shared(const struct elbow_exchange *exchange)
{
    return exchange->grouped;
}

bool elbow_exchange_has_messages(const struct elbow_exchange *exchange)
{
    return exchange->groups > 1;
}

int elbow_exchange_buckets(const struct elbow_exchange *exchange)
{
    return exchange->cut.buckets;
}

struct elbow_range elbow_exchange_owned(const struct elbow_exchange *exchange, int rank, int bucket)
{
    return elbow_cut_piece(&exchange->cut, bucket, rank);
}

// Private buffers, once it is known whether memory is shared.
static enum elbow_status make_buffers(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int first = exchange->plans[0].count, second = exchange->plans[1].count;
    size_t most = (size_t)(first > second ? first : second), size = (size_t)exchange->comm->place.size;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY_OF(exchange->scratch, (size_t)exchange->scratches * exchange->stride, "gradients"),
        ELBOW_ARRAY(exchange->tiles, ((size_t)elbow_partition_depth(most) + 1) * ELBOW_BLOCK),
        ELBOW_ARRAY(exchange->values, most),
        ELBOW_ARRAY(exchange->standing, most),
        ELBOW_ARRAY_OF(exchange->norms, exchange->cut.blocks, "norms"),
        ELBOW_ARRAY_OF(exchange->packed_norms, exchange->cut.blocks, "norms"),
        ELBOW_ARRAY_OF(exchange->gathered, size * (size_t)exchange->subtrees * exchange->sizes.statistics,
                       "statistics"),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "partial sums", error);
    if (status == ELBOW_OK)
        status = elbow_advance_create(exchange, error);
    return status == ELBOW_OK ? elbow_transfers_create(exchange, error) : status;
}

// Local. An exchange that has its sizes and nothing else.
static enum elbow_status begin(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                               struct elbow_exchange **exchange, struct elbow_error *error)
{
    ELBOW_CHECK(sizes.microbatches >= (uint64_t)comm->place.size && sizes.last > 0 && sizes.parameters > 0);
    enum elbow_status status = elbow_allocate(exchange, 1, sizeof **exchange, "the exchange", error);
    if (status != ELBOW_OK)
        return status;
    (*exchange)->comm = comm;
    (*exchange)->sizes = sizes;
    (*exchange)->stride = (sizes.parameters + 15) / 16 * 16;
    return ELBOW_OK;
}

enum elbow_status elbow_exchange_measure(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                         struct elbow_exchange_need *need, struct elbow_error *error)
{
    struct elbow_exchange *exchange = NULL;
    *need = (struct elbow_exchange_need){0};
    enum elbow_status status = begin(comm, sizes, &exchange, error);
    if (status == ELBOW_OK)
        status = elbow_layout_measure(exchange, need, error);
    if (exchange != NULL)
        elbow_layout_clear(exchange);
    elbow_release(&exchange);
    return status;
}

// Collective. Rank zero's layers for all: they make the cut, in which messages have to agree. `layers` is the caller's.
static enum elbow_status agree_on_layers(struct elbow_exchange *exchange, size_t **layers, struct elbow_error *error)
{
    struct elbow_exchange_sizes *sizes = &exchange->sizes;
    size_t count = sizes->layer_count;
    elbow_comm_broadcast(exchange->comm, &count, sizeof count);
    elbow_allocate(layers, count, sizeof **layers, "layers", error);
    if (elbow_comm_agree(exchange->comm, error) != ELBOW_OK)
        return error->status;
    if (exchange->comm->place.rank == 0 && count > 0)
        memcpy(*layers, sizes->layers, count * sizeof **layers);
    elbow_comm_broadcast(exchange->comm, *layers, count * sizeof **layers);
    sizes->layers = *layers;
    sizes->layer_count = count;
    return ELBOW_OK;
}

enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **out, struct elbow_error *error)
{
    struct elbow_exchange *exchange = NULL;
    size_t *layers = NULL;
    *out = NULL;
    *error = (struct elbow_error){0};
    begin(comm, sizes, &exchange, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    if (agree_on_layers(exchange, &layers, error) == ELBOW_OK)
        elbow_layout_create(exchange, log, error);
    exchange->sizes.layers = NULL;
    elbow_release(&layers);
    if (error->status != ELBOW_OK)
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
    if (exchange->plan != NULL) // else it was never made
        elbow_exchange_parameters(exchange);
    elbow_comm_unshare(exchange->comm, &exchange->memory);
    elbow_transfers_destroy(exchange);
    elbow_advance_destroy(exchange);
    elbow_layout_clear(exchange);
    elbow_release(&exchange->scratch);
    elbow_release(&exchange->tiles);
    elbow_release(&exchange->values);
    elbow_release(&exchange->standing);
    elbow_release(&exchange->norms);
    elbow_release(&exchange->packed_norms);
    elbow_release(&exchange->gathered);
    elbow_release(&exchange);
}

void elbow_exchange_publish(struct elbow_exchange *exchange, const float *values)
{
    elbow_exchange_parameters(exchange);
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
    uint64_t inbox =
        exchange->inbox_first[exchange->cut.buckets] * sizeof(float) / (uint64_t)elbow_layout_members(exchange);
    uint64_t added = exchange->added != NULL ? exchange->stride * sizeof(float) : 0;
    int copies = exchange->grouped ? 1 : exchange->comm->place.node_size;
    uint64_t outbox = exchange->outbox_size * sizeof(float);
    return (struct elbow_exchange_bytes){.gradients_per_rank = buffers + inbox + outbox + added,
                                         .parameters_per_node = (uint64_t)copies * exchange->stride * sizeof(float)};
}

// From the order of the ranks' slices to that of the arena, or back.
static void reorder(const struct elbow_exchange *exchange, bool to_arena, float *slices, float *all)
{
    int size = exchange->comm->place.size;
    for (int r = 0; r < size; ++r)
        for (int k = 0; k < exchange->cut.buckets; ++k) {
            struct elbow_range piece = elbow_cut_piece(&exchange->cut, k, r);
            size_t count = (size_t)(piece.last - piece.first);
            memcpy(to_arena ? all + piece.first : slices, to_arena ? slices : all + piece.first, count * sizeof(float));
            slices += count;
        }
}

// Collective. Room on rank zero for the slices side by side; not needed where that is the order of the arena.
static enum elbow_status allocate_slices(struct elbow_exchange *exchange, float **slices, struct elbow_error *error)
{
    *slices = NULL;
    *error = (struct elbow_error){0};
    if (exchange->comm->place.rank == 0 && exchange->cut.buckets > 1)
        elbow_allocate(slices, exchange->sizes.parameters, sizeof(float), "the optimiser's state", error);
    return elbow_comm_agree(exchange->comm, error);
}

enum elbow_status elbow_exchange_gather(struct elbow_exchange *exchange, const float *slice, float *all,
                                        struct elbow_error *error)
{
    float *slices;
    if (allocate_slices(exchange, &slices, error) != ELBOW_OK)
        return error->status;
    elbow_comm_gather(exchange->comm, slice, sizeof(float), exchange->held, slices != NULL ? slices : all);
    if (slices != NULL)
        reorder(exchange, true, slices, all);
    elbow_release(&slices);
    return ELBOW_OK;
}

enum elbow_status elbow_exchange_scatter(struct elbow_exchange *exchange, const float *all, float *slice,
                                         struct elbow_error *error)
{
    float *slices;
    if (allocate_slices(exchange, &slices, error) != ELBOW_OK)
        return error->status;
    if (slices != NULL)
        reorder(exchange, false, slices, (float *)(uintptr_t)all);
    elbow_comm_scatter(exchange->comm, slices != NULL ? slices : all, sizeof(float), exchange->held, slice);
    elbow_release(&slices);
    return ELBOW_OK;
}

enum elbow_status elbow_exchange_collect(struct elbow_exchange *exchange, const float *slice, const float **all,
                                         struct elbow_error *error)
{
    float *gradient = elbow_exchange_gradient(exchange, 0);
    elbow_exchange_parameters(exchange);
    *all = gradient;
    enum elbow_status status = elbow_exchange_gather(exchange, slice, gradient, error);
    if (status == ELBOW_OK)
        elbow_comm_broadcast(exchange->comm, gradient, exchange->sizes.parameters * sizeof(float));
    return status;
}
