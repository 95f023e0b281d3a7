// SPDX-License-Identifier: BSD-3-Clause
// What a step of the exchange follows, for all its ranks in one process: the cut of the arena, and the plan of who adds
// what where.
#include "../../../src/parallel/exchange_private.h"
#include "unit.h"

#include <string.h>

enum { LEAVES_MAX = 20, RANKS_MAX = 5 };

// A leaf of the tree, and sums of leaves that depend on the order.
static float leaf(uint64_t i)
{
    return 1.0F / (float)(3 * i + 1);
}

static float tree(uint64_t lo, uint64_t hi)
{
    if (hi - lo == 1)
        return leaf(lo);
    uint64_t middle = (lo + hi) / 2;
    float left = tree(lo, middle);
    return left + tree(middle, hi);
}

static float add(float *sums, int count, const struct elbow_addition *additions)
{
    for (int i = 0; i + 1 < count; ++i)
        sums[additions[i].target] += sums[additions[i].source];
    return sums[0];
}

// What a group sends: its ranks' subtrees, added as far as the tree allows. Returns how many sums.
static int send(const struct elbow_plan *plan, int first, float *sums)
{
    const struct elbow_range *own = plan->subtrees + plan->first[first];
    for (int i = 0; i < plan->sums; ++i) {
        float parts[LEAVES_MAX];
        int begin = plan->parts[i], count = plan->parts[i + 1] - begin;
        for (int k = 0; k < count; ++k)
            parts[k] = tree(own[begin + k].first, own[begin + k].last);
        sums[i] = add(parts, count, plan->partial + begin - i);
    }
    return plan->sums;
}

// Whether an owner in each group gets the tree's bits from its own group's subtrees and what the others send.
static void check_groups(uint64_t microbatches, int groups, const int *group_first)
{
    struct elbow_plan plans[RANKS_MAX];
    for (int g = 0; g < groups; ++g)
        ck_assert_int_eq(elbow_plan_create(&plans[g], microbatches, groups, group_first, g, NULL), ELBOW_OK);
    for (int g = 0; g < groups; ++g) {
        const struct elbow_plan *plan = &plans[g];
        float terms[2 * LEAVES_MAX];
        for (int h = 0; h < groups; ++h) {
            int count = plan->group[h + 1] - plan->group[h];
            if (h != g) {
                ck_assert_int_eq(send(&plans[h], group_first[h], terms + plan->group[h]), count);
                continue;
            }
            for (int k = 0; k < count; ++k) {
                struct elbow_range own = plan->subtrees[plan->first[group_first[g]] + k];
                terms[plan->group[h] + k] = tree(own.first, own.last);
            }
        }
        float sum = add(terms, plan->terms, plan->additions), expected = tree(0, microbatches);
        ck_assert_msg(memcmp(&sum, &expected, sizeof sum) == 0, "%d microbatches, group %d of %d", (int)microbatches, g,
                      groups);
    }
    for (int g = 0; g < groups; ++g)
        elbow_plan_clear(&plans[g]);
}

START_TEST(owners_of_all_groups_get_the_bits_of_the_tree)
{
    for (uint64_t n = 1; n <= LEAVES_MAX; ++n)
        for (int size = 1; size <= RANKS_MAX; ++size)
            for (unsigned cuts = 0; cuts < 1U << (size - 1); ++cuts) { // bit r: a group begins after rank r
                int group_first[RANKS_MAX + 1] = {0}, groups = 1;
                for (int r = 0; r + 1 < size; ++r)
                    if (cuts >> r & 1)
                        group_first[groups++] = r + 1;
                group_first[groups] = size;
                check_groups(n, groups, group_first);
            }
}
END_TEST

// Two nodes with as many ranks, and microbatches for both: each sends one sum.
START_TEST(equal_nodes_send_one_sum_each)
{
    struct elbow_plan plan;
    const int group_first[] = {0, 3, 6};
    ck_assert_int_eq(elbow_plan_create(&plan, 16, 2, group_first, 1, NULL), ELBOW_OK);
    ck_assert_int_eq(plan.sums, 1);
    ck_assert_int_eq(plan.group[1] - plan.group[0], 1);
    elbow_plan_clear(&plan);
}
END_TEST

static struct elbow_cut cut_of(size_t parameters, const size_t *layers, size_t count, size_t bucket, int groups)
{
    struct elbow_cut cut;
    struct elbow_exchange_sizes sizes = {
        .parameters = parameters, .layers = layers, .layer_count = count, .bucket = bucket};
    ck_assert_int_eq(elbow_cut_create(&cut, &sizes, groups, NULL), ELBOW_OK);
    return cut;
}

START_TEST(buckets_are_layers_joined_up_to_a_size)
{
    const size_t layers[] = {0, 3 * ELBOW_BLOCK + 1, 5 * ELBOW_BLOCK, 9 * ELBOW_BLOCK};
    struct elbow_cut cut = cut_of(10 * ELBOW_BLOCK, layers, 4, 1, 2);
    // The block that the first two layers share is the first one's.
    const size_t each[] = {0, 4, 5, 9, 10};
    ck_assert_int_eq(cut.buckets, 4);
    ck_assert_int_eq(memcmp(cut.edges, each, sizeof each), 0);
    elbow_cut_clear(&cut);

    cut = cut_of(10 * ELBOW_BLOCK, layers, 4, 2 * ELBOW_BLOCK, 2);
    const size_t joined[] = {0, 5, 10};
    ck_assert_int_eq(cut.buckets, 2);
    ck_assert_int_eq(memcmp(cut.edges, joined, sizeof joined), 0);
    elbow_cut_clear(&cut);

    cut = cut_of(10 * ELBOW_BLOCK, layers, 4, 1, 1); // one group: nothing to send
    ck_assert_int_eq(cut.buckets, 1);
    ck_assert_uint_eq(cut.edges[1], 10);
    elbow_cut_clear(&cut);
}
END_TEST

// Every parameter of every bucket has one owner, and a group's part is that of its ranks side by side.
START_TEST(parts_cover_the_arena)
{
    const size_t layers[] = {0, 5000, 20000, 20016, 60000};
    for (size_t parameters = 60016; parameters < 90000; parameters += 4080)
        for (int size = 1; size <= RANKS_MAX; ++size) {
            struct elbow_cut cut = cut_of(parameters, layers, 5, 1, 2);
            uint64_t at = 0;
            for (int k = 0; k < cut.buckets; ++k) {
                struct elbow_range all = elbow_cut_part(&cut, k, 0, size, size);
                ck_assert_uint_eq(all.first, at);
                for (int r = 0; r < size; ++r) {
                    struct elbow_range part = elbow_cut_part(&cut, k, r, r + 1, size);
                    ck_assert_uint_eq(part.first, at);
                    ck_assert(part.first % ELBOW_BLOCK == 0 || part.first == part.last);
                    at = part.last;
                }
                ck_assert_uint_eq(all.last, at);
            }
            ck_assert_uint_eq(at, parameters);
            elbow_cut_clear(&cut);
        }
}
END_TEST

UNIT_MAIN("parallel/exchange_plan", owners_of_all_groups_get_the_bits_of_the_tree, equal_nodes_send_one_sum_each,
          buckets_are_layers_joined_up_to_a_size, parts_cover_the_arena)
