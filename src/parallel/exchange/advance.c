// SPDX-License-Identifier: BSD-3-Clause
// What is taken in advance: elements of the gradient whose sums go to all ranks before the others are complete.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

struct elbow_range elbow_advance_of(const struct elbow_exchange *exchange, int rank, int bucket)
{
    struct elbow_range piece = elbow_cut_piece(&exchange->cut, bucket, rank);
    uint64_t first = exchange->sizes.advance_first, last = first + exchange->sizes.advance_count;
    struct elbow_range range = {piece.first > first ? piece.first : first, piece.last < last ? piece.last : last};
    return range.first < range.last ? range : (struct elbow_range){piece.first, piece.first};
}

static int find_bucket(const struct elbow_exchange *exchange)
{
    int bucket = exchange->cut.buckets - 1;
    while (bucket > 0 && exchange->cut.edges[bucket] * ELBOW_BLOCK > exchange->sizes.advance_first)
        --bucket;
    return bucket;
}

enum elbow_status elbow_advance_create(struct elbow_exchange *exchange, struct elbow_error *error)
{
    size_t count = exchange->sizes.advance_count, size = (size_t)exchange->comm->place.size;
    exchange->advance_bucket = -1;
    if (count == 0)
        return ELBOW_OK;
    ELBOW_CHECK(exchange->sizes.advance_first + count <= exchange->sizes.parameters);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(exchange->advance_held, size + 1),
        ELBOW_ARRAY(exchange->advance_shared, count),
        ELBOW_ARRAY(exchange->advance, count),
        ELBOW_ARRAY(exchange->added, exchange->stride),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "gradients", error);
    if (status != ELBOW_OK)
        return status;
    exchange->advance_bucket = find_bucket(exchange);
    for (size_t r = 0; r < size; ++r) {
        exchange->advance_held[r + 1] = exchange->advance_held[r];
        for (int k = exchange->advance_bucket; k < exchange->cut.buckets; ++k) {
            struct elbow_range own = elbow_advance_of(exchange, (int)r, k);
            exchange->advance_held[r + 1] += (size_t)(own.last - own.first);
        }
    }
    ELBOW_CHECK(exchange->advance_held[size] == count);
    return ELBOW_OK;
}

void elbow_advance_destroy(struct elbow_exchange *exchange)
{
    elbow_release(&exchange->advance_held);
    elbow_release(&exchange->advance_shared);
    elbow_release(&exchange->advance);
    elbow_release(&exchange->added);
}

void elbow_advance_share(struct elbow_exchange *exchange)
{
    int size = exchange->comm->place.size, me = exchange->comm->place.rank;
    double *shared = exchange->advance_shared + exchange->advance_held[me];
    for (int k = exchange->advance_bucket; k < exchange->cut.buckets; ++k) {
        struct elbow_range own = elbow_advance_of(exchange, me, k);
        const float *sum = elbow_exchange_sum(exchange, (struct elbow_piece){.first = (size_t)own.first});
        for (uint64_t i = own.first; i < own.last; ++i)
            *shared++ = *sum++;
    }
    elbow_comm_share_doubles(exchange->comm, exchange->advance_shared, exchange->advance_held);
    shared = exchange->advance_shared;
    for (int r = 0; r < size; ++r)
        for (int k = exchange->advance_bucket; k < exchange->cut.buckets; ++k) {
            struct elbow_range part = elbow_advance_of(exchange, r, k);
            for (uint64_t i = part.first; i < part.last; ++i)
                exchange->advance[i - exchange->sizes.advance_first] = (float)*shared++;
        }
}
