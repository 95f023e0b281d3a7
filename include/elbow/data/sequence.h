// SPDX-License-Identifier: BSD-3-Clause
// What a step consists of: the order of the samples in an epoch, the batch of a step, its microbatches, and which of
// them a rank computes. Pure integers, so that what comes next is known before it is asked for; elbow/data/batches.h
// makes values of them.
//
// An epoch is all N samples in the order of that epoch. Step s takes the next B positions of epoch floor(s / S), where
// S = ceil(N / B); the last batch of an epoch may be short. Its M = ceil(count / b) microbatches are dealt to R ranks:
// rank r computes [floor(r M / R), floor((r + 1) M / R)), from left to right. Where the sequence is fixed, M is always
// that of a full batch, and of a short batch a rank computes those of its microbatches that there are; then microbatch
// m of all batches belongs to one rank. Either way a rank may have none of a short batch.
#ifndef ELBOW_DATA_SEQUENCE_H
#define ELBOW_DATA_SEQUENCE_H

#include "elbow/base/language.h"
#include "elbow/parallel/partition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The order of the samples, behind one small interface: sample id at a position of an epoch.
struct elbow_order {
    uint64_t samples; // N
    uint64_t (*at)(const struct elbow_order *order, uint64_t epoch, uint64_t position);
    uint64_t seed;
    void *user; // of an order that is more than a function of these; not owned
};

// Local. The shuffled order (a keyed permutation for each epoch); the order of the file.
struct elbow_order elbow_order_shuffled(uint64_t samples, uint64_t seed);
struct elbow_order elbow_order_plain(uint64_t samples);

// Local. Writes the sample ids of positions [first, first + count) of an epoch.
void elbow_order_fill(const struct elbow_order *order, uint64_t epoch, uint64_t first, size_t count, uint64_t *ids);

struct elbow_sequence {
    uint64_t samples, batch, microbatch; // N, B <= N, b
    uint64_t last_step;                  // of the run: its steps are [0, last_step)
    int rank, size;
    bool is_fixed; // a rank has the same microbatches of all batches
};

// The batch of a step: positions [first, first + count) of an epoch, in so many microbatches.
struct elbow_step_place {
    uint64_t step, epoch, first, count, microbatches;
};

// A microbatch: positions [first, first + rows) of an epoch.
struct elbow_microbatch_range {
    uint64_t epoch, first;
    size_t rows;
};

// Local. S, the steps of an epoch; the microbatches of so many samples.
uint64_t elbow_sequence_epoch_steps(const struct elbow_sequence *sequence);
uint64_t elbow_sequence_microbatches(const struct elbow_sequence *sequence, uint64_t count);

// Local. The batch of a step of the run, counted from zero.
struct elbow_step_place elbow_sequence_place(const struct elbow_sequence *sequence, uint64_t step);

// Local. The microbatches of the batch that this rank computes.
struct elbow_range elbow_sequence_mine(const struct elbow_sequence *sequence, const struct elbow_step_place *place);

// Local. Microbatch `number` of the batch.
struct elbow_microbatch_range elbow_sequence_range(const struct elbow_sequence *sequence,
                                                   const struct elbow_step_place *place, uint64_t number);

// Local. The microbatch that this rank computes after microbatch `number` of the batch; false after the run's last one.
bool elbow_sequence_after(const struct elbow_sequence *sequence, const struct elbow_step_place *place, uint64_t number,
                          struct elbow_microbatch_range *next);

ELBOW_C_END

#endif
