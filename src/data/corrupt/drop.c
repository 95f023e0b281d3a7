// SPDX-License-Identifier: BSD-3-Clause
// A share of the values becomes 0 (masking noise: Vincent et al. 2008, "Extracting and composing robust features with
// denoising autoencoders"). Those that are kept are not rescaled.
#include "elbow/data/detail/corrupt.h"

static void drop(const struct elbow_corrupt_call *call, float *corrupted)
{
    elbow_random_uniform(call->stream, call->values, corrupted);
    for (size_t d = 0; d < call->values; ++d)
        corrupted[d] = (double)corrupted[d] < call->amount ? 0 : call->seen[d];
}

const struct elbow_corruption elbow_corrupt_drop = {.corrupt = drop};
