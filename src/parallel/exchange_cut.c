// SPDX-License-Identifier: BSD-3-Clause
// The cut: buckets over the layers, each over the ranks. Whole blocks everywhere; a block that two layers share belongs
// to the lower one's bucket, because the backward pass completes it with that.
#include "exchange_private.h"

#include "elbow/base/memory.h"

// Writes the edges from the last block down, counting them only where edges is NULL.
static int cut_buckets(const struct elbow_exchange_sizes *sizes, size_t blocks, size_t *edges)
{
    size_t least = sizes->bucket > 0 ? (sizes->bucket + ELBOW_BLOCK - 1) / ELBOW_BLOCK : 1, end = blocks;
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
    return count + 1;
}

enum elbow_status elbow_cut_create(struct elbow_cut *cut, const struct elbow_exchange_sizes *sizes, int groups,
                                   struct elbow_error *error)
{
    size_t blocks = (sizes->parameters + ELBOW_BLOCK - 1) / ELBOW_BLOCK;
    *cut = (struct elbow_cut){.parameters = sizes->parameters, .blocks = blocks};
    cut->buckets = groups > 1 ? cut_buckets(sizes, blocks, NULL) : 1;
    size_t count = (size_t)cut->buckets;
    enum elbow_status status = elbow_allocate(&cut->edges, count + 1, sizeof *cut->edges, "buckets", error);
    if (status != ELBOW_OK)
        return status;
    if (groups > 1)
        cut_buckets(sizes, blocks, cut->edges);
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

struct elbow_range elbow_cut_part(const struct elbow_cut *cut, int k, int first, int last, int size)
{
    uint64_t blocks = cut->edges[k + 1] - cut->edges[k];
    uint64_t begin = cut->edges[k] + elbow_partition(blocks, first, size).first;
    uint64_t end = cut->edges[k] + elbow_partition(blocks, last - 1, size).last;
    begin *= ELBOW_BLOCK;
    end *= ELBOW_BLOCK;
    return (struct elbow_range){begin < cut->parameters ? begin : cut->parameters,
                                end < cut->parameters ? end : cut->parameters};
}

enum elbow_status elbow_exchange_list_buckets(const struct elbow_exchange_sizes *sizes, int most, size_t *parameters,
                                              int *count, struct elbow_error *error)
{
    struct elbow_cut cut;
    ELBOW_CHECK(most >= 1);
    *count = 0;
    enum elbow_status status = elbow_cut_create(&cut, sizes, 2, error);
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
