// SPDX-License-Identifier: BSD-3-Clause
// Blocks of rows whose latents estimate the density of the whole set (elbow/vae/set_density.h). Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_KL_BLOCK_H
#define ELBOW_EVALUATE_DETAIL_KL_BLOCK_H

#include "elbow/evaluate/measure.h"
#include "elbow/vae/set_density.h"

// One block, which is kept until another one is needed. Everything is owned.
struct elbow_kl_block {
    uint64_t first; // row of the dataset
    size_t rows;    // 0: no block yet
    struct elbow_collated collated;
    float *head, *z;   // (rows, head of the model), (rows, Z)
    double *precision; // (rows, Z)
    double *log_p;     // (rows)
    double *estimates; // workspace of an estimate, for each thread
    double *parts;     // (rows of a microbatch, 3)
    struct elbow_set_density density;
};

// Local. Allocates a block of the requested number of rows, for microbatches of up to rows_max rows. MEMORY. The caller
// destroys *block, also after a failure. Destroying a NULL is legal.
enum elbow_status elbow_kl_block_create(const struct elbow_measured *measured, size_t rows_max,
                                        struct elbow_kl_block **block, struct elbow_error *error);
void elbow_kl_block_destroy(struct elbow_kl_block **block);

// Local. The parts of the KL (rows, 3) for the rows of the microbatch that was evaluated last, each estimated in its
// block. Valid until the next call.
const double *elbow_kl_block_parts(const struct elbow_measured *measured, struct elbow_kl_block *block);

#endif
