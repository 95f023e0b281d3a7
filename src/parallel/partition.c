// SPDX-License-Identifier: BSD-3-Clause
// Ranges and the summation tree. Everything here is a pure function of integers.
#include "elbow/parallel/partition.h"

#include "elbow/base/status.h"

struct elbow_range elbow_partition(uint64_t n, int rank, int size)
{
    ELBOW_CHECK(size > 0 && rank >= 0 && rank < size && n < UINT64_C(1) << 48);
    return (struct elbow_range){.first = (uint64_t)rank * n / (uint64_t)size,
                                .last = (uint64_t)(rank + 1) * n / (uint64_t)size};
}

struct elbow_range elbow_partition_below(uint64_t n, uint64_t dealt, int rank, int size)
{
    ELBOW_CHECK(n <= dealt);
    struct elbow_range range = elbow_partition(dealt, rank, size);
    return (struct elbow_range){.first = range.first < n ? range.first : n, .last = range.last < n ? range.last : n};
}

// Collects the maximal subtrees of node [lo, hi) that lie inside range.
static int collect(uint64_t lo, uint64_t hi, struct elbow_range range, struct elbow_range *subtrees, int count)
{
    if (hi <= range.first || range.last <= lo)
        return count;
    if (range.first <= lo && hi <= range.last) {
        ELBOW_CHECK(count < ELBOW_SUBTREES_MAX);
        subtrees[count] = (struct elbow_range){lo, hi};
        return count + 1;
    }
    uint64_t middle = (lo + hi) / 2;
    count = collect(lo, middle, range, subtrees, count);
    return collect(middle, hi, range, subtrees, count);
}

int elbow_partition_subtrees(uint64_t n, struct elbow_range range, struct elbow_range *subtrees)
{
    if (range.first >= range.last)
        return 0;
    return collect(0, n, range, subtrees, 0);
}

int elbow_partition_subtrees_most(uint64_t n, int size)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    int most = 0;
    for (int rank = 0; rank < size; ++rank) {
        int count = elbow_partition_subtrees(n, elbow_partition(n, rank, size), subtrees);
        most = count > most ? count : most;
    }
    return most;
}

uint64_t elbow_partition_leaves_most(uint64_t n, int size)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    uint64_t most = 0;
    for (int rank = 0; rank < size; ++rank) {
        int count = elbow_partition_subtrees(n, elbow_partition(n, rank, size), subtrees);
        for (int i = 0; i < count; ++i)
            if (subtrees[i].last - subtrees[i].first > most)
                most = subtrees[i].last - subtrees[i].first;
    }
    return most;
}

int elbow_partition_depth(uint64_t leaves)
{
    int depth = 1;
    for (uint64_t reach = 1; reach < leaves; reach *= 2)
        ++depth;
    return depth;
}

// Where the additions of a tree are written while it is walked.
struct plan {
    const struct elbow_range *subtrees;
    int count, next; // subtrees in all, and the next one to be met
    struct elbow_addition *additions;
    int written;
};

// Plans the sum of node [lo, hi) and returns the entry that will hold it.
static int plan_node(struct plan *plan, uint64_t lo, uint64_t hi)
{
    ELBOW_CHECK(plan->next < plan->count);
    struct elbow_range next = plan->subtrees[plan->next];
    if (next.first == lo && next.last == hi)
        return plan->next++;
    ELBOW_CHECK(hi - lo > 1);
    uint64_t middle = (lo + hi) / 2;
    int left = plan_node(plan, lo, middle);
    int right = plan_node(plan, middle, hi);
    plan->additions[plan->written++] = (struct elbow_addition){left, right};
    return left;
}

void elbow_partition_additions(struct elbow_range node, const struct elbow_range *subtrees, int count,
                               struct elbow_addition *additions)
{
    struct plan plan = {.subtrees = subtrees, .count = count, .additions = additions};
    int root = plan_node(&plan, node.first, node.last);
    ELBOW_CHECK(root == 0 && plan.next == count && plan.written == count - 1);
}

// Sums node [lo, hi) in place; *next is the next subtree. Returns the entry that holds the sum.
static int sum_node(uint64_t lo, uint64_t hi, const struct elbow_range *subtrees, int *next, size_t width, double *sums)
{
    struct elbow_range subtree = subtrees[*next];
    if (subtree.first == lo && subtree.last == hi)
        return (*next)++;
    ELBOW_CHECK(hi - lo > 1);
    uint64_t middle = (lo + hi) / 2;
    int left = sum_node(lo, middle, subtrees, next, width, sums);
    int right = sum_node(middle, hi, subtrees, next, width, sums);
    for (size_t k = 0; k < width; ++k)
        sums[(size_t)left * width + k] += sums[(size_t)right * width + k];
    return left;
}

void elbow_partition_sum(uint64_t n, const struct elbow_range *subtrees, int count, size_t width, double *sums)
{
    int next = 0;
    int root = sum_node(0, n, subtrees, &next, width, sums);
    ELBOW_CHECK(root == 0 && next == count);
}

static double sum_leaves(const double *leaves, uint64_t lo, uint64_t hi)
{
    if (hi - lo == 1)
        return leaves[lo];
    uint64_t middle = (lo + hi) / 2;
    double left = sum_leaves(leaves, lo, middle);
    return left + sum_leaves(leaves, middle, hi);
}

double elbow_partition_sum_leaves(const double *leaves, uint64_t n)
{
    ELBOW_CHECK(n > 0);
    return sum_leaves(leaves, 0, n);
}
