// SPDX-License-Identifier: BSD-3-Clause
// The latents of a dataset on rank zero, at most ELBOW_GATHER_MOST. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_GATHER_H
#define ELBOW_EVALUATE_DETAIL_GATHER_H

#include "elbow/evaluate/evaluation.h"

enum { ELBOW_GATHER_MOST = 16384 };

// Owned; zeroed: none.
struct elbow_gathered {
    uint64_t rows;
    bool is_finite; // all latents are; on rank zero
    float *latents; // (rows, Z) on rank zero, otherwise NULL
};

// Collective. Gathers one draw from q(z|x), or its mean, for each sample, or for ELBOW_GATHER_MOST samples of a large
// dataset, which the seed chooses. The same order and bits on any number of ranks. MEMORY, and errors of reading. The
// caller clears *gathered, also after a failure.
enum elbow_status elbow_gather(const struct elbow_evaluation_request *request, uint64_t seed, bool are_means,
                               struct elbow_gathered *gathered, struct elbow_error *error);

// Local. The number of rows that elbow_gather returns.
uint64_t elbow_gather_rows(const struct elbow_evaluation_request *request);

// Local. A zeroed struct is legal.
void elbow_gathered_clear(struct elbow_gathered *gathered);

#endif
