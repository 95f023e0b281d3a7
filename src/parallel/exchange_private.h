// SPDX-License-Identifier: BSD-3-Clause
// The inside of an exchange, shared by its plans (exchange_plan.c), its making (exchange.c) and its step
// (exchange_step.c).
#ifndef ELBOW_PARALLEL_EXCHANGE_PRIVATE_H
#define ELBOW_PARALLEL_EXCHANGE_PRIVATE_H

#include "elbow/parallel/exchange.h"
#include "meeting.h"

// The sum of one batch size: who brings which subtrees, and in which order they are added.
struct elbow_plan {
    uint64_t microbatches;
    int count;                        // subtrees of all ranks, from left to right
    struct elbow_range *subtrees;     // [count] owned
    int *first;                       // [size + 1] owned: rank r brings subtrees [first[r], first[r + 1])
    struct elbow_addition *additions; // [count - 1] owned
};

struct elbow_exchange {
    struct elbow_comm *comm; // not owned
    struct elbow_exchange_sizes sizes;
    bool grouped;               // groups are nodes; else every rank is a group of its own
    int subtrees;               // buffers of a rank: the most it ever brings
    int scratches;              // scratch gradients
    size_t stride;              // floats from one gradient buffer to the next
    struct elbow_shared memory; // of the group: all that follows up to the gradients
    struct elbow_meeting meeting;
    double *statistics;   // (members, subtrees, statistics)
    double *posted_norms; // [blocks]
    float *parameters;    // [stride]
    float *gradients;     // (members, subtrees, stride)
    float *scratch;       // scratches x stride, owned
    struct elbow_plan plans[2];
    const struct elbow_plan *plan; // of the present batch
    size_t *blocks;                // [size + 1] owned: rank r owns blocks [blocks[r], blocks[r + 1])
    float *sum;   // this rank's slice of the summed gradient: in its own first buffer, where nobody else reads it
    float *tiles; // partial sums of one block, owned
    const float **values;   // [most subtrees] owned: where this rank's slice of each subtree lies
    const float **standing; // [most subtrees] owned: where the partial sums of one block stand
    float *inbox;           // other groups' subtrees of this rank's slice, owned
    double *norms;          // [blocks] owned
    double *gathered;       // size x subtrees x statistics, owned
    MPI_Request *requests;  // owned
    int requested;
    uint64_t disturbance; // state of the random sleeps; 0: none
    struct elbow_exchange_counts counts;
};

// Local. Who brings what for batches of so many microbatches on so many ranks.
enum elbow_status elbow_plan_create(struct elbow_plan *plan, uint64_t microbatches, int size,
                                    struct elbow_error *error);
void elbow_plan_clear(struct elbow_plan *plan);

// Local. Whether a rank is in this rank's group.
bool elbow_exchange_is_near(const struct elbow_exchange *exchange, int rank);

// Local. Floats of a rank's slice.
size_t elbow_exchange_slice_size(const struct elbow_exchange *exchange, int rank);

// Local. The i-th gradient buffer of a rank of this group.
float *elbow_exchange_buffer(const struct elbow_exchange *exchange, int rank, int i);

#endif
