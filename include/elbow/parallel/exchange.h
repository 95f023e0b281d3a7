// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange: everybody's gradients become everybody's new parameters, with the same bits on any number of
// ranks.
//
// M microbatches make a batch. A rank computes the microbatches [floor(r M / R), floor((r + 1) M / R)), and leaves the
// sum of each maximal subtree (see partition.h) of them in a buffer of the exchange. Parameters are cut into blocks of
// 4096; each rank owns some whole blocks (its slice), adds the subtrees of its blocks in the tree's order, multiplies
// once by `scale`, and calls back `apply` with sum and parameters. Inside a node, gradients and the one copy of the
// parameters lie in shared memory (replicas cannot differ there).
//
// Between nodes they travel as messages, bucket by bucket: a bucket is a layer or some small ones joined, and is
// shared out among all ranks. elbow_exchange_ready tells how far down the backward pass has come, and sends what is
// complete while the pass goes on. A step ends when all owners have what they update; new parameters are then on their
// way, and elbow_exchange_await waits for those that a forward pass needs next. For each bucket one message goes from
// each node to each other one with gradients, and one with new parameters.
#ifndef ELBOW_PARALLEL_EXCHANGE_H
#define ELBOW_PARALLEL_EXCHANGE_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/partition.h"

ELBOW_C_BEGIN

enum { ELBOW_BLOCK = 4096 }; // parameters

struct elbow_exchange; // opaque

struct elbow_exchange_sizes {
    size_t parameters;     // floats of the arena
    uint64_t microbatches; // of a full batch
    uint64_t last;         // of the short batch that ends an epoch; microbatches where there is none
    size_t statistics;     // doubles of the statistics of a microbatch
    // Where layers begin, ascending, the first at 0; needed for the call only. NULL (count 0): one layer. Where ranks
    // create an exchange rank zero's are those of all: another build may cut its layers in another way.
    const size_t *layers;
    size_t layer_count;
    // Parameters that a bucket has at least, but for the last one to be made; and as many blocks as there are nodes.
    size_t bucket;
};

// Some consecutive parameters of a rank's slice.
struct elbow_piece {
    size_t first, count; // in the arena
    size_t offset;       // of the first one in the slice, where the pieces lie one after the other
};

// What the exchange asks of its user between the sum and the new parameters.
struct elbow_exchange_client {
    void *user;
    // Called on every rank with the same arguments: statistics summed over the batch, the gradient's Euclidean norm
    // (after `scale`). Tells whether the parameters shall change.
    bool (*decide)(void *user, const double *statistics, double gradient_norm);
    // Called on the owner for each piece of its slice: updates the parameters in place. Both arrays begin at the piece.
    void (*apply)(void *user, struct elbow_piece piece, const float *gradient, float *parameters);
};

// The bytes that the ranks of a node share, or that each rank takes where memory cannot be shared.
struct elbow_exchange_need {
    uint64_t shared_per_node, private_per_rank;
};

// Local. What an exchange of these sizes would take on this rank's node; nothing of it is made. MEMORY.
enum elbow_status elbow_exchange_measure(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                         struct elbow_exchange_need *need, struct elbow_error *error);

// Collective. MEMORY if the buffers cannot be had.
enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **exchange,
                                        struct elbow_error *error);

// Collective. A NULL is legal.
void elbow_exchange_destroy(struct elbow_exchange *exchange);

// Waits until all that the last step sends, here and to others, has come; to be called by all ranks, or else they go on
// to other functions of the exchange, before they meet in anything else. The parameters (sizes.parameters floats);
// between two elbow_exchange_step all ranks may read them. To write them, see elbow_exchange_publish.
const float *elbow_exchange_parameters(struct elbow_exchange *exchange);

// Likewise, but waits only until the parameters before element `end` have come. Whoever goes on with those calls
// elbow_exchange_poll now and then: others wait for what this rank sends.
const float *elbow_exchange_await(struct elbow_exchange *exchange, size_t end);

// Local. Lets messages go on. Costs next to nothing where there are none.
void elbow_exchange_poll(struct elbow_exchange *exchange);

// Local. Whether there are messages: several groups of ranks that share memory.
bool elbow_exchange_has_messages(const struct elbow_exchange *exchange);

// Local. For tests: from now on this rank sleeps a random while, up to 200 microseconds, at every hand-over (0: no
// more). What order the ranks then come in must not show in the bits.
void elbow_exchange_disturb(struct elbow_exchange *exchange, uint64_t seed);

// Local. This rank's slice: its pieces, ascending, and how many (*pieces belongs to the exchange); its parameters.
int elbow_exchange_pieces(const struct elbow_exchange *exchange, const struct elbow_piece **pieces);
size_t elbow_exchange_slice(const struct elbow_exchange *exchange);

// Local. Whether the ranks of a node have one copy of the parameters; else each has its own.
bool elbow_exchange_is_shared(const struct elbow_exchange *exchange);

// Local. The buckets that these sizes give on two nodes: the parameters of each, from the first layer
// on, and how many; what exceeds `most` counts in the last one.
enum elbow_status elbow_exchange_list_buckets(const struct elbow_exchange_sizes *sizes, int most, size_t *parameters,
                                              int *count, struct elbow_error *error);

// Local. How many buckets there are, and the parameters of one that a rank owns.
int elbow_exchange_buckets(const struct elbow_exchange *exchange);
struct elbow_range elbow_exchange_owned(const struct elbow_exchange *exchange, int rank, int bucket);

// Collective. Rank zero's `all` (the whole arena; may be NULL elsewhere) gets what every rank has for its slice.
// MEMORY if rank zero lacks the room for it.
enum elbow_status elbow_exchange_gather(struct elbow_exchange *exchange, const float *slice, float *all,
                                        struct elbow_error *error);

// Collective. The reverse.
enum elbow_status elbow_exchange_scatter(struct elbow_exchange *exchange, const float *all, float *slice,
                                         struct elbow_error *error);

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

// Local. From element `first` on, the sums of all of this rank's subtrees are complete and will not be written again in
// this batch: what waits for that goes on its way. May be called as often as wanted, with falling `first`; whoever does
// so must end the batch by elbow_exchange_step.
void elbow_exchange_ready(struct elbow_exchange *exchange, size_t first);

// Collective. Ends the batch: sums, asks, applies, begins to share. Returns decide's answer. `statistics`
// (sizes.statistics doubles) gets the sums, *gradient_norm the norm.
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

ELBOW_C_END

#endif
