// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange: everybody's gradients become everybody's new parameters, with the same bits on any number of
// ranks.
//
// M microbatches make a batch. A rank computes the microbatches [floor(r M / R), floor((r + 1) M / R)), and leaves the
// sum of each maximal subtree (see partition.h) of them in a buffer of the exchange. Parameters are cut into blocks of
// 4096; each rank owns a run of whole blocks, adds the subtrees of its blocks in the tree's order, multiplies once by
// `scale`, and calls back `apply` with sum and parameters. Inside a node, gradients and the one copy of the parameters
// lie in shared memory (replicas cannot differ there); between nodes they travel as messages.
#ifndef ELBOW_PARALLEL_EXCHANGE_H
#define ELBOW_PARALLEL_EXCHANGE_H

#include "elbow/parallel/comm.h"
#include "elbow/parallel/partition.h"

enum { ELBOW_BLOCK = 4096 }; // parameters

struct elbow_exchange; // opaque

struct elbow_exchange_sizes {
    size_t parameters;     // floats of the arena
    uint64_t microbatches; // of a full batch
    uint64_t last;         // of the short batch that ends an epoch; microbatches where there is none
    size_t statistics;     // doubles of the statistics of a microbatch
};

// What the exchange asks of its user between the sum and the new parameters.
struct elbow_exchange_client {
    void *user;
    // Called on every rank with the same arguments: statistics summed over the batch, the gradient's Euclidean norm
    // (after `scale`). Tells whether the parameters shall change.
    bool (*decide)(void *user, const double *statistics, double gradient_norm);
    // Called on the owner for its slice [first, first + count): updates the parameters in place.
    void (*apply)(void *user, size_t first, size_t count, const float *gradient, float *parameters);
};

// Collective. MEMORY if the buffers cannot be had.
enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **exchange,
                                        struct elbow_error *error);

// Collective. A NULL is legal.
void elbow_exchange_destroy(struct elbow_exchange *exchange);

// Local. The parameters (sizes.parameters floats); between two elbow_exchange_step all ranks may read them. To write
// them, see elbow_exchange_publish.
const float *elbow_exchange_parameters(const struct elbow_exchange *exchange);

// Local. For tests: from now on this rank sleeps a random while, up to 200 microseconds, at every hand-over (0: no
// more). What order the ranks then come in must not show in the bits.
void elbow_exchange_disturb(struct elbow_exchange *exchange, uint64_t seed);

// Local. This rank's slice [first, last) of the parameters, or that of another rank.
struct elbow_range elbow_exchange_slice(const struct elbow_exchange *exchange, int rank);

// Collective. All ranks hand in the same values, which become the parameters everywhere.
void elbow_exchange_publish(struct elbow_exchange *exchange, const float *values);

// Local. Begins a batch of `microbatches` (one of the two numbers of the sizes): writes this rank's subtrees, in order,
// and tells how many (may be 0). Gradient buffers are free again for the next batch.
int elbow_exchange_begin(struct elbow_exchange *exchange, uint64_t microbatches, struct elbow_range *subtrees);

// Local. Where the gradient sum (sizes.parameters floats) and the statistics of this rank's i-th subtree go. Elements
// of a gradient that belong to no tensor (padding) are zero and must stay so.
float *elbow_exchange_gradient(struct elbow_exchange *exchange, int i);
double *elbow_exchange_statistics(struct elbow_exchange *exchange, int i);

// Local. Scratch gradients for summing inside a subtree, level 1, 2, ... (level 0 is the subtree's own buffer).
float *elbow_exchange_scratch(struct elbow_exchange *exchange, int level);

// Collective. Ends the batch: sums, asks, applies, shares. Returns decide's answer. `statistics` (sizes.statistics
// doubles) gets the sums, *gradient_norm the norm.
bool elbow_exchange_step(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client,
                         double *statistics, double *gradient_norm);

// Seconds and bytes since the exchange was created, of this rank.
struct elbow_exchange_counts {
    double wait_seconds, work_seconds; // waiting for others; adding and copying (without apply)
    uint64_t bytes_read, bytes_sent;   // from neighbours' memory; by messages
};

// Local.
struct elbow_exchange_counts elbow_exchange_count(const struct elbow_exchange *exchange);

// Local. What it takes in bytes: of one rank's gradients (buffers and scratch), of the parameters of a node.
struct elbow_exchange_bytes {
    uint64_t gradients_per_rank, parameters_per_node;
};
struct elbow_exchange_bytes elbow_exchange_memory(const struct elbow_exchange *exchange);

#endif
