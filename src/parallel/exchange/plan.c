// SPDX-License-Identifier: BSD-3-Clause
// Plans: the subtrees of all ranks, what an owner adds in which order, and what its group adds before it sends.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/base/memory.h"

// The subtrees that ranks [first, last) make together, and how many.
static int subtrees_of(const struct elbow_plan *plan, int first, int last, int size, struct elbow_range *subtrees)
{
    struct elbow_range range = {elbow_partition_below(plan->microbatches, plan->dealt, first, size).first,
                                elbow_partition_below(plan->microbatches, plan->dealt, last - 1, size).last};
    return elbow_partition_subtrees(plan->microbatches, range, subtrees);
}

// Every rank's subtrees.
static enum elbow_status list_subtrees(struct elbow_plan *plan, int size, struct elbow_error *error)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    enum elbow_status status = elbow_allocate(&plan->first, (size_t)size + 1, sizeof *plan->first, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        plan->first[r + 1] = plan->first[r] + subtrees_of(plan, r, r + 1, size, subtrees);
    plan->count = plan->first[size];
    status = elbow_allocate(&plan->subtrees, (size_t)plan->count, sizeof *plan->subtrees, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r)
        subtrees_of(plan, r, r + 1, size, plan->subtrees + plan->first[r]);
    return ELBOW_OK;
}

// What an owner of this group adds.
static enum elbow_status list_terms(struct elbow_plan *plan, int groups, const int *group_first, int my_group,
                                    struct elbow_error *error)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    int size = group_first[groups];
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(plan->group, (size_t)groups + 1),
        ELBOW_ARRAY(plan->term, (size_t)plan->count),
        ELBOW_ARRAY(plan->additions, (size_t)plan->count),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int g = 0; g < groups; ++g) {
        const struct elbow_range *added = subtrees;
        int count = subtrees_of(plan, group_first[g], group_first[g + 1], size, subtrees);
        if (g == my_group) {
            added = plan->subtrees + plan->first[group_first[g]];
            count = plan->first[group_first[g + 1]] - plan->first[group_first[g]];
        }
        for (int i = 0; i < count; ++i)
            plan->term[plan->terms + i] = added[i];
        plan->terms += count;
        plan->group[g + 1] = plan->terms;
    }
    elbow_partition_additions((struct elbow_range){0, plan->microbatches}, plan->term, plan->terms, plan->additions);
    return ELBOW_OK;
}

// What this group adds before it sends.
static enum elbow_status list_sums(struct elbow_plan *plan, int groups, const int *group_first, int my_group,
                                   struct elbow_error *error)
{
    struct elbow_range sums[ELBOW_SUBTREES_MAX];
    int first = group_first[my_group], last = group_first[my_group + 1];
    const struct elbow_range *own = plan->subtrees + plan->first[first];
    int count = plan->first[last] - plan->first[first];
    plan->sums = subtrees_of(plan, first, last, group_first[groups], sums);
    const struct elbow_array arrays[] = {ELBOW_ARRAY(plan->parts, (size_t)plan->sums + 1),
                                         ELBOW_ARRAY(plan->partial, (size_t)count)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a plan", error);
    if (status != ELBOW_OK)
        return status;
    for (int i = 0; i < plan->sums; ++i) {
        int begin = plan->parts[i], end = begin;
        while (end < count && own[end].last <= sums[i].last)
            ++end;
        elbow_partition_additions(sums[i], own + begin, end - begin, plan->partial + begin - i);
        plan->parts[i + 1] = end;
    }
    return ELBOW_OK;
}

enum elbow_status elbow_plan_create(struct elbow_plan *plan, uint64_t microbatches, uint64_t dealt, int groups,
                                    const int *group_first, int my_group, struct elbow_error *error)
{
    *plan = (struct elbow_plan){.microbatches = microbatches, .dealt = dealt};
    enum elbow_status status = list_subtrees(plan, group_first[groups], error);
    if (status == ELBOW_OK)
        status = list_terms(plan, groups, group_first, my_group, error);
    if (status == ELBOW_OK)
        status = list_sums(plan, groups, group_first, my_group, error);
    return status;
}

void elbow_plan_clear(struct elbow_plan *plan)
{
    elbow_release(&plan->first);
    elbow_release(&plan->subtrees);
    elbow_release(&plan->group);
    elbow_release(&plan->term);
    elbow_release(&plan->additions);
    elbow_release(&plan->parts);
    elbow_release(&plan->partial);
}
