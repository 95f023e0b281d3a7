// SPDX-License-Identifier: BSD-3-Clause
// The sequence of a rank's microbatches against the order in which a step computes them: the subtrees of its part of
// the batch from left to right, each down to its leaves.
#include "elbow/data/sequence.h"

#include "elbow/parallel/partition.h"
#include "unit.h"

#include <string.h>

enum { RANGES_MAX = 4096 };

struct list {
    size_t count;
    struct elbow_step_place places[RANGES_MAX];
    uint64_t numbers[RANGES_MAX];
};

static void add_leaves(struct list *list, const struct elbow_step_place *place, uint64_t lo, uint64_t hi)
{
    if (hi - lo > 1) {
        add_leaves(list, place, lo, (lo + hi) / 2);
        add_leaves(list, place, (lo + hi) / 2, hi);
        return;
    }
    ck_assert_uint_lt(list->count, RANGES_MAX);
    list->places[list->count] = *place;
    list->numbers[list->count++] = lo;
}

// The part of a rank in a run.
static void list_all(const struct elbow_sequence *sequence, struct list *list)
{
    list->count = 0;
    for (uint64_t step = 0; step < sequence->last_step; ++step) {
        struct elbow_step_place place = elbow_sequence_place(sequence, step);
        struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
        int count = elbow_partition_subtrees(place.microbatches, elbow_sequence_mine(sequence, &place), subtrees);
        for (int i = 0; i < count; ++i)
            add_leaves(list, &place, subtrees[i].first, subtrees[i].last);
    }
}

// Each microbatch foretells the one that follows, and the last one none; *rows counts them all.
static void check_sequence(const struct elbow_sequence *sequence, uint64_t *rows)
{
    static struct list list;
    list_all(sequence, &list);
    ck_assert_uint_gt(list.count, 0);
    for (size_t i = 0; i < list.count; ++i) {
        struct elbow_microbatch_range here = elbow_sequence_range(sequence, &list.places[i], list.numbers[i]), next;
        bool goes_on = elbow_sequence_after(sequence, &list.places[i], list.numbers[i], &next);
        ck_assert_int_eq(goes_on, i + 1 < list.count);
        ck_assert_uint_eq(here.first, list.places[i].first + list.numbers[i] * sequence->microbatch);
        ck_assert(here.rows >= 1 && here.rows <= sequence->microbatch);
        *rows += here.rows;
        if (!goes_on)
            break;
        struct elbow_microbatch_range expected =
            elbow_sequence_range(sequence, &list.places[i + 1], list.numbers[i + 1]);
        ck_assert_uint_eq(next.epoch, expected.epoch);
        ck_assert_uint_eq(next.first, expected.first);
        ck_assert_uint_eq(next.rows, expected.rows);
    }
}

// Samples, batch, microbatch: whole and short last batches, short last microbatches, a batch that is the dataset, last
// batches with fewer microbatches than ranks, microbatches of one row.
static const uint64_t shapes[][3] = {{60, 28, 4}, {64, 16, 4}, {116, 39, 3}, {75, 32, 8}, {13, 13, 5},
                                     {31, 10, 1}, {9, 8, 2},   {8, 8, 8},    {1, 1, 1},   {17, 16, 3}};

START_TEST(what_follows_is_what_is_computed)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        uint64_t microbatches = (shapes[i][1] + shapes[i][2] - 1) / shapes[i][2];
        for (int size = 1; size <= 7 && (uint64_t)size <= microbatches; ++size) {
            uint64_t rows = 0, epochs = 4;
            for (int rank = 0; rank < 2 * size; ++rank) {
                struct elbow_sequence sequence = {.samples = shapes[i][0],
                                                  .batch = shapes[i][1],
                                                  .microbatch = shapes[i][2],
                                                  .rank = rank % size,
                                                  .size = size,
                                                  .is_fixed = rank >= size};
                sequence.last_step = epochs * elbow_sequence_epoch_steps(&sequence);
                check_sequence(&sequence, &rows);
            }
            ck_assert_uint_eq(rows, 2 * epochs * shapes[i][0]); // all ranks together: every sample once an epoch
        }
    }
}
END_TEST

START_TEST(a_run_ends_at_its_last_step)
{
    // 60 samples, batches of 28: 7, 7 and 1 microbatches of 4 rows; rank 0 of 4 has none of the last batch.
    struct elbow_sequence sequence = {
        .samples = 60, .batch = 28, .microbatch = 4, .last_step = 3, .rank = 0, .size = 4};
    struct elbow_step_place second = elbow_sequence_place(&sequence, 1);
    struct elbow_microbatch_range next;
    ck_assert_uint_eq(elbow_partition(1, 0, 4).last, 0);
    ck_assert(!elbow_sequence_after(&sequence, &second, 0, &next));
    sequence.last_step = 4;
    ck_assert(elbow_sequence_after(&sequence, &second, 0, &next));
    ck_assert_uint_eq(next.epoch, 1);
    ck_assert_uint_eq(next.first, 0);
}
END_TEST

// A microbatch of a fixed sequence belongs to one rank in all batches, short ones included.
START_TEST(a_fixed_microbatch_stays_with_its_rank)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (int size = 1; size <= 7; ++size)
            for (int rank = 0; rank < size; ++rank) {
                const struct elbow_sequence sequence = {.samples = shapes[i][0],
                                                        .batch = shapes[i][1],
                                                        .microbatch = shapes[i][2],
                                                        .rank = rank,
                                                        .size = size,
                                                        .is_fixed = true};
                struct elbow_step_place full = elbow_sequence_place(&sequence, 0);
                struct elbow_step_place last =
                    elbow_sequence_place(&sequence, elbow_sequence_epoch_steps(&sequence) - 1);
                struct elbow_range all = elbow_sequence_mine(&sequence, &full);
                struct elbow_range some = elbow_sequence_mine(&sequence, &last);
                ck_assert_uint_eq(all.first, (uint64_t)rank * full.microbatches / (uint64_t)size);
                for (uint64_t m = 0; m < full.microbatches; ++m)
                    ck_assert_int_eq(some.first <= m && m < some.last,
                                     all.first <= m && m < all.last && m < last.microbatches);
            }
}
END_TEST

START_TEST(steps_visit_every_sample_once)
{
    struct elbow_sequence sequence = {.samples = 101, .batch = 16, .microbatch = 5, .size = 1};
    struct elbow_order order = elbow_order_shuffled(101, 5);
    int seen[2][101] = {{0}};
    uint64_t steps = elbow_sequence_epoch_steps(&sequence);
    ck_assert_uint_eq(steps, 7);
    for (uint64_t step = 0; step < 2 * steps; ++step) {
        struct elbow_step_place place = elbow_sequence_place(&sequence, step);
        uint64_t ids[16];
        ck_assert_uint_eq(place.step, step);
        ck_assert_uint_eq(place.microbatches, step % steps == 6 ? 1 : 4); // 5 samples, or 16
        elbow_order_fill(&order, place.epoch, place.first, (size_t)place.count, ids);
        for (uint64_t i = 0; i < place.count; ++i)
            seen[place.epoch][ids[i]] += 1;
    }
    for (int i = 0; i < 101; ++i)
        ck_assert(seen[0][i] == 1 && seen[1][i] == 1);
    ck_assert_uint_eq(elbow_sequence_place(&sequence, 6).count, 5);
}
END_TEST

UNIT_MAIN("data/sequence", steps_visit_every_sample_once, what_follows_is_what_is_computed,
          a_fixed_microbatch_stays_with_its_rank, a_run_ends_at_its_last_step)
