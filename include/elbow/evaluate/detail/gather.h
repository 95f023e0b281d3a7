// SPDX-License-Identifier: BSD-3-Clause
// The latents of a dataset on rank zero, as many as memory is sure to have. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_GATHER_H
#define ELBOW_EVALUATE_DETAIL_GATHER_H

#include "elbow/evaluate/evaluation.h"

enum { ELBOW_GATHER_MOST = 16384 };

// Owned; zeroed: none.
struct elbow_gathered {
    uint64_t rows;
    bool is_finite; // on rank zero, as the latents
    float *latents; // (rows, Z) on rank zero; else NULL
};

// Collective. Of each sample one draw of q(z|x), or its mean; of a large dataset of 16,384 samples that the seed
// chooses. In order, the same bits on any number of ranks. MEMORY. A failure leaves something to clear.
enum elbow_status elbow_gather(const struct elbow_evaluation_request *request, uint64_t seed, bool are_means,
                               struct elbow_gathered *gathered, struct elbow_error *error);

// Local. So many rows it will be.
uint64_t elbow_gather_rows(const struct elbow_evaluation_request *request);

// Local. A zeroed struct is legal.
void elbow_gathered_clear(struct elbow_gathered *gathered);

#endif
