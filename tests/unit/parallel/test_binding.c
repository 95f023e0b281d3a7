// SPDX-License-Identifier: BSD-3-Clause
// Masks that leave a core for every rank.
#include "elbow/parallel/binding.h"

#include "unit.h"

#include <string.h>

enum { RANKS_MAX = 4 };

static unsigned char masks[RANKS_MAX][ELBOW_MASK_BYTES];

static void allow(int rank, int core)
{
    masks[rank][core / 8] |= (unsigned char)(1 << core % 8);
}

static struct elbow_binding judge_threads(int ranks, int threads)
{
    struct elbow_binding binding = elbow_binding_judge(ranks, threads, masks[0]);
    memset(masks, 0, sizeof masks);
    return binding;
}

static struct elbow_binding judge(int ranks)
{
    return judge_threads(ranks, 1);
}

START_TEST(a_core_each_is_enough)
{
    allow(0, 0);
    allow(1, 8 * ELBOW_MASK_BYTES - 1);
    struct elbow_binding binding = judge(2);
    ck_assert_int_eq(binding.least, 1);
    ck_assert_int_eq(binding.most, 1);
    ck_assert_int_eq(binding.cores, 2);
    ck_assert_int_eq(binding.share, 1);
    ck_assert_int_eq(binding.crowded_ranks, 0);
}
END_TEST

START_TEST(free_ranks_with_a_core_each_are_not_crowded)
{
    for (int r = 0; r < 2; ++r)
        for (int core = 0; core < 2; ++core)
            allow(r, core);
    struct elbow_binding binding = judge(2);
    ck_assert_int_eq(binding.cores, 2);
    ck_assert_int_eq(binding.crowded_ranks, 0);
}
END_TEST

START_TEST(two_ranks_on_one_core_are_crowded)
{
    allow(0, 3);
    allow(1, 9);
    allow(2, 3);
    struct elbow_binding binding = judge(3);
    ck_assert_int_eq(binding.cores, 2);
    ck_assert_int_eq(binding.crowded_ranks, 2);
    ck_assert_int_eq(binding.crowded_cores, 1);
}
END_TEST

START_TEST(more_free_ranks_than_cores_are_crowded)
{
    for (int r = 0; r < 4; ++r)
        for (int core = 0; core < 2; ++core)
            allow(r, core);
    struct elbow_binding binding = judge(4);
    ck_assert_int_eq(binding.least, 2);
    ck_assert_int_eq(binding.crowded_ranks, 4);
    ck_assert_int_eq(binding.crowded_cores, 2);
}
END_TEST

START_TEST(a_bound_rank_and_a_free_one_may_overlap)
{
    allow(0, 0);
    allow(1, 0);
    allow(1, 1);
    struct elbow_binding binding = judge(2);
    ck_assert_int_eq(binding.least, 1);
    ck_assert_int_eq(binding.most, 2);
    ck_assert_int_eq(binding.crowded_ranks, 0);
}
END_TEST

START_TEST(a_core_to_spare_is_told)
{
    for (int core = 0; core < 5; ++core)
        allow(0, core), allow(1, core);
    ck_assert_int_eq(judge(2).share, 2); // five cores for two
    allow(0, 0), allow(0, 1);
    allow(1, 2), allow(1, 3);
    ck_assert_int_eq(judge(2).share, 2); // a pair each
    for (int core = 0; core < 4; ++core)
        allow(0, core);
    allow(1, 2);
    ck_assert_int_eq(judge(2).share, 1); // the second one has only one
    allow(0, 0), allow(0, 1), allow(0, 2), allow(0, 3);
    allow(1, 0), allow(1, 1);
    allow(2, 0), allow(2, 1);
    ck_assert_int_eq(judge(3).share, 1); // the last two fill their cores
    allow(0, 0);
    allow(1, 0);
    ck_assert_int_eq(judge(2).share, 0);
}
END_TEST

START_TEST(overlapping_masks_may_be_short_together)
{
    // Pairs of three cores for four ranks: no rank's own cores are too few, all together are.
    allow(0, 0), allow(0, 1);
    allow(1, 1), allow(1, 2);
    allow(2, 0), allow(2, 2);
    allow(3, 0), allow(3, 1);
    struct elbow_binding binding = judge(4);
    ck_assert_int_eq(binding.crowded_ranks, 4);
    ck_assert_int_eq(binding.crowded_cores, 3);
}
END_TEST

START_TEST(a_rank_wants_a_core_for_each_thread)
{
    allow(0, 0);
    struct elbow_binding binding = judge_threads(1, 2);
    ck_assert_int_eq(binding.crowded_ranks, 1);
    ck_assert_int_eq(binding.crowded_cores, 1);
    allow(0, 0), allow(0, 1);
    allow(1, 2), allow(1, 3);
    ck_assert_int_eq(judge_threads(2, 2).crowded_ranks, 0);
    allow(0, 0), allow(0, 1);
    allow(1, 2), allow(1, 3);
    ck_assert_int_eq(judge_threads(2, 3).crowded_ranks, 2);
}
END_TEST

START_TEST(the_crowd_with_the_most_threads_too_many_is_told)
{
    // Four threads on one core are worse than eight on six.
    allow(0, 0);
    for (int core = 1; core < 6; ++core)
        allow(1, core);
    struct elbow_binding binding = judge_threads(2, 4);
    ck_assert_int_eq(binding.crowded_ranks, 1);
    ck_assert_int_eq(binding.crowded_cores, 1);
}
END_TEST

UNIT_MAIN("parallel/binding", a_rank_wants_a_core_for_each_thread, the_crowd_with_the_most_threads_too_many_is_told,
          a_core_each_is_enough, free_ranks_with_a_core_each_are_not_crowded, two_ranks_on_one_core_are_crowded,
          a_core_to_spare_is_told, more_free_ranks_than_cores_are_crowded, a_bound_rank_and_a_free_one_may_overlap,
          overlapping_masks_may_be_short_together)
