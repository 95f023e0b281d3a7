// SPDX-License-Identifier: BSD-3-Clause
// A share of the values becomes the smallest or the largest that the training data have, each with half a chance.
#include "elbow/data/detail/corrupt.h"

static void salt(const struct elbow_corrupt_call *call, float *corrupted)
{
    elbow_random_uniform(call->stream, call->values, corrupted);
    for (size_t d = 0; d < call->values; ++d) {
        double word = (double)corrupted[d];
        corrupted[d] = word >= call->amount ? call->seen[d] : word < call->amount / 2 ? call->low[d] : call->high[d];
    }
}

const struct elbow_corruption elbow_corrupt_salt_and_pepper = {.needs_range = true, .corrupt = salt};
