// SPDX-License-Identifier: BSD-3-Clause
// Orders of the samples, batches of the steps, microbatches of the ranks.
#include "elbow/data/sequence.h"

#include "elbow/base/status.h"
#include "elbow/math/permutation.h"

static uint64_t shuffled_at(const struct elbow_order *order, uint64_t epoch, uint64_t position)
{
    struct elbow_permutation permutation = elbow_permutation_create(order->samples, order->seed, (uint32_t)epoch);
    return elbow_permutation_at(&permutation, position);
}

static uint64_t plain_at(const struct elbow_order *order, uint64_t epoch, uint64_t position)
{
    (void)order;
    (void)epoch;
    return position;
}

struct elbow_order elbow_order_shuffled(uint64_t samples, uint64_t seed)
{
    return (struct elbow_order){.samples = samples, .at = shuffled_at, .seed = seed};
}

struct elbow_order elbow_order_plain(uint64_t samples)
{
    return (struct elbow_order){.samples = samples, .at = plain_at};
}

void elbow_order_fill(const struct elbow_order *order, uint64_t epoch, uint64_t first, size_t count, uint64_t *ids)
{
    ELBOW_CHECK(first + count <= order->samples);
    for (size_t i = 0; i < count; ++i)
        ids[i] = order->at(order, epoch, first + i);
}

static uint64_t divide_up(uint64_t count, uint64_t size)
{
    return (count + size - 1) / size;
}

uint64_t elbow_sequence_epoch_steps(const struct elbow_sequence *sequence)
{
    return divide_up(sequence->samples, sequence->batch);
}

uint64_t elbow_sequence_microbatches(const struct elbow_sequence *sequence, uint64_t count)
{
    return divide_up(count, sequence->microbatch);
}

// The number of microbatches to deal to the ranks; in a fixed sequence, always that of a full batch.
static uint64_t dealt_of(const struct elbow_sequence *sequence, uint64_t microbatches)
{
    return sequence->is_fixed ? elbow_sequence_microbatches(sequence, sequence->batch) : microbatches;
}

struct elbow_step_place elbow_sequence_place(const struct elbow_sequence *sequence, uint64_t step)
{
    uint64_t steps = elbow_sequence_epoch_steps(sequence), first = step % steps * sequence->batch;
    uint64_t left = sequence->samples - first, count = left < sequence->batch ? left : sequence->batch;
    return (struct elbow_step_place){.step = step,
                                     .epoch = step / steps,
                                     .first = first,
                                     .count = count,
                                     .microbatches = elbow_sequence_microbatches(sequence, count)};
}

struct elbow_range elbow_sequence_mine(const struct elbow_sequence *sequence, const struct elbow_step_place *place)
{
    return elbow_partition_below(place->microbatches, dealt_of(sequence, place->microbatches), sequence->rank,
                                 sequence->size);
}

struct elbow_microbatch_range elbow_sequence_range(const struct elbow_sequence *sequence,
                                                   const struct elbow_step_place *place, uint64_t number)
{
    uint64_t first = number * sequence->microbatch, left = place->count - first;
    ELBOW_CHECK(first < place->count);
    return (struct elbow_microbatch_range){.epoch = place->epoch,
                                           .first = place->first + first,
                                           .rows = (size_t)(left < sequence->microbatch ? left : sequence->microbatch)};
}

bool elbow_sequence_after(const struct elbow_sequence *sequence, const struct elbow_step_place *place, uint64_t number,
                          struct elbow_microbatch_range *next)
{
    if (number + 1 < elbow_sequence_mine(sequence, place).last) {
        *next = elbow_sequence_range(sequence, place, number + 1);
        return true;
    }
    for (uint64_t step = place->step + 1; step < sequence->last_step; ++step) {
        struct elbow_step_place after = elbow_sequence_place(sequence, step);
        struct elbow_range mine = elbow_sequence_mine(sequence, &after);
        if (mine.first == mine.last)
            continue; // the next batch is a whole one
        *next = elbow_sequence_range(sequence, &after, mine.first);
        return true;
    }
    return false;
}
