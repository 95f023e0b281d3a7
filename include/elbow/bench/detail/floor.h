// SPDX-License-Identifier: BSD-3-Clause
// The floor of a step: its matrix products at the rank's whole local batch, and one pass of the optimiser.
#ifndef ELBOW_BENCH_DETAIL_FLOOR_H
#define ELBOW_BENCH_DETAIL_FLOOR_H

#include "elbow/nn/optimizer.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

// C (m, n) = A (m, k) B (k, n), stored in whichever order was the fastest.
struct elbow_floor_product {
    size_t m, n, k;
    const float *a, *b;
    float *c;
    int order;
};

// A rank's part of the parameters.
struct elbow_floor_slice {
    size_t size;
    int count;
    const struct elbow_piece *pieces; // not owned
};

// Everything owned, but for the slice.
struct elbow_floor {
    size_t count;
    struct elbow_floor_product *products;
    float *activations, *deltas;   // inputs and output of every layer, their gradients
    float *workspace;              // what layers make of their operands: patches of the largest convolution
    float *inner_x, *inner_y;      // between layers within layers
    float *parameters, *gradients; // whole arenas
    struct elbow_optimizer optimizer;
    struct elbow_floor_slice slice;
    uint64_t updates;
    double operations; // floating-point operations of the products
};

// Local. The floor for `rows` samples and a slice of the parameters. Tries the orders of each product out.
enum elbow_status elbow_floor_create(const struct elbow_config *config, const struct elbow_model *model, size_t rows,
                                     struct elbow_floor_slice slice, struct elbow_floor *floor,
                                     struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_floor_destroy(struct elbow_floor *floor);

// Local. All products once; the optimiser's pass once.
void elbow_floor_multiply(struct elbow_floor *floor);
void elbow_floor_optimize(struct elbow_floor *floor);

#endif
