// SPDX-License-Identifier: BSD-3-Clause
// Normal noise of one deviation, in the unit of what the encoder sees.
#include "elbow/data/detail/corrupt.h"

static void add_noise(const struct elbow_corrupt_call *call, float *corrupted)
{
    elbow_random_normal(call->stream, call->values, corrupted);
    for (size_t d = 0; d < call->values; ++d)
        corrupted[d] = (float)((double)call->seen[d] + call->amount * (double)corrupted[d]);
}

const struct elbow_corruption elbow_corrupt_gaussian = {.corrupt = add_noise};
