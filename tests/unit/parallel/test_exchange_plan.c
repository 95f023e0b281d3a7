// SPDX-License-Identifier: BSD-3-Clause
// The plan of a step of the exchange, for all its ranks in one process: the cut of the arena, and each rank's sums.
#include "elbow/parallel/detail/exchange.h"
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

// The messages of a group: its ranks' subtrees, added as far as the tree allows. Returns the number of sums.
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

// True if an owner in each group gets the tree's bits from its own group's subtrees and the messages of the others.
static void check_groups(uint64_t microbatches, uint64_t dealt, int groups, const int *group_first)
{
    struct elbow_plan plans[RANKS_MAX];
    for (int g = 0; g < groups; ++g)
        ck_assert_int_eq(elbow_plan_create(&plans[g], microbatches, dealt, groups, group_first, g, NULL), ELBOW_OK);
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
                check_groups(n, n, groups, group_first);
                check_groups(n, n + 1, groups, group_first);
                check_groups(n, LEAVES_MAX + 3, groups, group_first);
            }
}
END_TEST

// Of a short batch each rank brings those of its microbatches of a full batch that there are.
START_TEST(a_short_batch_is_dealt_like_a_full_one)
{
    struct elbow_plan plan;
    const int group_first[] = {0, 1, 2, 3};
    ck_assert_int_eq(elbow_plan_create(&plan, 5, 12, 3, group_first, 2, NULL), ELBOW_OK);
    const struct elbow_range expected[] = {{0, 2}, {2, 3}, {3, 4}, {4, 5}}; // [0, 4), [4, 5), none
    ck_assert_int_eq(plan.count, 4);
    ck_assert_int_eq(memcmp(plan.subtrees, expected, sizeof expected), 0);
    ck_assert_int_eq(plan.first[1], 3);
    ck_assert_int_eq(plan.first[2], 4);
    ck_assert_int_eq(plan.first[3], 4);
    ck_assert_int_eq(plan.sums, 0);
    elbow_plan_clear(&plan);
}
END_TEST

// Two nodes with as many ranks, and microbatches for both: each sends one sum.
START_TEST(equal_nodes_send_one_sum_each)
{
    struct elbow_plan plan;
    const int group_first[] = {0, 3, 6};
    ck_assert_int_eq(elbow_plan_create(&plan, 16, 16, 2, group_first, 1, NULL), ELBOW_OK);
    ck_assert_int_eq(plan.sums, 1);
    ck_assert_int_eq(plan.group[1] - plan.group[0], 1);
    elbow_plan_clear(&plan);
}
END_TEST

// group_first is to outlive the cut.
static struct elbow_cut cut_over(size_t parameters, const size_t *layers, size_t count, size_t bucket, int groups,
                                 const int *group_first)
{
    struct elbow_cut cut;
    struct elbow_exchange_sizes sizes = {
        .parameters = parameters, .layers = layers, .layer_count = count, .bucket = bucket};
    ck_assert_int_eq(elbow_cut_create(&cut, &sizes, groups, group_first, NULL), ELBOW_OK);
    return cut;
}

static void check_edges(const size_t *layers, size_t bucket, int groups, int buckets, const size_t *edges)
{
    int group_first[32];
    for (int g = 0; g <= groups; ++g)
        group_first[g] = g;
    struct elbow_cut cut = cut_over(20 * ELBOW_BLOCK, layers, 4, bucket, groups, group_first);
    ck_assert_int_eq(cut.buckets, buckets);
    ck_assert_int_eq(memcmp(cut.edges, edges, ((size_t)buckets + 1) * sizeof *edges), 0);
    elbow_cut_clear(&cut);
}

START_TEST(buckets_are_layers_joined_up_to_a_size)
{
    const size_t layers[] = {0, 6 * ELBOW_BLOCK + 1, 10 * ELBOW_BLOCK, 18 * ELBOW_BLOCK};
    // The block that the first two layers share is the first one's.
    const size_t each[] = {0, 7, 10, 18, 20}, joined[] = {0, 10, 20}, whole[] = {0, 20};
    check_edges(layers, 1, 2, 4, each);
    check_edges(layers, 4 * ELBOW_BLOCK, 2, 2, joined);
    check_edges(layers, 1, 1, 1, whole); // one group: nothing to send
}
END_TEST

START_TEST(buckets_have_a_block_for_every_group)
{
    const size_t layers[] = {0, 6 * ELBOW_BLOCK + 1, 10 * ELBOW_BLOCK, 18 * ELBOW_BLOCK};
    const size_t three[] = {0, 7, 10, 20}, eight[] = {0, 10, 20}, whole[] = {0, 20};
    check_edges(layers, 1, 3, 3, three);
    check_edges(layers, 1, 8, 2, eight);
    check_edges(layers, 1, 11, 1, whole); // seven blocks would be left
    check_edges(layers, 1, 30, 1, whole); // more groups than blocks
}
END_TEST

// Notes the owner of every block of a range; none may have had an owner before.
static void take(struct elbow_range range, int owner, int *owners)
{
    ck_assert(range.first % ELBOW_BLOCK == 0 || range.first == range.last);
    for (uint64_t at = range.first; at < range.last; at += ELBOW_BLOCK) {
        ck_assert_int_eq(owners[at / ELBOW_BLOCK], -1);
        owners[at / ELBOW_BLOCK] = owner;
    }
}

// Every block has one owner, and a group's part is that of its ranks, for any groups.
START_TEST(parts_cover_the_arena)
{
    const size_t layers[] = {0, 5000, 20000, 20016, 60000};
    for (size_t parameters = 60016; parameters < 90000; parameters += 4080)
        for (int size = 1; size <= RANKS_MAX; ++size)
            for (unsigned cuts = 0; cuts < 1U << (size - 1); ++cuts) { // bit r: a group begins after rank r
                int group_first[RANKS_MAX + 1] = {0}, groups = 1, group_of[RANKS_MAX], ranks[32], parts[32];
                for (int r = 0; r < size; ++r) {
                    group_of[r] = groups - 1;
                    if (r + 1 == size || cuts >> r & 1)
                        group_first[groups++] = r + 1;
                }
                --groups;
                struct elbow_cut cut = cut_over(parameters, layers, 5, 1, groups, group_first);
                memset(ranks, -1, sizeof ranks);
                memset(parts, -1, sizeof parts);
                for (int k = 0; k < cut.buckets; ++k) {
                    for (int r = 0; r < size; ++r)
                        take(elbow_cut_piece(&cut, k, r), r, ranks);
                    for (int g = 0; g < groups; ++g)
                        take(elbow_cut_part(&cut, k, g), g, parts);
                }
                for (size_t block = 0; block < cut.blocks; ++block) {
                    ck_assert_int_ge(ranks[block], 0);
                    ck_assert_int_eq(parts[block], group_of[ranks[block]]);
                }
                elbow_cut_clear(&cut);
            }
}
END_TEST

static size_t blocks_in(struct elbow_range range)
{
    return (size_t)(range.last - range.first) / ELBOW_BLOCK;
}

// Blocks that cannot be shared out evenly go to the nodes in turn, and to the ranks of each.
START_TEST(every_rank_has_its_share)
{
    enum { BUCKETS = 16, MOST = 40, MEMBERS_MOST = 16 };
    for (int groups = 2; groups <= MOST; groups += 1 + groups / 8)
        for (int members = 1; members <= MEMBERS_MOST; members *= 2)
            for (size_t blocks = (size_t)groups; blocks < 2 * (size_t)groups; blocks += 1 + (size_t)groups / 5) {
                size_t layers[BUCKETS], total = BUCKETS * blocks;
                int group_first[MOST + 1];
                for (size_t k = 0; k < BUCKETS; ++k)
                    layers[k] = k * blocks * ELBOW_BLOCK;
                for (int g = 0; g <= groups; ++g)
                    group_first[g] = members * g;
                struct elbow_cut cut = cut_over(total * ELBOW_BLOCK, layers, BUCKETS, 1, groups, group_first);
                ck_assert_int_eq(cut.buckets, BUCKETS);
                for (int g = 0; g < groups; ++g) {
                    size_t owned = 0, least = total, most = 0;
                    for (int k = 0; k < BUCKETS; ++k)
                        owned += blocks_in(elbow_cut_part(&cut, k, g));
                    ck_assert_uint_ge(owned + 1, total / (size_t)groups);
                    ck_assert_uint_le(owned, (total + (size_t)groups - 1) / (size_t)groups + 1);
                    for (int r = group_first[g]; r < group_first[g + 1]; ++r) {
                        size_t mine = 0;
                        for (int k = 0; k < BUCKETS; ++k)
                            mine += blocks_in(elbow_cut_piece(&cut, k, r));
                        least = mine < least ? mine : least;
                        most = mine > most ? mine : most;
                    }
                    ck_assert_uint_le(most - least, 1);
                }
                elbow_cut_clear(&cut);
            }
}
END_TEST

UNIT_MAIN("parallel/exchange_plan", owners_of_all_groups_get_the_bits_of_the_tree,
          a_short_batch_is_dealt_like_a_full_one, equal_nodes_send_one_sum_each, buckets_are_layers_joined_up_to_a_size,
          buckets_have_a_block_for_every_group, parts_cover_the_arena, every_rank_has_its_share)
