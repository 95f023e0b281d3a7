// SPDX-License-Identifier: BSD-3-Clause
// The cut: buckets over the layers, each over the ranks. Whole blocks everywhere; a block that two layers share belongs
// to the lower one's bucket, because the backward pass completes it with that.
//
// In every bucket the ranks stand in another order, that of the bucket before with the groups, and the ranks within
// each, moved on by one: where blocks cannot be shared out evenly, it is others that own one more of the next bucket.
// Over K buckets of b blocks a group has within one block of its share of K b.
#include "exchange_private.h"

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
    return ELBOW_OK;
}

void elbow_cut_clear(struct elbow_cut *cut)
{
    elbow_release(&cut->edges);
}

// The parameters of bucket k that stand behind `first` ranks and not behind `last`.
static struct elbow_range between(const struct elbow_cut *cut, int k, int first, int last)
{
    uint64_t blocks = cut->edges[k + 1] - cut->edges[k];
    int size = cut->group_first[cut->groups];
    uint64_t begin = cut->edges[k] + elbow_partition(blocks, first, size).first;
    uint64_t end = cut->edges[k] + elbow_partition(blocks, last - 1, size).last;
    begin *= ELBOW_BLOCK;
    end *= ELBOW_BLOCK;
    return (struct elbow_range){begin < cut->parameters ? begin : cut->parameters,
                                end < cut->parameters ? end : cut->parameters};
}

// How many ranks stand before a group in the order of bucket k.
static int ranks_before(const struct elbow_cut *cut, int k, int group)
{
    int size = cut->group_first[cut->groups], foremost = cut->group_first[k % cut->groups];
    return (cut->group_first[group] - foremost + size) % size;
}

struct elbow_range elbow_cut_part(const struct elbow_cut *cut, int k, int group)
{
    int before = ranks_before(cut, k, group), members = cut->group_first[group + 1] - cut->group_first[group];
    return between(cut, k, before, before + members);
}

struct elbow_range elbow_cut_piece(const struct elbow_cut *cut, int k, int rank)
{
    int group = 0, beyond = cut->groups;
    while (beyond - group > 1) {
        int middle = (group + beyond) / 2;
        if (cut->group_first[middle] <= rank)
            group = middle;
        else
            beyond = middle;
    }
    int first = cut->group_first[group], members = cut->group_first[group + 1] - first;
    int before = ranks_before(cut, k, group) + (rank - first + k) % members;
    return between(cut, k, before, before + 1);
}

enum elbow_status elbow_exchange_list_buckets(const struct elbow_exchange_sizes *sizes, int most, size_t *parameters,
                                              int *count, struct elbow_error *error)
{
    static const int two[] = {0, 1, 2}; // any groups: the buckets are the same
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
