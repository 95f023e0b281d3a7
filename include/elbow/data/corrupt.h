// SPDX-License-Identifier: BSD-3-Clause
// Corruption of the encoder's input (denoising): a table with a row for each kind (elbow/config/kinds.h), whose
// functions are in src/data/corrupt/<word>.c.
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
    struct elbow_stream stream; // of the sample's random words
    double amount;              // the kind's option: a share, or a standard deviation
    size_t values;              // D
    const float *seen;          // (D) the encoder's input before corruption
    // (D) the smallest and the largest value of the training data, at the same stage; only set if the kind needs them
    const float *low, *high;
};

struct elbow_corruption {
    bool needs_range; // low and high are set
    // Local. Writes the corrupted input (D). It depends on the random words of the stream alone: value d uses word d;
    // normal values 2d and 2d + 1 use words 2d and 2d + 1. The arrays do not overlap.
    void (*corrupt)(const struct elbow_corrupt_call *call, float *corrupted);
};

// Local. The row of a kind.
const struct elbow_corruption *elbow_corruption_row(enum elbow_corrupt_kind kind);

ELBOW_C_END

#endif
