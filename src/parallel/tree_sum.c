// SPDX-License-Identifier: BSD-3-Clause
// Every rank sums the maximal subtrees inside its part of the leaves; these are then gathered piece by piece, and added
// on every rank in the tree's order.
#include "elbow/parallel/tree_sum.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <string.h>

// Doubles of a vector that travel at once: so many that those of all ranks together stay within ROOM, but not so few
// that they travel one by one.
enum { PIECE_MOST = 4096, PIECE_LEAST = 64, ROOM = 1 << 20 };

size_t elbow_tree_sum_piece(size_t width, size_t record, int ranks, int subtrees)
{
    size_t piece = ROOM / ((size_t)ranks * (size_t)subtrees);
    piece = piece > PIECE_LEAST ? piece : PIECE_LEAST;
    piece = piece < PIECE_MOST ? piece : PIECE_MOST;
    piece -= piece % record;
    return piece < width ? piece : width;
}

struct summing {
    const struct elbow_tree_sum *job;
    int size, most;               // ranks; the most subtrees of any of them
    size_t piece;                 // doubles
    double *levels;               // (levels, width): right halves inside a subtree
    double *mine;                 // (most, width): the subtrees of this rank
    double *part, *all;           // (most, piece) of this rank; (ranks, most, piece)
    struct elbow_range *subtrees; // of all ranks, from left to right
    int *counts;                  // of each rank
    struct elbow_addition *order; // of all subtrees
};

static void combine(const struct elbow_tree_sum *job, size_t width, double *left, const double *right)
{
    if (job->combine != NULL) {
        job->combine(width / job->record, left, right);
        return;
    }
    for (size_t i = 0; i < width; ++i)
        left[i] += right[i];
}

// Node [lo, hi) of the tree into `sum`; deeper ones use the vectors behind `level`.
static void sum_node(const struct summing *summing, uint64_t lo, uint64_t hi, int level, double *sum)
{
    size_t width = summing->job->width;
    if (hi - lo == 1) {
        summing->job->leaf(summing->job->user, lo, sum);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    double *right = summing->levels + (size_t)level * width;
    sum_node(summing, lo, middle, level, sum);
    sum_node(summing, middle, hi, level + 1, right);
    combine(summing->job, width, sum, right);
}

static void find_subtrees(struct summing *summing)
{
    struct elbow_range *list = summing->subtrees;
    uint64_t leaves = summing->job->leaves;
    int total = 0;
    for (int r = 0; r < summing->size; ++r) {
        summing->counts[r] = elbow_partition_subtrees(leaves, elbow_partition(leaves, r, summing->size), list);
        list += summing->counts[r];
        total += summing->counts[r];
    }
    elbow_partition_additions((struct elbow_range){0, leaves}, summing->subtrees, total, summing->order);
}

// Collective. Entries [first, first + count) of the sum of all ranks.
static void join_piece(struct summing *summing, struct elbow_comm *comm, size_t first, size_t count, double *sum)
{
    size_t width = summing->job->width, stride = (size_t)summing->most * count;
    for (int i = 0; i < summing->most; ++i)
        memcpy(summing->part + (size_t)i * count, summing->mine + (size_t)i * width + first, count * sizeof *sum);
    elbow_comm_gather_all(comm, summing->part, stride, summing->all);
    double *packed = summing->all;
    int total = 0;
    for (int r = 0; r < summing->size; ++r) {
        size_t theirs = (size_t)summing->counts[r] * count;
        memmove(packed, summing->all + (size_t)r * stride, theirs * sizeof *packed);
        packed += theirs;
        total += summing->counts[r];
    }
    for (int i = 0; i < total - 1; ++i)
        combine(summing->job, count, summing->all + (size_t)summing->order[i].target * count,
                summing->all + (size_t)summing->order[i].source * count);
    memcpy(sum + first, summing->all, count * sizeof *sum);
}

// Collective.
static void sum_all(struct summing *summing, struct elbow_comm *comm, double *sum)
{
    size_t width = summing->job->width;
    find_subtrees(summing);
    const struct elbow_range *mine = summing->subtrees;
    int rank = elbow_comm_place(comm).rank;
    for (int r = 0; r < rank; ++r)
        mine += summing->counts[r];
    for (int i = 0; i < summing->counts[rank]; ++i)
        sum_node(summing, mine[i].first, mine[i].last, 0, summing->mine + (size_t)i * width);
    for (size_t first = 0; first < width; first += summing->piece)
        join_piece(summing, comm, first, width - first < summing->piece ? width - first : summing->piece, sum);
}

static enum elbow_status allocate_workspace(struct summing *summing, struct elbow_error *error)
{
    uint64_t leaves = summing->job->leaves;
    size_t width = summing->job->width, most = (size_t)summing->most, size = (size_t)summing->size;
    size_t levels = (size_t)elbow_partition_depth(elbow_partition_leaves_most(leaves, summing->size));
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(summing->levels, levels * width),      ELBOW_ARRAY(summing->mine, most * width),
        ELBOW_ARRAY(summing->part, most * summing->piece), ELBOW_ARRAY(summing->all, size * most * summing->piece),
        ELBOW_ARRAY(summing->subtrees, size * most),       ELBOW_ARRAY(summing->counts, size),
        ELBOW_ARRAY(summing->order, size * most),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "sums over the data", error);
}

enum elbow_status elbow_tree_sum_run(struct elbow_comm *comm, const struct elbow_tree_sum *job, double *sum,
                                     struct elbow_error *error)
{
    int size = elbow_comm_place(comm).size;
    struct summing summing = {.job = job, .size = size, .most = elbow_partition_subtrees_most(job->leaves, size)};
    size_t record = job->combine != NULL ? job->record : 1;
    ELBOW_CHECK(job->leaves > 0 && job->width > 0 && record > 0 && record <= PIECE_LEAST && job->width % record == 0);
    summing.piece = elbow_tree_sum_piece(job->width, record, size, summing.most);
    *error = (struct elbow_error){0};
    allocate_workspace(&summing, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        sum_all(&summing, comm, sum);
    elbow_release(&summing.levels);
    elbow_release(&summing.mine);
    elbow_release(&summing.part);
    elbow_release(&summing.all);
    elbow_release(&summing.subtrees);
    elbow_release(&summing.counts);
    elbow_release(&summing.order);
    return error->status;
}
