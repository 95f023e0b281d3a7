// SPDX-License-Identifier: BSD-3-Clause
// The cut: buckets over the layers, each over the ranks. Whole blocks everywhere; a block that two layers share belongs
// to the lower one's bucket, because the backward pass completes it with that.
//
// In every bucket the groups stand in another order, that of the bucket before moved on by one: where blocks cannot be
// shared out evenly, it is others that own one more of the next bucket. Equal groups have within one block of their
// share of all buckets. Inside a group its blocks are dealt out member by member, on and on through the buckets.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"

// Writes the edges from the last block down, counting them only where edges is NULL. A bucket has a block for every
// group, so that its messages are spread over all of them: those to few owners would wait for each other.
static int cut_buckets(const struct elbow_exchange_sizes *sizes, size_t blocks, int groups, size_t *edges)
{
    size_t least = (sizes->bucket + ELBOW_BLOCK - 1) / ELBOW_BLOCK, end = blocks;
    if (least < (size_t)groups)
        least = (size_t)groups;
    int count = 0;
    for (size_t i = sizes->layer_count; i-- > 1;) {
        size_t edge = (sizes->layers[i] + ELBOW_BLOCK - 1) / ELBOW_BLOCK;
        if (edge == 0 || edge >= end || end - edge < least)
            continue;
        count += 1;
        if (edges != NULL)
            edges[count] = edge;
        end = edge;
    }
    if (count > 0 && end < (size_t)groups) // what is left joins the bucket above
        count -= 1;
    return count + 1;
}

static size_t parameters_before(const struct elbow_cut *cut, uint64_t block)
{
    return block * ELBOW_BLOCK < cut->parameters ? block * ELBOW_BLOCK : cut->parameters;
}

// The blocks of bucket k that a group owns.
static struct elbow_range blocks_of(const struct elbow_cut *cut, int k, int group)
{
    const int *first = cut->group_first;
    int size = first[cut->groups], members = first[group + 1] - first[group];
    int before = (first[group] - first[k % cut->groups] + size) % size; // ranks that stand before it
    uint64_t blocks = cut->edges[k + 1] - cut->edges[k];
    return (struct elbow_range){cut->edges[k] + elbow_partition(blocks, before, size).first,
                                cut->edges[k] + elbow_partition(blocks, before + members - 1, size).last};
}

// Counts what each group owns of the buckets before.
static enum elbow_status deal(struct elbow_cut *cut, struct elbow_error *error)
{
    size_t groups = (size_t)cut->groups, count = (size_t)cut->buckets * groups;
    enum elbow_status status = elbow_allocate(&cut->dealt, count, sizeof *cut->dealt, "buckets", error);
    for (size_t i = groups; status == ELBOW_OK && i < count; ++i) {
        struct elbow_range blocks = blocks_of(cut, (int)(i / groups) - 1, (int)(i % groups));
        cut->dealt[i] = cut->dealt[i - groups] + (uint32_t)(blocks.last - blocks.first);
    }
    return status;
}

enum elbow_status elbow_cut_create(struct elbow_cut *cut, const struct elbow_exchange_sizes *sizes, int groups,
                                   const int *group_first, struct elbow_error *error)
{
    size_t blocks = (sizes->parameters + ELBOW_BLOCK - 1) / ELBOW_BLOCK;
    *cut = (struct elbow_cut){
        .parameters = sizes->parameters, .blocks = blocks, .groups = groups, .group_first = group_first};
    cut->buckets = groups > 1 ? cut_buckets(sizes, blocks, groups, NULL) : 1;
    size_t count = (size_t)cut->buckets;
    enum elbow_status status = elbow_allocate(&cut->edges, count + 1, sizeof *cut->edges, "buckets", error);
    if (status != ELBOW_OK)
        return status;
    if (groups > 1)
        cut_buckets(sizes, blocks, groups, cut->edges);
    cut->edges[0] = blocks;
    for (size_t i = 0; i <= count / 2; ++i) { // written from the last down
        size_t other = cut->edges[count - i];
        cut->edges[count - i] = cut->edges[i];
        cut->edges[i] = other;
    }
    cut->edges[0] = 0;
    return deal(cut, error);
}

void elbow_cut_clear(struct elbow_cut *cut)
{
    elbow_release(&cut->edges);
    elbow_release(&cut->dealt);
}

struct elbow_range elbow_cut_part(const struct elbow_cut *cut, int k, int group)
{
    struct elbow_range blocks = blocks_of(cut, k, group);
    return (struct elbow_range){parameters_before(cut, blocks.first), parameters_before(cut, blocks.last)};
}

static int group_of(const struct elbow_cut *cut, int rank)
{
    int group = 0, beyond = cut->groups;
    while (beyond - group > 1) {
        int middle = (group + beyond) / 2;
        if (cut->group_first[middle] <= rank)
            group = middle;
        else
            beyond = middle;
    }
    return group;
}

struct elbow_range elbow_cut_piece(const struct elbow_cut *cut, int k, int rank)
{
    int group = group_of(cut, rank), first = cut->group_first[group];
    uint64_t members = (uint64_t)(cut->group_first[group + 1] - first), member = (uint64_t)(rank - first);
    struct elbow_range blocks = blocks_of(cut, k, group);
    uint64_t dealt = cut->dealt[(size_t)k * (size_t)cut->groups + (size_t)group];
    uint64_t turn = (member + members - dealt % members) % members; // the first ones have what is left over
    uint64_t count = blocks.last - blocks.first, each = count / members, over = count % members;
    uint64_t begin = blocks.first + turn * each + (turn < over ? turn : over);
    return (struct elbow_range){parameters_before(cut, begin), parameters_before(cut, begin + each + (turn < over))};
}

enum elbow_status elbow_exchange_list_buckets(const struct elbow_exchange_sizes *sizes, int most, size_t *parameters,
                                              int *count, struct elbow_error *error)
{
    static const int two[] = {0, 1, 2}; // of one rank each
    struct elbow_cut cut;
    ELBOW_CHECK(most >= 1);
    *count = 0;
    enum elbow_status status = elbow_cut_create(&cut, sizes, 2, two, error);
    for (int k = 0; status == ELBOW_OK && k < cut.buckets; ++k) {
        size_t first = cut.edges[k] * ELBOW_BLOCK, last = cut.edges[k + 1] * ELBOW_BLOCK;
        size_t size = (last < cut.parameters ? last : cut.parameters) - first;
        if (k < most)
            parameters[(*count)++] = size;
        else
            parameters[most - 1] += size;
    }
    elbow_cut_clear(&cut);
    return status;
}
