// SPDX-License-Identifier: BSD-3-Clause
// Two checkpoints of the same step, bit by bit.
#ifndef ELBOW_CHECKPOINT_COMPARE_H
#define ELBOW_CHECKPOINT_COMPARE_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"

ELBOW_C_BEGIN

enum { ELBOW_CHECKPOINT_PLACE_SIZE = 2 * ELBOW_TENSOR_NAME_SIZE };

// The first difference, in the order: parameters, moments, averaged weights, numbers of the state, statistics. With the
// names in the file: "model/encoder.0/weight[3]", "best_elbo".
struct elbow_checkpoint_difference {
    char place[ELBOW_CHECKPOINT_PLACE_SIZE];
    double before, now;
    size_t tensors; // of the first kind that differs: number with a different bit
    size_t of;      // total number
};

// Local. Whether they differ. Both have all their contents (those of rank zero), and layouts of the same size.
bool elbow_checkpoint_compare(const struct elbow_checkpoint *before, const struct elbow_checkpoint *now,
                              struct elbow_checkpoint_difference *difference);

ELBOW_C_END

#endif
