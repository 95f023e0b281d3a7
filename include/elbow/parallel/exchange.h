// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange: the gradients of all ranks become new parameters on all ranks, with the same bits on any
// number of ranks.
//
// M microbatches make a batch. Rank r computes the microbatches [floor(r M / R), floor((r + 1) M / R)) (of a short
// batch with `is_fixed` those of a full batch that there are), and leaves the sum of each maximal subtree (see
// partition.h) of them in a buffer of the exchange. Parameters are cut into blocks of 4096. Each rank owns some whole
// blocks, its slice: it adds their subtrees in the order of the tree, multiplies once by `scale`, and calls back
// `apply` with sum and parameters. Inside a node, gradients and the one copy of the parameters are in shared memory, so
// that replicas cannot differ there.
//
// Between nodes they travel as messages, bucket by bucket: a bucket is a layer or some small ones joined, and is
// divided among all ranks. elbow_exchange_ready reports the progress of the backward pass, and sends complete buckets
// while the pass continues. A step ends when all owners have their sums; new parameters are then in transit, and
// elbow_exchange_await waits for those that a forward pass needs next. For each bucket, each node sends one message
// with gradients and one with new parameters to each other node.
//
// A range of the gradient may be taken in advance: its sum goes to every rank as soon as it is complete, and the
// client's result from it is added to all other sums before the norm is computed. For gradients that must be summed
// before they can be propagated further.
//
// A step is: elbow_exchange_begin; the rank's gradients and statistics into its buffers, elbow_exchange_ready and
// elbow_exchange_poll now and then; elbow_exchange_step.
//
// Threads: `main thread` is the one that opened the communicator; `any thread` may call at any moment between creation
// and destruction. Of the local functions, those of the main thread that wait or send (elbow_exchange_await, _poll and
// _ready) call MPI. Arrays of a caller overlap neither each other nor memory of the exchange, unless the function says
// so.
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
    uint64_t last;         // of the short batch that ends an epoch; microbatches if there is none
    bool is_fixed;         // of a short batch a rank computes those of its microbatches of a full one that there are
    size_t statistics;     // doubles of the statistics of a microbatch
    // Starts of the layers, ascending, the first at 0; read during the call only. NULL (count 0): one layer. All ranks
    // take rank zero's, because another build may cut its layers differently.
    const size_t *layers;
    size_t layer_count;
    // The minimum number of parameters of a bucket; the last one may have fewer. Each bucket also has at least as many
    // blocks as there are nodes.
    size_t bucket;
    // The elements of the gradient that are taken in advance; count 0: none are. They hold no parameters: their own
    // gradient is 0 for `apply`. Best at the end of the arena, which is complete first.
    size_t advance_first, advance_count;
};

// Some consecutive parameters of a rank's slice.
struct elbow_piece {
    size_t first, count; // in the arena
    size_t offset;       // of the first one in the slice, which holds the pieces one after the other
};

// Called back by elbow_exchange_step, in the main thread, between the sum and the new parameters. They do not call the
// exchange, except that `finish` may call elbow_exchange_poll.
struct elbow_exchange_client {
    void *user;
    // Local. Called if there are elements taken in advance, on every rank with the same ones (advance_count): their sum
    // over the batch, after `scale`. Writes their contribution to the whole gradient, the same on every rank, into
    // `added` (sizes.parameters floats): zero at first, then as the previous step left it. The parameters have not
    // changed yet.
    void (*finish)(void *user, const float *advance, float *added);
    // Local. Called on every rank with the same arguments: statistics summed over the batch (the array that
    // elbow_exchange_step was given) and the Euclidean norm of the gradient after `scale`. Returns whether to change
    // the parameters.
    bool (*decide)(void *user, const double *statistics, double gradient_norm);
    // Local. Called on the owner for each piece of its slice that is not empty: updates the parameters in place. Both
    // arrays begin at the piece, and do not overlap. Other ranks update other pieces of the same arena meanwhile.
    void (*apply)(void *user, struct elbow_piece piece, const float *gradient, float *parameters);
};

// The bytes that the ranks of a node share, or that each rank needs if memory cannot be shared.
struct elbow_exchange_need {
    uint64_t shared_per_node, private_per_rank;
    uint64_t beside_per_rank; // of each rank itself in any case: sums of its subtrees
};

// Local, any thread. The memory that an exchange of these sizes would need on this rank's node; allocates none of it.
// MEMORY.
enum elbow_status elbow_exchange_measure(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                         struct elbow_exchange_need *need, struct elbow_error *error);

// Collective, main thread. MEMORY if the buffers cannot be allocated. The communicator must outlive the exchange.
enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **exchange,
                                        struct elbow_error *error);

// Collective, main thread. Waits as elbow_exchange_parameters does. A NULL is legal.
void elbow_exchange_destroy(struct elbow_exchange *exchange);

// Collective, main thread, unless every rank next calls another function of the exchange marked `main thread`. Blocks
// until all parameter messages of the last step have completed, including those that this rank sends. Returns the
// parameters (sizes.parameters floats), which belong to the exchange. Between two calls of elbow_exchange_step any
// thread of any rank may read them; only elbow_exchange_publish and `apply` write them.
const float *elbow_exchange_parameters(struct elbow_exchange *exchange);

// Local, main thread. Blocks until the parameters before element `end` have arrived; returns the same array, of which
// only these may be read. A caller that keeps computing must call elbow_exchange_poll regularly: other ranks wait for
// its messages.
const float *elbow_exchange_await(struct elbow_exchange *exchange, size_t end);

// Local, main thread. Lets messages make progress, without waiting. Without messages it costs almost nothing.
void elbow_exchange_poll(struct elbow_exchange *exchange);

// Local, any thread. Whether there are messages: several groups of ranks that share memory.
bool elbow_exchange_has_messages(const struct elbow_exchange *exchange);

// Local, main thread. For tests: from now on this rank sleeps at random, up to 200 microseconds, whenever it delivers
// something (0: not any more). The order of arrival must not change the bits.
void elbow_exchange_disturb(struct elbow_exchange *exchange, uint64_t seed);

// Local, any thread. This rank's slice: its pieces, ascending, one for each bucket, some of which may be empty (*pieces
// belongs to the exchange), and their number; the number of its parameters.
int elbow_exchange_pieces(const struct elbow_exchange *exchange, const struct elbow_piece **pieces);
size_t elbow_exchange_slice(const struct elbow_exchange *exchange);

// Local, any thread. Whether the ranks of a node share one copy of the parameters; otherwise each rank has its own.
bool elbow_exchange_is_shared(const struct elbow_exchange *exchange);

// Local, any thread. The buckets of these sizes on two nodes: the number of parameters of each, from the first layer
// on, and their number *count. Buckets beyond `most` are added to the last one. MEMORY.
enum elbow_status elbow_exchange_list_buckets(const struct elbow_exchange_sizes *sizes, int most, size_t *parameters,
                                              int *count, struct elbow_error *error);

// Local, any thread. The number of buckets; the parameters of a bucket that a rank owns.
int elbow_exchange_buckets(const struct elbow_exchange *exchange);
struct elbow_range elbow_exchange_owned(const struct elbow_exchange *exchange, int rank, int bucket);

// Collective, main thread. Each rank passes an array of its slice, such as a moment of the optimiser; rank zero gets
// all of them as one arena, in `all` (NULL is legal elsewhere). MEMORY if rank zero lacks memory.
enum elbow_status elbow_exchange_gather(struct elbow_exchange *exchange, const float *slice, float *all,
                                        struct elbow_error *error);

// Collective, main thread. The reverse of elbow_exchange_gather.
enum elbow_status elbow_exchange_scatter(struct elbow_exchange *exchange, const float *all, float *slice,
                                         struct elbow_error *error);

// Collective, main thread, between two steps. Each rank passes an array of its slice; all get all of them as one arena
// (sizes.parameters floats), which is in this rank's first gradient buffer and lasts until the next gradient is
// written. MEMORY on all ranks if one lacks memory.
enum elbow_status elbow_exchange_collect(struct elbow_exchange *exchange, const float *slice, const float **all,
                                         struct elbow_error *error);

// Collective, main thread. All ranks pass the same values (sizes.parameters floats), which become the parameters on all
// nodes.
void elbow_exchange_publish(struct elbow_exchange *exchange, const float *values);

// Local, main thread. Begins a batch of `microbatches` (one of the two numbers of the sizes): writes the subtrees of
// this rank, from left to right, into `subtrees` (ELBOW_SUBTREES_MAX), and returns their number, which may be 0. The
// buffers of gradients and statistics may be written from now on.
int elbow_exchange_begin(struct elbow_exchange *exchange, uint64_t microbatches, struct elbow_range *subtrees);

// Local, any thread. The buffers of this rank's i-th subtree: the sum of its gradients (sizes.parameters floats) and of
// its statistics. Different i have different buffers, which overlap nothing else; the rank writes them between
// elbow_exchange_begin and elbow_exchange_step, except the part that it has declared complete by elbow_exchange_ready.
// Elements of a gradient that belong to no tensor (padding) are zero and must stay so.
float *elbow_exchange_gradient(struct elbow_exchange *exchange, int i);
double *elbow_exchange_statistics(struct elbow_exchange *exchange, int i);

// Local, any thread. A private gradient buffer for sums within a subtree, one for each level 1, 2, ... (level 0 is the
// subtree's own buffer).
float *elbow_exchange_scratch(struct elbow_exchange *exchange, int level);

// Local, main thread. Declares that the sums of all of this rank's subtrees are complete from element `first` on: they
// are not written again in this batch, and buckets that waited for them are sent. May be called any number of times,
// with decreasing `first`. After the first call the batch must end with elbow_exchange_step.
void elbow_exchange_ready(struct elbow_exchange *exchange, size_t first);

// Collective, main thread. Ends the batch: adds all subtrees, multiplies by `scale`, calls decide and, if it agrees,
// apply; begins to send the new parameters. `statistics` (sizes.statistics doubles) gets the sums, *gradient_norm the
// norm. Returns the answer of decide.
bool elbow_exchange_step(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client,
                         double *statistics, double *gradient_norm);

// Seconds and bytes of this rank since the exchange was created.
struct elbow_exchange_counts {
    double wait_seconds, work_seconds; // waiting for others; adding and copying (without apply)
    uint64_t bytes_read, bytes_sent;   // from neighbours' memory; by messages
};

// Local, main thread.
struct elbow_exchange_counts elbow_exchange_count(const struct elbow_exchange *exchange);

// The bytes of an exchange: the gradients of one rank (buffers and scratch), the parameters of a node.
struct elbow_exchange_bytes {
    uint64_t gradients_per_rank, parameters_per_node;
};

// Local, any thread.
struct elbow_exchange_bytes elbow_exchange_memory(const struct elbow_exchange *exchange);

ELBOW_C_END

#endif
