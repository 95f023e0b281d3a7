// SPDX-License-Identifier: BSD-3-Clause
// The gradient exchange.
//
// Ranks form groups: the nodes, or single ranks where memory cannot be shared. Inside a group gradients and parameters
// lie in one window. A step goes through these points, each of which all ranks (of the group or of the run) have to
// reach:
//   1. every rank of the group has left its subtree sums in its buffers, and no longer reads the parameters;
//   2. every owner has added its blocks; statistics and norms are known everywhere. Buffers may be filled again;
//   3. every owner has written its slice into its group's parameters, and the slices of other groups have come in.
#include "comm_private.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/math/vector.h"
#include "elbow/parallel/exchange.h"

#include <stdatomic.h>
#include <string.h>

// The sum of one batch size: who brings which subtrees, and in which order they are added.
struct plan {
    uint64_t microbatches;
    int count;                        // subtrees of all ranks, from left to right
    struct elbow_range *subtrees;     // [count] owned
    int *first;                       // [size + 1] owned: rank r brings subtrees [first[r], first[r + 1])
    struct elbow_addition *additions; // [count - 1] owned
};

struct elbow_exchange {
    struct elbow_comm *comm; // not owned
    struct elbow_exchange_sizes sizes;
    bool grouped;  // groups are nodes; else every rank is a group of its own
    int subtrees;  // buffers of a rank: the most it ever brings
    int scratches; // scratch gradients
    size_t stride; // floats from one gradient buffer to the next
    struct elbow_shared gradients, parameters;
    float *scratch; // scratches x stride, owned
    struct plan plans[2];
    const struct plan *plan; // of the present batch
    size_t *blocks;          // [size + 1] owned: rank r owns blocks [blocks[r], blocks[r + 1])
    size_t *slot_of;         // [size] owned: first gradient buffer of rank r in its group's window
    float *sum;              // this rank's slice of the summed gradient, owned
    float *tiles;            // partial sums of one block, owned
    const float **values;    // [most subtrees] owned: where this rank's slice of each subtree lies
    const float **standing;  // [most subtrees] owned: where the partial sums of one block stand
    float *inbox;            // other groups' subtrees of this rank's slice, owned
    double *statistics;      // subtrees x statistics, owned
    double *gathered;        // size x subtrees x statistics, owned
    double *norms;           // [blocks] owned
    MPI_Request *requests;   // owned
    int requested;
    struct elbow_exchange_counts counts;
};

static bool same_group(const struct elbow_exchange *exchange, int rank)
{
    struct elbow_comm *comm = exchange->comm;
    return rank == comm->place.rank || (exchange->grouped && comm->node_of[rank] == comm->place.node);
}

struct elbow_range elbow_exchange_slice(const struct elbow_exchange *exchange, int rank)
{
    size_t first = exchange->blocks[rank] * ELBOW_BLOCK, last = exchange->blocks[rank + 1] * ELBOW_BLOCK;
    size_t size = exchange->sizes.parameters;
    return (struct elbow_range){first < size ? first : size, last < size ? last : size};
}

static size_t slice_size(const struct elbow_exchange *exchange, int rank)
{
    struct elbow_range slice = elbow_exchange_slice(exchange, rank);
    return (size_t)(slice.last - slice.first);
}

// The subtrees of all ranks for batches of so many microbatches.
static enum elbow_status make_plan(struct plan *plan, uint64_t microbatches, int size, struct elbow_error *error)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    plan->microbatches = microbatches;
    enum elbow_status status = elbow_allocate(&plan->first, (size_t)size + 1, sizeof *plan->first, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        plan->first[r + 1] =
            plan->first[r] + elbow_partition_subtrees(microbatches, elbow_partition(microbatches, r, size), subtrees);
    plan->count = plan->first[size];
    status = elbow_allocate(&plan->subtrees, (size_t)plan->count, sizeof *plan->subtrees, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_allocate(&plan->additions, (size_t)plan->count, sizeof *plan->additions, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        elbow_partition_subtrees(microbatches, elbow_partition(microbatches, r, size), plan->subtrees + plan->first[r]);
    elbow_partition_additions(microbatches, plan->subtrees, plan->count, plan->additions);
    return ELBOW_OK;
}

static void clear_plan(struct plan *plan)
{
    elbow_release(&plan->first);
    elbow_release(&plan->subtrees);
    elbow_release(&plan->additions);
}

// Makes both plans and takes the sizes of the buffers from them.
static enum elbow_status make_plans(struct elbow_exchange *exchange, struct elbow_error *error)
{
    int size = exchange->comm->place.size;
    uint64_t leaves = 1;
    for (int i = 0; i < 2; ++i) {
        struct plan *plan = &exchange->plans[i];
        enum elbow_status status =
            make_plan(plan, i == 0 ? exchange->sizes.microbatches : exchange->sizes.last, size, error);
        if (status != ELBOW_OK)
            return status;
        for (int r = 0; r < size; ++r)
            if (plan->first[r + 1] - plan->first[r] > exchange->subtrees)
                exchange->subtrees = plan->first[r + 1] - plan->first[r];
        for (int k = 0; k < plan->count; ++k)
            if (plan->subtrees[k].last - plan->subtrees[k].first > leaves)
                leaves = plan->subtrees[k].last - plan->subtrees[k].first;
    }
    exchange->scratches = elbow_partition_depth(leaves) - 1;
    return ELBOW_OK;
}

// Tables of who owns what and whose buffers lie where.
static enum elbow_status make_tables(struct elbow_exchange *exchange, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    size_t size = (size_t)comm->place.size;
    size_t blocks = (exchange->sizes.parameters + ELBOW_BLOCK - 1) / ELBOW_BLOCK;
    enum elbow_status status = elbow_allocate(&exchange->blocks, size + 1, sizeof(size_t), "slices", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&exchange->slot_of, size, sizeof(size_t), "slices", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&exchange->norms, blocks, sizeof(double), "norms", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < comm->place.size; ++r)
        exchange->blocks[r + 1] = (size_t)elbow_partition(blocks, r, comm->place.size).last;
    return ELBOW_OK;
}

// Private buffers, once it is known whether memory is shared.
static enum elbow_status make_buffers(struct elbow_exchange *exchange, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    int most =
        exchange->plans[0].count > exchange->plans[1].count ? exchange->plans[0].count : exchange->plans[1].count;
    size_t slice = slice_size(exchange, comm->place.rank), foreign = 0, size = (size_t)comm->place.size;
    for (int r = 0; r < comm->place.size; ++r) {
        foreign += !same_group(exchange, r);
        exchange->slot_of[r] = exchange->grouped ? (size_t)comm->node_rank_of[r] * (size_t)exchange->subtrees : 0;
    }
    size_t statistics = (size_t)exchange->subtrees * exchange->sizes.statistics;
    size_t inbox = foreign * (size_t)exchange->subtrees * slice;
    size_t tiles = (size_t)elbow_partition_depth((uint64_t)most) + 1;
    struct {
        void *pointer;
        size_t count, size;
        const char *what;
    } wanted[] = {
        {&exchange->scratch, (size_t)exchange->scratches * exchange->stride, sizeof(float), "gradients"},
        {&exchange->sum, slice, sizeof(float), "the summed gradient"},
        {&exchange->tiles, tiles * ELBOW_BLOCK, sizeof(float), "partial sums"},
        {&exchange->values, (size_t)most, sizeof(float *), "partial sums"},
        {&exchange->standing, (size_t)most, sizeof(float *), "partial sums"},
        {&exchange->inbox, inbox, sizeof(float), "other nodes' gradients"},
        {&exchange->statistics, statistics, sizeof(double), "statistics"},
        {&exchange->gathered, size * statistics, sizeof(double), "statistics"},
        {&exchange->requests, 2 * foreign * (size_t)exchange->subtrees + 2 * size, sizeof(MPI_Request), "requests"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        enum elbow_status status =
            elbow_allocate(wanted[i].pointer, wanted[i].count, wanted[i].size, wanted[i].what, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

// Collective. Both windows; groups are nodes only if both are shared.
static enum elbow_status make_windows(struct elbow_exchange *exchange, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_comm *comm = exchange->comm;
    size_t buffer = exchange->stride * sizeof(float);
    size_t whole = (size_t)comm->place.node_size * (size_t)exchange->subtrees * buffer;
    enum elbow_status status = elbow_comm_share(comm, exchange->sizes.parameters * sizeof(float), "the parameters", log,
                                                &exchange->parameters, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_comm_share(comm, whole, "the gradients", log, &exchange->gradients, error);
    if (status != ELBOW_OK)
        return status;
    exchange->grouped = exchange->parameters.is_shared && exchange->gradients.is_shared;
    if (exchange->grouped || comm->place.size == 1)
        return ELBOW_OK;
    // One of them is private: then both have to be.
    elbow_comm_unshare(comm, &exchange->gradients);
    elbow_comm_unshare(comm, &exchange->parameters);
    *error = (struct elbow_error){0};
    exchange->parameters.bytes = exchange->sizes.parameters * sizeof(float);
    exchange->gradients.bytes = (size_t)exchange->subtrees * buffer;
    status = elbow_allocate(&exchange->parameters.base, exchange->parameters.bytes, 1, "the parameters", error);
    if (status == ELBOW_OK)
        elbow_allocate(&exchange->gradients.base, exchange->gradients.bytes, 1, "the gradients", error);
    return elbow_comm_agree(comm, error);
}

enum elbow_status elbow_exchange_create(struct elbow_comm *comm, struct elbow_exchange_sizes sizes,
                                        struct elbow_log *log, struct elbow_exchange **out, struct elbow_error *error)
{
    struct elbow_exchange *exchange = NULL;
    *out = NULL;
    *error = (struct elbow_error){0};
    ELBOW_CHECK(sizes.microbatches >= (uint64_t)comm->place.size && sizes.last > 0 && sizes.parameters > 0);
    if (elbow_allocate(&exchange, 1, sizeof *exchange, "the exchange", error) == ELBOW_OK) {
        exchange->comm = comm;
        exchange->sizes = sizes;
        exchange->stride = (sizes.parameters + 15) / 16 * 16;
        if (make_plans(exchange, error) == ELBOW_OK)
            make_tables(exchange, error);
    }
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    if (make_windows(exchange, log, error) != ELBOW_OK)
        goto failed;
    make_buffers(exchange, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    exchange->plan = &exchange->plans[0];
    *out = exchange;
    return ELBOW_OK;
failed:
    elbow_exchange_destroy(exchange);
    return error->status;
}

void elbow_exchange_destroy(struct elbow_exchange *exchange)
{
    if (exchange == NULL)
        return;
    elbow_comm_unshare(exchange->comm, &exchange->gradients);
    elbow_comm_unshare(exchange->comm, &exchange->parameters);
    clear_plan(&exchange->plans[0]);
    clear_plan(&exchange->plans[1]);
    elbow_release(&exchange->scratch);
    elbow_release(&exchange->blocks);
    elbow_release(&exchange->slot_of);
    elbow_release(&exchange->norms);
    elbow_release(&exchange->sum);
    elbow_release(&exchange->tiles);
    elbow_release(&exchange->values);
    elbow_release(&exchange->standing);
    elbow_release(&exchange->inbox);
    elbow_release(&exchange->statistics);
    elbow_release(&exchange->gathered);
    elbow_release(&exchange->requests);
    elbow_release(&exchange);
}

const float *elbow_exchange_parameters(const struct elbow_exchange *exchange)
{
    return exchange->parameters.base;
}

// Collective. All ranks of this rank's group have come, and what they wrote is seen.
static void meet_group(struct elbow_exchange *exchange)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (exchange->grouped)
        elbow_comm_node_barrier(exchange->comm);
    atomic_thread_fence(memory_order_seq_cst);
}

void elbow_exchange_publish(struct elbow_exchange *exchange, const float *values)
{
    elbow_comm_barrier(exchange->comm);
    if (!exchange->grouped || exchange->comm->place.node_rank == 0)
        memcpy(exchange->parameters.base, values, exchange->sizes.parameters * sizeof(float));
    meet_group(exchange);
    elbow_comm_barrier(exchange->comm);
}

int elbow_exchange_begin(struct elbow_exchange *exchange, uint64_t microbatches, struct elbow_range *subtrees)
{
    ELBOW_CHECK(microbatches == exchange->sizes.microbatches || microbatches == exchange->sizes.last);
    exchange->plan = &exchange->plans[microbatches == exchange->sizes.microbatches ? 0 : 1];
    int rank = exchange->comm->place.rank;
    int first = exchange->plan->first[rank], count = exchange->plan->first[rank + 1] - first;
    if (count > 0)
        memcpy(subtrees, exchange->plan->subtrees + first, (size_t)count * sizeof *subtrees);
    return count;
}

// The i-th gradient buffer of a rank of this group.
static float *buffer_of(const struct elbow_exchange *exchange, int rank, int i)
{
    return (float *)exchange->gradients.base + (exchange->slot_of[rank] + (size_t)i) * exchange->stride;
}

float *elbow_exchange_gradient(struct elbow_exchange *exchange, int i)
{
    ELBOW_CHECK(i >= 0 && i < exchange->subtrees);
    return buffer_of(exchange, exchange->comm->place.rank, i);
}

double *elbow_exchange_statistics(struct elbow_exchange *exchange, int i)
{
    ELBOW_CHECK(i >= 0 && i < exchange->subtrees);
    return exchange->statistics + (size_t)i * exchange->sizes.statistics;
}

float *elbow_exchange_scratch(struct elbow_exchange *exchange, int level)
{
    ELBOW_CHECK(level >= 1 && level <= exchange->scratches);
    return exchange->scratch + (size_t)(level - 1) * exchange->stride;
}

enum { TAG_GRADIENT = 100, TAG_PARAMETERS = 99 };

static void post(struct elbow_exchange *exchange, bool send, void *floats, size_t count, int peer, int tag)
{
    ELBOW_CHECK(count < (size_t)1 << 31);
    MPI_Request *request = &exchange->requests[exchange->requested];
    if (count == 0)
        return;
    exchange->requested += 1;
    if (!send) {
        MPI_Irecv(floats, (int)count, MPI_FLOAT, peer, tag, exchange->comm->world, request);
        return;
    }
    exchange->counts.bytes_sent += count * sizeof(float);
    MPI_Isend(floats, (int)count, MPI_FLOAT, peer, tag, exchange->comm->world, request);
}

static void finish_posted(struct elbow_exchange *exchange)
{
    for (int i = 0; i < exchange->requested; ++i)
        elbow_comm_wait(&exchange->requests[i]);
    exchange->requested = 0;
}

// Point 1. Also sends this rank's subtrees of other groups' slices to their owners, and takes in theirs of its own;
// notes for every subtree where this rank's slice of it lies.
static void collect_sources(struct elbow_exchange *exchange)
{
    const struct plan *plan = exchange->plan;
    int me = exchange->comm->place.rank;
    struct elbow_range slice = elbow_exchange_slice(exchange, me);
    size_t count = slice_size(exchange, me);
    float *inbox = exchange->inbox;
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        bool near = same_group(exchange, r);
        for (int k = plan->first[r]; k < plan->first[r + 1]; ++k) {
            if (near) {
                exchange->values[k] = buffer_of(exchange, r, k - plan->first[r]) + slice.first;
                continue;
            }
            exchange->values[k] = inbox;
            post(exchange, false, inbox, count, r, TAG_GRADIENT + k - plan->first[r]);
            inbox += count;
        }
    }
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        if (same_group(exchange, r))
            continue;
        struct elbow_range theirs = elbow_exchange_slice(exchange, r);
        for (int i = 0; i < plan->first[me + 1] - plan->first[me]; ++i)
            post(exchange, true, buffer_of(exchange, me, i) + theirs.first, slice_size(exchange, r), r,
                 TAG_GRADIENT + i);
    }
    finish_posted(exchange);
    meet_group(exchange);
}

// Adds the subtrees of one block in the tree's order: tiles hold partial sums, as a stack. Returns where the sum
// stands.
static const float *add_block(struct elbow_exchange *exchange, size_t offset, size_t count)
{
    const float **values = exchange->standing;
    const struct plan *plan = exchange->plan;
    float *tiles = exchange->tiles;
    size_t top = 0;
    for (int k = 0; k < plan->count; ++k)
        values[k] = exchange->values[k] + offset;
    for (int k = 0; k + 1 < plan->count; ++k) {
        struct elbow_addition addition = plan->additions[k];
        const float *left = values[addition.target], *right = values[addition.source];
        bool left_is_tile = left >= tiles && left < tiles + top * ELBOW_BLOCK;
        bool right_is_tile = right >= tiles && right < tiles + top * ELBOW_BLOCK;
        // The right sum was made after the left one, so its tile is the top of the stack.
        if (!left_is_tile && !right_is_tile)
            ++top;
        if (left_is_tile && right_is_tile)
            --top;
        float *sum = tiles + (top - 1) * ELBOW_BLOCK;
        elbow_vector_add(count, left, right, sum);
        values[addition.target] = sum;
    }
    return values[0];
}

// This rank's slice of the summed gradient, and its blocks' norms.
static void add_slice(struct elbow_exchange *exchange, double scale)
{
    int me = exchange->comm->place.rank;
    size_t size = slice_size(exchange, me), block = exchange->blocks[me];
    for (size_t offset = 0; offset < size; offset += ELBOW_BLOCK, ++block) {
        size_t count = size - offset < ELBOW_BLOCK ? size - offset : ELBOW_BLOCK;
        const float *sum = add_block(exchange, offset, count);
        memcpy(exchange->sum + offset, sum, count * sizeof(float));
        elbow_vector_scale(count, (float)scale, exchange->sum + offset);
        exchange->norms[block] = elbow_vector_sum_squares(count, exchange->sum + offset);
    }
    exchange->counts.bytes_read += (uint64_t)exchange->plan->count * size * sizeof(float);
}

// Point 2. Statistics along the tree of microbatches, norms along the tree of blocks.
static void share_statistics(struct elbow_exchange *exchange, double *statistics, double *gradient_norm)
{
    const struct plan *plan = exchange->plan;
    struct elbow_comm *comm = exchange->comm;
    size_t width = exchange->sizes.statistics, stride = (size_t)exchange->subtrees * width;
    elbow_comm_gather_all(comm, exchange->statistics, stride, exchange->gathered);
    double *packed = exchange->gathered;
    for (int r = 0; r < comm->place.size; ++r) {
        size_t size = (size_t)(plan->first[r + 1] - plan->first[r]) * width;
        memmove(packed, exchange->gathered + (size_t)r * stride, size * sizeof(double));
        packed += size;
    }
    elbow_partition_sum(plan->microbatches, plan->subtrees, plan->count, width, exchange->gathered);
    memcpy(statistics, exchange->gathered, width * sizeof(double));
    elbow_comm_share_doubles(comm, exchange->norms, exchange->blocks);
    *gradient_norm = __builtin_sqrt(elbow_partition_sum_leaves(exchange->norms, exchange->blocks[comm->place.size]));
}

// Whether `rank` is the one of its group to whom `owner`, of another group, sends its slice.
static bool receives(const struct elbow_exchange *exchange, int owner, int rank)
{
    const struct elbow_comm *comm = exchange->comm;
    return !exchange->grouped || comm->node_rank_of[owner] % comm->node_size_of[rank] == comm->node_rank_of[rank];
}

// Point 3. The new slices go to the other groups, once to each.
static void share_parameters(struct elbow_exchange *exchange)
{
    int me = exchange->comm->place.rank;
    float *parameters = exchange->parameters.base;
    for (int r = 0; r < exchange->comm->place.size; ++r) {
        if (same_group(exchange, r))
            continue;
        if (receives(exchange, r, me))
            post(exchange, false, parameters + elbow_exchange_slice(exchange, r).first, slice_size(exchange, r), r,
                 TAG_PARAMETERS);
        if (receives(exchange, me, r))
            post(exchange, true, parameters + elbow_exchange_slice(exchange, me).first, slice_size(exchange, me), r,
                 TAG_PARAMETERS);
    }
    finish_posted(exchange);
    meet_group(exchange);
}

bool elbow_exchange_step(struct elbow_exchange *exchange, double scale, const struct elbow_exchange_client *client,
                         double *statistics, double *gradient_norm)
{
    double start = elbow_clock_seconds();
    collect_sources(exchange);
    double collected = elbow_clock_seconds();
    add_slice(exchange, scale);
    double added = elbow_clock_seconds();
    share_statistics(exchange, statistics, gradient_norm);
    double shared = elbow_clock_seconds();
    exchange->counts.wait_seconds += collected - start + shared - added;
    exchange->counts.work_seconds += added - collected;
    if (!client->decide(client->user, statistics, *gradient_norm))
        return false;
    struct elbow_range slice = elbow_exchange_slice(exchange, exchange->comm->place.rank);
    if (slice.last > slice.first)
        client->apply(client->user, (size_t)slice.first, (size_t)(slice.last - slice.first), exchange->sum,
                      (float *)exchange->parameters.base + slice.first);
    double applied = elbow_clock_seconds();
    share_parameters(exchange);
    exchange->counts.wait_seconds += elbow_clock_seconds() - applied;
    return true;
}

struct elbow_exchange_counts elbow_exchange_count(const struct elbow_exchange *exchange)
{
    return exchange->counts;
}

struct elbow_exchange_bytes elbow_exchange_memory(const struct elbow_exchange *exchange)
{
    uint64_t buffers = (uint64_t)(exchange->subtrees + exchange->scratches) * exchange->stride * sizeof(float);
    uint64_t slice = slice_size(exchange, exchange->comm->place.rank) * sizeof(float);
    int ranks = exchange->grouped ? 1 : exchange->comm->place.node_size;
    return (struct elbow_exchange_bytes){.gradients_per_rank = buffers + slice,
                                         .parameters_per_node = (uint64_t)ranks * exchange->parameters.bytes};
}
