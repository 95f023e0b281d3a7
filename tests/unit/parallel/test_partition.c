// SPDX-License-Identifier: BSD-3-Clause
// The summation tree must be covered by the ranks' subtrees at any rank count, and its sums must not depend on the cut.
#include "elbow/parallel/partition.h"
#include "unit.h"

#include <string.h>

enum { LEAVES_MAX = 40, WIDTH = 3 };

// Values with 53 used bits and of both signs: nearly every order of adding them rounds differently.
static double leaf_value(uint64_t leaf, size_t k)
{
    uint64_t bits = (leaf + 1) * UINT64_C(0x9E3779B97F4A7C15) + k * UINT64_C(0xC2B2AE3D27D4EB4F);
    bits = (bits ^ bits >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    return (double)(int64_t)bits * 0x1p-63;
}

static double tree(uint64_t lo, uint64_t hi, size_t k)
{
    if (hi - lo == 1)
        return leaf_value(lo, k);
    uint64_t middle = (lo + hi) / 2;
    return tree(lo, middle, k) + tree(middle, hi, k);
}

START_TEST(ranges_cover_without_overlap)
{
    for (uint64_t n = 0; n < 50; ++n)
        for (int size = 1; size < 12; ++size) {
            uint64_t at = 0;
            for (int rank = 0; rank < size; ++rank) {
                struct elbow_range range = elbow_partition(n, rank, size);
                ck_assert_uint_eq(range.first, at);
                ck_assert_uint_eq(range.first, (uint64_t)rank * n / (uint64_t)size);
                at = range.last;
            }
            ck_assert_uint_eq(at, n);
        }
}
END_TEST

START_TEST(subtrees_are_nodes_of_the_tree)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    // Sixteen leaves on four ranks: one whole subtree each.
    for (int rank = 0; rank < 4; ++rank) {
        int count = elbow_partition_subtrees(16, elbow_partition(16, rank, 4), subtrees);
        ck_assert_int_eq(count, 1);
        ck_assert_uint_eq(subtrees[0].first, (uint64_t)rank * 4);
        ck_assert_uint_eq(subtrees[0].last, (uint64_t)rank * 4 + 4);
    }
    // Seven leaves split at 3, then 1 and 5: [2, 4) is cut into [2, 3) and [3, 4).
    int count = elbow_partition_subtrees(7, (struct elbow_range){2, 4}, subtrees);
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(subtrees[0].last, 3);
    ck_assert_int_eq(elbow_partition_subtrees(7, (struct elbow_range){4, 4}, subtrees), 0);
    ck_assert_int_eq(elbow_partition_subtrees(7, (struct elbow_range){0, 7}, subtrees), 1);
}
END_TEST

// All ranks' subtrees in order; returns their number.
static int all_subtrees(uint64_t n, int size, struct elbow_range *all)
{
    int count = 0;
    for (int rank = 0; rank < size; ++rank)
        count += elbow_partition_subtrees(n, elbow_partition(n, rank, size), all + count);
    return count;
}

START_TEST(sums_do_not_depend_on_the_ranks)
{
    for (uint64_t n = 1; n <= LEAVES_MAX; ++n)
        for (int size = 1; size <= (int)n; ++size) {
            struct elbow_range all[2 * LEAVES_MAX];
            double sums[2 * LEAVES_MAX * WIDTH];
            int count = all_subtrees(n, size, all);
            for (int i = 0; i < count; ++i)
                for (size_t k = 0; k < WIDTH; ++k)
                    sums[(size_t)i * WIDTH + k] = tree(all[i].first, all[i].last, k);
            elbow_partition_sum(n, all, count, WIDTH, sums);
            for (size_t k = 0; k < WIDTH; ++k) {
                double expected = tree(0, n, k);
                ck_assert_int_eq(memcmp(&sums[k], &expected, sizeof expected), 0);
            }
        }
}
END_TEST

START_TEST(additions_give_the_same_sum)
{
    for (uint64_t n = 1; n <= LEAVES_MAX; ++n)
        for (int size = 1; size <= (int)n; ++size) {
            struct elbow_range all[2 * LEAVES_MAX];
            struct elbow_addition additions[2 * LEAVES_MAX];
            double sums[2 * LEAVES_MAX];
            int count = all_subtrees(n, size, all);
            for (int i = 0; i < count; ++i)
                sums[i] = tree(all[i].first, all[i].last, 0);
            elbow_partition_additions((struct elbow_range){0, n}, all, count, additions);
            for (int i = 0; i + 1 < count; ++i)
                sums[additions[i].target] += sums[additions[i].source];
            double expected = tree(0, n, 0);
            ck_assert_int_eq(memcmp(&sums[0], &expected, sizeof expected), 0);
        }
}
END_TEST

// The mutant: adding in rank order must not pass for the tree, or the tests above could not fail.
START_TEST(rank_order_gives_other_bits)
{
    int different = 0;
    for (int size = 2; size <= 13; ++size) {
        struct elbow_range all[2 * LEAVES_MAX];
        int count = all_subtrees(13, size, all);
        double sum = 0, expected = tree(0, 13, 0);
        for (int i = 0; i < count; ++i)
            sum += tree(all[i].first, all[i].last, 0);
        different += memcmp(&sum, &expected, sizeof sum) != 0;
    }
    ck_assert_int_gt(different, 0);
}
END_TEST

START_TEST(leaves_sum_along_the_same_tree)
{
    double leaves[LEAVES_MAX];
    for (uint64_t n = 1; n <= LEAVES_MAX; ++n) {
        for (uint64_t i = 0; i < n; ++i)
            leaves[i] = leaf_value(i, 0);
        double sum = elbow_partition_sum_leaves(leaves, n), expected = tree(0, n, 0);
        ck_assert_int_eq(memcmp(&sum, &expected, sizeof sum), 0);
    }
}
END_TEST

START_TEST(bounds_of_buffers)
{
    ck_assert_int_eq(elbow_partition_depth(1), 1);
    ck_assert_int_eq(elbow_partition_depth(2), 2);
    ck_assert_int_eq(elbow_partition_depth(3), 3);
    ck_assert_int_eq(elbow_partition_depth(4), 3);
    ck_assert_int_eq(elbow_partition_subtrees_most(16, 4), 1);
    ck_assert_int_ge(elbow_partition_subtrees_most(7, 3), 2);
    ck_assert_uint_eq(elbow_partition_leaves_most(16, 4), 4);
    ck_assert_uint_eq(elbow_partition_leaves_most(7, 1), 7);
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    uint64_t large = (UINT64_C(1) << 47) - 1;
    ck_assert_int_le(elbow_partition_subtrees(large, (struct elbow_range){1, large - 1}, subtrees), ELBOW_SUBTREES_MAX);
}
END_TEST

UNIT_MAIN("parallel/partition", ranges_cover_without_overlap, subtrees_are_nodes_of_the_tree,
          sums_do_not_depend_on_the_ranks, additions_give_the_same_sum, rank_order_gives_other_bits,
          leaves_sum_along_the_same_tree, bounds_of_buffers)
