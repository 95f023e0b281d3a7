// SPDX-License-Identifier: BSD-3-Clause
// The sequence of a rank's microbatches.
#include "elbow/data/sequence.h"

#include "elbow/parallel/partition.h"

// This rank's microbatches of a batch of so many samples.
static struct elbow_range mine_of(const struct elbow_sequence *sequence, uint64_t count)
{
    uint64_t microbatches = (count + sequence->microbatch - 1) / sequence->microbatch;
    return elbow_partition(microbatches, sequence->rank, sequence->size);
}

struct elbow_portion elbow_sequence_portion(const struct elbow_sequence *sequence, const struct elbow_step_place *place,
                                            uint64_t number)
{
    uint64_t first = number * sequence->microbatch, left = place->count - first;
    ELBOW_CHECK(first < place->count);
    return (struct elbow_portion){.epoch = place->epoch,
                                  .first = place->first + first,
                                  .rows = (size_t)(left < sequence->microbatch ? left : sequence->microbatch)};
}

bool elbow_sequence_after(const struct elbow_sequence *sequence, const struct elbow_step_place *place, uint64_t number,
                          struct elbow_portion *next)
{
    if (number + 1 < mine_of(sequence, place->count).last) {
        *next = elbow_sequence_portion(sequence, place, number + 1);
        return true;
    }
    uint64_t step =
        place->epoch * elbow_steps_of_epoch(sequence->samples, sequence->batch) + place->first / sequence->batch;
    while (++step < sequence->last_step) {
        struct elbow_step_place after = elbow_step_place(sequence->samples, sequence->batch, step);
        struct elbow_range mine = mine_of(sequence, after.count);
        if (mine.first == mine.last)
            continue; // the next batch is a whole one
        *next = elbow_sequence_portion(sequence, &after, mine.first);
        return true;
    }
    return false;
}
