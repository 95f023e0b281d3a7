// SPDX-License-Identifier: BSD-3-Clause
// The inside of an exchange, from the bottom: the cut of the arena (cut.c), plans (plan.c), the layout of memory
// (layout.c), progress of the members (progress.c), sums (add.c), messages between groups (network.c), sums taken in
// advance (advance.c), the step (step.c), and the interface (exchange.c).
//
// Ranks form groups: the nodes, or single ranks if memory cannot be shared. A group is a sequence of consecutive ranks,
// its members.
//
// All functions are for the main thread, except those of cuts and plans, which any thread may call. Returned pointers
// refer to memory of the exchange; arrays of the caller overlap nothing else.
#ifndef ELBOW_PARALLEL_DETAIL_EXCHANGE_H
#define ELBOW_PARALLEL_DETAIL_EXCHANGE_H

#include "elbow/parallel/detail/meeting.h"
#include "elbow/parallel/exchange.h"
#include "elbow/parallel/shared.h"

// The blocks of the arena cut into buckets, and every bucket distributed over the ranks in an order of its own. Pure
// integers.
struct elbow_cut {
    size_t parameters, blocks;
    int buckets;
    size_t *edges;          // [buckets + 1] owned: bucket k has blocks [edges[k], edges[k + 1])
    int groups;             // of ranks; they stay together in every order
    const int *group_first; // [groups + 1] not owned
    uint32_t *dealt;        // (buckets, groups) owned: blocks of the buckets before that a group owns
};

// Sums of one batch size: the subtrees of each rank, and the order of their addition.
struct elbow_plan {
    uint64_t microbatches, dealt; // dealt >= microbatches
    int count;                    // subtrees of all ranks, from left to right
    struct elbow_range *subtrees; // [count] owned
    int *first;                   // [size + 1] owned: rank r has subtrees [first[r], first[r + 1])
    // The terms that an owner adds: the subtrees of its group's ranks, and from other groups the sums of their ranks'
    // subtrees.
    int terms;
    struct elbow_range *term;         // [terms] owned
    int *group;                       // [groups + 1] owned: group g's terms
    struct elbow_addition *additions; // [terms - 1] owned
    // The sums that this group sends to the others: the i-th sum is that of its ranks' subtrees [parts[i], parts[i +
    // 1]), counted from the group's first, by the additions that begin at partial[parts[i] - i].
    int sums;
    int *parts;                     // [sums + 1] owned
    struct elbow_addition *partial; // owned
};

// A message between this group and another one: gradients or parameters of one bucket.
struct elbow_transfer {
    int bucket, peer;               // peer: a group
    struct elbow_range part;        // of the bucket; never empty
    struct elbow_trace_start begin; // of its event in the trace
};

// The transfers of one kind that this rank makes for its group, in the order in which they become possible.
struct elbow_transfers {
    struct elbow_transfer *list; // [count] owned
    MPI_Request *requests;       // [count] owned, in the same order
    int count, posted, complete;
    int first; // those before it are complete
};

enum { ELBOW_GRADIENTS_IN, ELBOW_GRADIENTS_OUT, ELBOW_PARAMETERS_IN, ELBOW_PARAMETERS_OUT, ELBOW_TRANSFER_KINDS };

struct elbow_exchange {
    struct elbow_comm *comm; // not owned
    struct elbow_exchange_sizes sizes;
    bool grouped;               // groups are nodes; otherwise every rank is a group of its own
    int groups, my_group;       // their number, this rank's
    int *group_first;           // [groups + 1] owned: group g has ranks [group_first[g], group_first[g + 1])
    int subtrees;               // buffers of a rank: its maximum number of subtrees
    int scratches;              // scratch gradients
    size_t stride;              // floats from one gradient buffer to the next
    struct elbow_shared memory; // of the group: the members below up to the gradients
    struct elbow_meeting meeting;
    struct elbow_meeting_slot *ready;   // [members] buckets that a member has delivered, since the start
    struct elbow_meeting_slot *applied; // [members] buckets whose part a member has updated
    atomic_uint_least64_t *arrived;     // (buckets, groups): batches whose gradients have arrived
    atomic_uint_least64_t *delivered;   // (buckets, groups): likewise of parameters
    double *statistics;                 // (members, subtrees, statistics)
    double *posted_norms;               // [blocks]
    float *parameters;                  // [stride]
    float *inbox;                       // other groups' terms of this group's parts, bucket by bucket
    float *gradients;                   // (members, subtrees, stride)
    float *scratch;                     // scratches x stride, owned
    struct elbow_cut cut;
    struct elbow_piece *pieces; // [buckets] this rank's, some may be empty; owned
    size_t *held;               // [size + 1] owned: parameters in the slices of the ranks before
    size_t *held_blocks;        // [size + 1] owned: their blocks
    size_t *block_of;           // [blocks] owned: those blocks, slice by slice
    int *owner_first;           // [buckets + 1] owned: bucket k is owned by the groups owners[owner_first[k]], ...
    int *owners;                // [owner_first[buckets]] owned
    size_t *inbox_first;        // [buckets + 1] owned: where a bucket's inbox begins
    struct elbow_plan plans[2];
    const struct elbow_plan *plan; // of the present batch
    uint64_t batch;                // batches begun, skipped ones included
    bool is_open;                  // the current batch has been delivered in part
    int handed_over;               // buckets of the current batch, from the last one down
    uint64_t updated;              // the batch whose parameters are present or arriving
    bool has_changed;              // it has changed them
    int awaited;                   // buckets of it, from the first one up, that have arrived
    struct elbow_transfers network[ELBOW_TRANSFER_KINDS];
    size_t *outbox_first; // [gradients out] owned: where the data of a transfer are assembled
    size_t outbox_size;
    float *outbox;          // [outbox_size] owned
    int *indices;           // [most transfers of a kind] owned: which are complete
    float *tiles;           // partial sums of one block, owned
    const float **values;   // [most terms] owned: this rank's part of each term
    const float **standing; // [most terms] owned: the partial sums of one block
    double *norms;          // [blocks] owned
    double *packed_norms;   // [blocks] owned: rank by rank
    double *gathered;       // size x subtrees x statistics, owned
    int advance_bucket;     // the first one with elements taken in advance; -1: none
    size_t *advance_held;   // [size + 1] owned: number of such elements in the slices of the ranks before
    double *advance_shared; // [advance_count] owned: rank by rank
    float *advance;         // [advance_count] owned: in order
    float *added;           // [stride] owned: the result
    uint64_t disturbance;   // state of the random sleeps; 0: none
    struct elbow_exchange_counts counts;
};

// Local. One bucket for a single group, else as many as the sizes ask for. group_first, [groups + 1], must outlive the
// cut. After a failure, release it with elbow_cut_clear. MEMORY.
enum elbow_status elbow_cut_create(struct elbow_cut *cut, const struct elbow_exchange_sizes *sizes, int groups,
                                   const int *group_first, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_cut_clear(struct elbow_cut *cut);

// Local. The parameters of bucket k that a group owns, its part; those that a rank owns, its piece. The pieces of a
// group's ranks, side by side, are the group's part.
struct elbow_range elbow_cut_part(const struct elbow_cut *cut, int k, int group);
struct elbow_range elbow_cut_piece(const struct elbow_cut *cut, int k, int rank);

// Local. The subtrees of each rank for batches of `microbatches`, the first of `dealt` that are dealt out
// (elbow_partition_below), with groups as in group_first. After a failure, release it with elbow_plan_clear. MEMORY.
enum elbow_status elbow_plan_create(struct elbow_plan *plan, uint64_t microbatches, uint64_t dealt, int groups,
                                    const int *group_first, int my_group, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_plan_clear(struct elbow_plan *plan);

// Local. The bytes of a node's window, or of a rank's own memory; leaves the exchange prepared for the window. MEMORY.
enum elbow_status elbow_layout_measure(struct elbow_exchange *exchange, struct elbow_exchange_need *need,
                                       struct elbow_error *error);

// Collective. Allocates the memory of the group and sets the pointers into it: groups are nodes if memory can be
// shared.
enum elbow_status elbow_layout_create(struct elbow_exchange *exchange, struct elbow_log *log,
                                      struct elbow_error *error);

// Local. Releases everything that elbow_layout_measure and elbow_layout_create made, except the memory of the group.
void elbow_layout_clear(struct elbow_exchange *exchange);

// Local. The number of ranks of this group.
int elbow_layout_members(const struct elbow_exchange *exchange);

// Local. This rank's piece of the summed gradient is in its own first buffer, where no other rank reads it.
float *elbow_exchange_sum(const struct elbow_exchange *exchange, struct elbow_piece piece);

// Local. The i-th gradient buffer of a rank of this group, which that rank writes before it delivers a bucket and the
// others read afterwards.
float *elbow_exchange_buffer(const struct elbow_exchange *exchange, int rank, int i);

// Local. Adds `count` floats (at most ELBOW_BLOCK) of each of `terms` sources (exchange->values), from `offset` on, in
// the order of the additions. Returns the place of the sum: in one of the sources or in exchange->tiles; valid until
// the next call.
const float *elbow_exchange_add(struct elbow_exchange *exchange, int terms, const struct elbow_addition *additions,
                                size_t offset, size_t count);

// Local. Allocates memory for elements taken in advance, if there are any. MEMORY.
enum elbow_status elbow_advance_create(struct elbow_exchange *exchange, struct elbow_error *error);

// Local. A zeroed exchange is legal.
void elbow_advance_destroy(struct elbow_exchange *exchange);

// Local. The elements of a rank's piece of a bucket that are taken in advance; first == last: none.
struct elbow_range elbow_advance_of(const struct elbow_exchange *exchange, int rank, int bucket);

// Collective. The sums of those elements, each from its owner, in `advance` of all ranks.
void elbow_advance_share(struct elbow_exchange *exchange);

// Local. Publishes in `slots` (ready or applied) that this member has finished this number of buckets of batch `batch`,
// and all earlier batches.
void elbow_exchange_publish_count(struct elbow_exchange *exchange, struct elbow_meeting_slot *slots, uint64_t batch,
                                  int buckets);

// Local. Whether all members have delivered the bucket of the current batch; whether they have updated their pieces of
// it in the last step.
bool elbow_exchange_is_ready(const struct elbow_exchange *exchange, int bucket);
bool elbow_exchange_is_applied(const struct elbow_exchange *exchange, int bucket);

// Local. Sleeps at random if a test asked for it (elbow_exchange_disturb).
void elbow_exchange_linger(struct elbow_exchange *exchange);

// Local. Allocates the transfers that this rank makes for its group. MEMORY.
enum elbow_status elbow_transfers_create(struct elbow_exchange *exchange, struct elbow_error *error);

// Local. Marks that no transfer is in progress any more.
void elbow_transfers_destroy(struct elbow_exchange *exchange);

// Local. Begins the transfers of a batch's gradients; of the new parameters of a step. Incoming ones are posted at
// once; all of the previous batch, or step, must be complete.
void elbow_transfers_await_gradients(struct elbow_exchange *exchange);
void elbow_transfers_await_parameters(struct elbow_exchange *exchange);

// Local. Posts every transfer that is ready to be sent and notes those that have completed. Calls MPI, without waiting.
void elbow_transfers_advance(struct elbow_exchange *exchange);

// Local. Whether all transfers of these two kinds are complete (ELBOW_GRADIENTS_IN and _OUT, or ELBOW_PARAMETERS_IN and
// _OUT).
bool elbow_transfers_is_complete(const struct elbow_exchange *exchange, int in, int out);

// Local. The memory that receives the terms of another group for this group's part of a bucket, one after the other.
float *elbow_transfers_inbox(const struct elbow_exchange *exchange, int bucket, int group);

// Local. Whether the gradients of a bucket have arrived from all other groups; whether its new parameters have.
bool elbow_transfers_has_arrived(const struct elbow_exchange *exchange, int bucket);
bool elbow_transfers_is_delivered(const struct elbow_exchange *exchange, int bucket);

#endif
