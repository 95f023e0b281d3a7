// SPDX-License-Identifier: BSD-3-Clause
// Which microbatches a rank computes, one after the other, from any step of a run to its last: pure integers, so that
// what comes next is known before it is asked for. A rank takes microbatches [floor(r M / R), floor((r + 1) M / R)) of
// each batch, from left to right; batches follow each other across epochs; of a short batch a rank may have none.
#ifndef ELBOW_DATA_SEQUENCE_H
#define ELBOW_DATA_SEQUENCE_H

#include "elbow/base/language.h"
#include "elbow/data/batches.h"

ELBOW_C_BEGIN

struct elbow_sequence {
    uint64_t samples, batch, microbatch; // N, B <= N, b
    uint64_t last_step;                  // of the run: its steps are [0, last_step)
    int rank, size;
};

// A microbatch: positions [first, first + rows) of an epoch.
struct elbow_portion {
    uint64_t epoch, first;
    size_t rows;
};

// Local. Microbatch `number` of the batch at `place`.
struct elbow_portion elbow_sequence_portion(const struct elbow_sequence *sequence, const struct elbow_step_place *place,
                                            uint64_t number);

// Local. The microbatch that this rank computes after microbatch `number` of the batch at `place`; false after the
// run's last one.
bool elbow_sequence_after(const struct elbow_sequence *sequence, const struct elbow_step_place *place, uint64_t number,
                          struct elbow_portion *next);

ELBOW_C_END

#endif
