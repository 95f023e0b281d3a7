// SPDX-License-Identifier: BSD-3-Clause
// The work of a step: the order of the samples in an epoch, the batch of a step, its microbatches, and those that a
// rank computes. Pure integers, so that the next microbatches are known in advance; elbow/data/batches.h makes values
// of them.
//
// An epoch is all N samples in the order of that epoch. Step s takes the next B positions of epoch floor(s / S), where
// S = ceil(N / B); the last batch of an epoch may be short. A batch of `count` samples has M = ceil(count / b)
// microbatches, which are dealt to R ranks: rank r computes [floor(r M / R), floor((r + 1) M / R)), from left to right.
// In a fixed sequence, M in this formula is always that of a full batch, so that a rank has the same microbatches of
// all batches; of a short batch it computes those that exist. In both cases a rank may have none of a short batch.
#ifndef ELBOW_DATA_SEQUENCE_H
#define ELBOW_DATA_SEQUENCE_H

#include "elbow/base/language.h"
#include "elbow/parallel/partition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// An order of the samples: the sample at each position of an epoch.
struct elbow_order {
    uint64_t samples; // N
    uint64_t (*at)(const struct elbow_order *order, uint64_t epoch, uint64_t position);
    uint64_t seed;
    void *user; // state of an order that needs more than the seed; not owned
};

// Local. The shuffled order (a keyed permutation for each epoch), and the order of the file.
struct elbow_order elbow_order_shuffled(uint64_t samples, uint64_t seed);
struct elbow_order elbow_order_plain(uint64_t samples);

// Local. Writes the samples at positions [first, first + count) of an epoch: ids [count].
void elbow_order_fill(const struct elbow_order *order, uint64_t epoch, uint64_t first, size_t count, uint64_t *ids);

struct elbow_sequence {
    uint64_t samples, batch, microbatch; // N, B <= N, b
    uint64_t last_step;                  // the steps of the run are [0, last_step)
    int rank, size;
    bool is_fixed; // a rank has the same microbatches of all batches
};

// The batch of a step: positions [first, first + count) of an epoch, and its number of microbatches.
struct elbow_step_place {
    uint64_t step, epoch, first, count, microbatches;
};

// A microbatch: positions [first, first + rows) of an epoch.
struct elbow_microbatch_range {
    uint64_t epoch, first;
    size_t rows;
};

// Local. The steps of an epoch, S; and the microbatches of `count` samples.
uint64_t elbow_sequence_epoch_steps(const struct elbow_sequence *sequence);
uint64_t elbow_sequence_microbatches(const struct elbow_sequence *sequence, uint64_t count);

// Local. The batch of a step of the run, counted from 0.
struct elbow_step_place elbow_sequence_place(const struct elbow_sequence *sequence, uint64_t step);

// Local. The microbatches of a batch that this rank computes.
struct elbow_range elbow_sequence_mine(const struct elbow_sequence *sequence, const struct elbow_step_place *place);

// Local. Microbatch `number` of a batch.
struct elbow_microbatch_range elbow_sequence_range(const struct elbow_sequence *sequence,
                                                   const struct elbow_step_place *place, uint64_t number);

// Local. The microbatch that this rank computes after microbatch `number` of the batch; false after the last one of the
// run.
bool elbow_sequence_after(const struct elbow_sequence *sequence, const struct elbow_step_place *place, uint64_t number,
                          struct elbow_microbatch_range *next);

ELBOW_C_END

#endif
