// SPDX-License-Identifier: BSD-3-Clause
// What the encoder sees in place of the values, so that it learns to do without some (denoising): a table with a row
// for each kind (elbow/config/kinds.h), whose functions lie in src/data/corrupt/<word>.c.
#ifndef ELBOW_DATA_CORRUPT_H
#define ELBOW_DATA_CORRUPT_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"
#include "elbow/math/random.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// One sample. Nothing is owned.
struct elbow_corrupt_call {
    struct elbow_stream stream; // the words of one sample
    double amount;              // the kind's option: a share, or a deviation
    size_t values;              // D
    const float *seen;          // (D): what the encoder would see
    const float *low, *high;    // (D): the smallest and the largest value of the training data, likewise; only for a
                                // kind that asks for them
};

struct elbow_corruption {
    bool needs_range; // low and high
    // Local. What it sees (D), by the words of the stream alone; word d belongs to value d, or words 2d and 2d + 1 to
    // values 2d and 2d + 1 where they are normal. The arrays do not overlap.
    void (*corrupt)(const struct elbow_corrupt_call *call, float *corrupted);
};

// Local. The row of a kind.
const struct elbow_corruption *elbow_corruption_row(enum elbow_corrupt_kind kind);

ELBOW_C_END

#endif
