// SPDX-License-Identifier: BSD-3-Clause
// The floor of a step: its matrix products, for all rows of the rank at once, and one pass of the optimiser.
#ifndef ELBOW_BENCH_DETAIL_FLOOR_H
#define ELBOW_BENCH_DETAIL_FLOOR_H

#include "elbow/nn/optimizer.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

// C (m, n) = A (m, k) B (k, n), stored in the fastest of several orders.
struct elbow_floor_product {
    size_t m, n, k;
    const float *a, *b;
    float *c;
    int order;
};

// A rank's slice of the parameters.
struct elbow_floor_slice {
    size_t size;                      // number of parameters
    int count;                        // number of pieces
    const struct elbow_piece *pieces; // [count]; not owned
};

// Everything is owned, except for the pieces of the slice.
struct elbow_floor {
    size_t count;
    struct elbow_floor_product *products;
    float *activations, *deltas;   // inputs and outputs of all layers; their gradients
    float *workspace;              // for operands that layers compute: patches of the largest convolution
    float *inner_x, *inner_y;      // between the inner layers of a layer
    float *parameters, *gradients; // of all tensors
    struct elbow_optimizer optimizer;
    struct elbow_floor_slice slice;
    uint64_t updates;
    double operations; // floating-point operations of the products
};

// Local. The floor for `rows` samples and a slice of the parameters. Times each product in all orders, and keeps the
// fastest. MEMORY; `floor` is then to be destroyed, too.
enum elbow_status elbow_floor_create(const struct elbow_config *config, const struct elbow_model *model, size_t rows,
                                     struct elbow_floor_slice slice, struct elbow_floor *floor,
                                     struct elbow_error *error);

// Local. Releases everything; a zeroed struct is legal.
void elbow_floor_destroy(struct elbow_floor *floor);

// Local. Computes all products once; runs the optimiser's pass once.
void elbow_floor_multiply(struct elbow_floor *floor);
void elbow_floor_optimize(struct elbow_floor *floor);

#endif
