// SPDX-License-Identifier: BSD-3-Clause
// Blocks of rows whose latents say what the density of the whole set is (elbow/vae/set_density.h). Private to
// src/evaluate.
#ifndef ELBOW_EVALUATE_DETAIL_KL_BLOCK_H
#define ELBOW_EVALUATE_DETAIL_KL_BLOCK_H

#include "elbow/evaluate/measure.h"
#include "elbow/vae/set_density.h"

// Room for one block, which stays until another is asked for. Everything is owned.
struct elbow_kl_block {
    uint64_t first; // row of the dataset
    size_t rows;    // 0: none is at hand
    struct elbow_collated collated;
    float *head, *z;   // (rows, head of the model), (rows, Z)
    double *precision; // (rows, Z)
    double *log_p;     // (rows)
    double *rooms;     // of an estimate for each thread
    double *parts;     // (rows of a microbatch, 3)
    struct elbow_set_density density;
};

// Local. Room for blocks of the rows that the request wants, and microbatches of rows_max; a failure leaves something
// to destroy. NULL is legal to destroy.
enum elbow_status elbow_kl_block_create(const struct elbow_measured *measured, size_t rows_max,
                                        struct elbow_kl_block **block, struct elbow_error *error);
void elbow_kl_block_destroy(struct elbow_kl_block **block);

// Local. parts (rows, 3) of the rows of the microbatch that was evaluated last, each by the block that it lies in.
const double *elbow_kl_block_parts(const struct elbow_measured *measured, struct elbow_kl_block *block);

#endif
