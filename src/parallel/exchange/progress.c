// SPDX-License-Identifier: BSD-3-Clause
// How far the members of a group are: counts of buckets that each publishes in the group's memory.
#include "elbow/parallel/detail/exchange.h"

#include <unistd.h>

void elbow_exchange_linger(struct elbow_exchange *exchange)
{
    if (exchange->disturbance == 0)
        return;
    exchange->disturbance = exchange->disturbance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    usleep((useconds_t)(exchange->disturbance >> 33) % 200);
}

void elbow_exchange_publish_count(struct elbow_exchange *exchange, struct elbow_meeting_slot *slots, uint64_t batch,
                                  int buckets)
{
    uint64_t count = (batch - 1) * (uint64_t)exchange->cut.buckets + (uint64_t)buckets;
    elbow_exchange_linger(exchange);
    atomic_store_explicit(&slots[exchange->meeting.me].count, count, memory_order_release);
}

static bool have_all(const struct elbow_exchange *exchange, const struct elbow_meeting_slot *slots, uint64_t batch,
                     int buckets)
{
    uint64_t count = (batch - 1) * (uint64_t)exchange->cut.buckets + (uint64_t)buckets;
    for (int i = 0; i < exchange->meeting.members; ++i)
        if (atomic_load_explicit(&slots[i].count, memory_order_acquire) < count)
            return false;
    return true;
}

bool elbow_exchange_is_ready(const struct elbow_exchange *exchange, int bucket)
{
    return have_all(exchange, exchange->ready, exchange->batch, exchange->cut.buckets - bucket);
}

bool elbow_exchange_is_applied(const struct elbow_exchange *exchange, int bucket)
{
    return have_all(exchange, exchange->applied, exchange->updated, bucket + 1);
}
