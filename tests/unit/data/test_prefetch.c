// SPDX-License-Identifier: BSD-3-Clause
// Data collated ahead are those collated on the spot, for any progress of the thread and its taker.
#include "elbow/data/prefetch.h"

#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/base/trace.h"
#include "elbow/data/page_order.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 53, VALUES = 37, LATENT = 5, ROWS = 7 };

static unsigned char stored[SAMPLES * VALUES];

static const struct elbow_dataset dataset = {.name = "test",
                                             .samples = SAMPLES,
                                             .values = VALUES,
                                             .element = ELBOW_ELEMENT_UINT8,
                                             .scale = {.factor = 1.0 / 255},
                                             .rows = {.base = stored}};

// A batch of 20 has 3 microbatches of up to 7 rows; the last batch of an epoch has 13 samples in two.
static const struct elbow_sequence whole = {
    .samples = SAMPLES, .batch = 20, .microbatch = ROWS, .last_step = 600, .size = 1};

static struct elbow_data_source make_source(enum elbow_binarize kind)
{
    for (size_t i = 0; i < sizeof stored; ++i)
        stored[i] = (unsigned char)(i * 89 + i / 7);
    return (struct elbow_data_source){
        .collation = {.dataset = &dataset,
                      .inputs = {.dataset = &dataset},
                      .binarizer = {.kind = kind, .threshold = 0.5, .seed = 3, .purpose = ELBOW_PURPOSE_TRAIN_BINARIZE},
                      .noise = ELBOW_PURPOSE_TRAIN_NOISE,
                      .latent = LATENT,
                      .is_training = true},
        .order = elbow_order_shuffled(SAMPLES, 3),
        .rows_max = ROWS};
}

static struct elbow_prefetch *make(const struct elbow_data_source *source, bool ahead)
{
    struct elbow_prefetch *prefetch = NULL;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_prefetch_create(source, ahead, &prefetch, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_prefetch_start(prefetch, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_prefetch_is_ahead(prefetch), ahead);
    return prefetch;
}

// The microbatch as its definition has it, row by row.
static void check_rows(const struct elbow_data_source *source, const struct elbow_microbatch_range *range,
                       struct elbow_microbatch microbatch)
{
    struct elbow_binarizer binarizer = source->collation.binarizer;
    binarizer.draw = (uint32_t)range->epoch;
    ck_assert_uint_eq(microbatch.rows, range->rows);
    for (size_t i = 0; i < range->rows; ++i) {
        float values[VALUES], noise[LATENT];
        uint64_t id = source->order.at(&source->order, range->epoch, range->first + i);
        elbow_batch_gather(source->collation.dataset, &binarizer, 1, &id, values);
        elbow_batch_noise(binarizer.seed, ELBOW_PURPOSE_TRAIN_NOISE, binarizer.draw, 1, &id, LATENT, noise);
        ck_assert(memcmp(values, microbatch.values + i * VALUES, sizeof values) == 0);
        ck_assert(memcmp(noise, microbatch.noise + i * LATENT, sizeof noise) == 0);
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

// Now and then a sleep of up to 200 microseconds, as the thread's are.
static void sleep_at_random(uint64_t *state)
{
    struct timespec pause = {.tv_nsec = (long)(next_random(state) % 200000)};
    if (next_random(state) % 2 == 0)
        nanosleep(&pause, NULL);
}

// Walks a whole sequence, checks each microbatch, and that all but the first came ahead.
static uint64_t walk(const struct elbow_data_source *source, const struct elbow_sequence *sequence, uint64_t seed)
{
    struct elbow_prefetch *prefetch = make(source, true);
    struct elbow_step_place place = elbow_sequence_place(sequence, 0);
    struct elbow_microbatch_range wanted = elbow_sequence_range(sequence, &place, 0), next;
    uint64_t state = seed, taken = 0;
    elbow_prefetch_disturb(prefetch, seed);
    for (bool goes_on = true; goes_on; wanted = next, ++taken) {
        // The place of a range, from the range alone.
        uint64_t in_epoch = wanted.first / sequence->batch;
        uint64_t steps = elbow_sequence_epoch_steps(sequence);
        place = elbow_sequence_place(sequence, wanted.epoch * steps + in_epoch);
        goes_on = elbow_sequence_after(sequence, &place, (wanted.first - place.first) / sequence->microbatch, &next);
        struct elbow_microbatch microbatch = elbow_prefetch_take(prefetch, &wanted, goes_on ? &next : NULL);
        check_rows(source, &wanted, microbatch);
        if (seed != 0) {
            sleep_at_random(&state);
            check_rows(source, &wanted, microbatch); // the thread leaves it alone
        }
    }
    struct elbow_prefetch_counts counts = elbow_prefetch_count(prefetch);
    ck_assert_uint_eq(counts.late, 1);
    ck_assert_uint_eq(counts.ahead, taken - 1);
    elbow_prefetch_destroy(prefetch);
    return taken;
}

START_TEST(what_comes_ahead_is_the_same)
{
    static const enum elbow_binarize kinds[] = {ELBOW_BINARIZE_NONE, ELBOW_BINARIZE_THRESHOLD, ELBOW_BINARIZE_SAMPLE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        struct elbow_data_source source = make_source(kinds[i]);
        ck_assert_uint_eq(walk(&source, &whole, 0), 600 / 3 * (3 + 3 + 2));
    }
}
END_TEST

START_TEST(what_comes_ahead_is_the_same_whoever_is_late)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    uint64_t seed = (uint64_t)time(NULL) | 1;
    printf("seed %llu\n", (unsigned long long)seed);
    ck_assert_uint_eq(walk(&source, &whole, seed), 600 / 3 * (3 + 3 + 2));
}
END_TEST

// Any range may be wanted, announced or not, the same one again, or with nothing to follow.
START_TEST(what_was_not_announced_is_made)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    struct elbow_prefetch *prefetch = make(&source, true);
    uint64_t state = (uint64_t)time(NULL) | 1, announced = 0;
    printf("seed %llu\n", (unsigned long long)state);
    elbow_prefetch_disturb(prefetch, state);
    struct elbow_microbatch_range wanted = {.epoch = 1, .first = 4, .rows = 2}, next = wanted;
    for (int i = 0; i < 2000; ++i) {
        struct elbow_microbatch_range former = next;
        next = (struct elbow_microbatch_range){.epoch = next_random(&state) % 3,
                                               .first = next_random(&state) % (SAMPLES - ROWS),
                                               .rows = 1 + next_random(&state) % ROWS};
        bool is_announced = next_random(&state) % 4 != 0, follows = i > 0 && next_random(&state) % 2 == 0;
        if (follows)
            wanted = former;
        check_rows(&source, &wanted, elbow_prefetch_take(prefetch, &wanted, is_announced ? &next : NULL));
        if (next_random(&state) % 8 == 0)
            check_rows(&source, &former, elbow_prefetch_make(prefetch, &former));
        announced += follows;
    }
    struct elbow_prefetch_counts counts = elbow_prefetch_count(prefetch);
    ck_assert_uint_eq(counts.ahead + counts.late, 2000);
    ck_assert_uint_gt(counts.ahead, 0);
    ck_assert_uint_gt(counts.late, 2000 - announced);
    elbow_prefetch_destroy(prefetch);
}
END_TEST

START_TEST(a_thread_may_be_ended_at_any_moment)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    size_t blocks = elbow_memory_count().blocks;
    uint64_t state = (uint64_t)time(NULL) | 1;
    printf("seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < 300; ++i) {
        struct elbow_prefetch *prefetch = make(&source, true);
        struct elbow_microbatch_range range = {.rows = ROWS};
        elbow_prefetch_disturb(prefetch, i % 2 == 0 ? state : 0);
        for (uint64_t left = next_random(&state) % 4; left > 0; --left)
            elbow_prefetch_take(prefetch, &range, &range);
        sleep_at_random(&state);
        elbow_prefetch_destroy(prefetch);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    elbow_prefetch_destroy(NULL);
}
END_TEST

// The thread notes its work while the track is on; its taker turns the track on and off meanwhile.
START_TEST(the_thread_notes_its_work)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    struct elbow_track track;
    struct elbow_prefetch *prefetch = NULL;
    struct elbow_microbatch_range range = {.rows = ROWS - 1};
    ck_assert_int_eq(elbow_track_create(&track, 64, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_prefetch_create(&source, true, &prefetch, NULL), ELBOW_OK);
    elbow_prefetch_trace(prefetch, &track);
    ck_assert_int_eq(elbow_prefetch_start(prefetch, NULL), ELBOW_OK);
    for (int i = 0; i < 60; ++i) {
        elbow_track_turn(&track, i >= 20 && i < 50);
        elbow_prefetch_take(prefetch, &range, &range);
    }
    elbow_prefetch_stop(prefetch);
    ck_assert(!elbow_prefetch_is_ahead(prefetch));
    check_rows(&source, &range, elbow_prefetch_take(prefetch, &range, NULL)); // made on the spot
    ck_assert(track.count >= 29 && track.count <= 31); // work in progress at a turn may count on either side
    size_t count = elbow_track_finish(&track);
    for (size_t i = 0; i < count; ++i) {
        ck_assert_uint_eq(track.events[i].name, ELBOW_TRACE_GATHER);
        ck_assert_uint_eq(track.events[i].argument, ROWS - 1);
        ck_assert(i == 0 || track.events[i].begin >= track.events[i - 1].end); // one after the other
    }
    elbow_prefetch_destroy(prefetch);
    elbow_track_clear(&track);
}
END_TEST

START_TEST(nothing_is_allocated_after_creation)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    for (int ahead = 0; ahead <= 1; ++ahead) {
        size_t before = elbow_memory_count().bytes;
        struct elbow_prefetch *prefetch = NULL;
        struct elbow_error error = {0};
        ck_assert_int_eq(elbow_prefetch_create(&source, ahead != 0, &prefetch, &error), ELBOW_OK);
        size_t slots = elbow_prefetch_bytes(prefetch);
        ck_assert_uint_eq(slots, (size_t)(ahead + 1) * ROWS * ((VALUES + LATENT) * sizeof(float) + sizeof(uint64_t)));
        ck_assert_uint_gt(elbow_memory_count().bytes - before, slots);
        uint64_t allocations = elbow_memory_count().allocations;
        ck_assert_int_eq(elbow_prefetch_start(prefetch, &error), ELBOW_OK);
        struct elbow_microbatch_range range = {.rows = ROWS};
        for (int i = 0; i < 100; ++i)
            elbow_prefetch_take(prefetch, &range, &range);
        elbow_prefetch_destroy(prefetch);
        ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
        ck_assert_uint_eq(elbow_memory_count().bytes, before);
    }
}
END_TEST

START_TEST(without_a_thread_all_is_made_when_taken)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_SAMPLE);
    struct elbow_microbatch_range range = {.epoch = 2, .first = 11, .rows = ROWS};
    for (int ahead = 0; ahead <= 1; ++ahead) {
        struct elbow_prefetch *prefetch = NULL;
        struct elbow_error error = {0};
        ck_assert_int_eq(elbow_prefetch_create(&source, ahead != 0, &prefetch, &error), ELBOW_OK);
        elbow_thread_fail_at(1); // a prefetch of one slot starts none
        ck_assert_int_eq(elbow_prefetch_start(prefetch, &error), ahead ? ELBOW_MEMORY : ELBOW_OK);
        elbow_thread_fail_at(0);
        ck_assert(!elbow_prefetch_is_ahead(prefetch));
        for (int i = 0; i < 3; ++i)
            check_rows(&source, &range, elbow_prefetch_take(prefetch, &range, &range));
        ck_assert_uint_eq(elbow_prefetch_count(prefetch).late, 3);
        ck_assert_uint_eq(elbow_prefetch_count(prefetch).ahead, 0);
        elbow_prefetch_destroy(prefetch);
    }
}
END_TEST

START_TEST(failing_allocations_leave_nothing_behind)
{
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_NONE);
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    int tried = 0;
    for (uint64_t n = 1; status != ELBOW_OK; ++n, ++tried) {
        struct elbow_prefetch *prefetch = NULL;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        status = elbow_prefetch_create(&source, true, &prefetch, &error);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && prefetch == NULL));
        elbow_prefetch_destroy(prefetch);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    ck_assert_int_eq(tried, 2 + 2 * 3 + 1); // itself and its slots, three arrays a slot, and once without a failure
}
END_TEST

// All microbatches that a rank takes in the second of two epochs, its rows counted by the number that each begins with.
static void count_rows(const struct elbow_data_source *source, const struct elbow_sequence *sequence, int *counts)
{
    uint64_t steps = elbow_sequence_epoch_steps(sequence);
    struct elbow_prefetch *prefetch = make(source, true);
    for (uint64_t step = steps; step < 2 * steps; ++step) {
        struct elbow_step_place place = elbow_sequence_place(sequence, step);
        struct elbow_range mine = elbow_sequence_mine(sequence, &place);
        for (uint64_t number = mine.first; number < mine.last; ++number) {
            struct elbow_microbatch_range wanted = elbow_sequence_range(sequence, &place, number), next;
            bool goes_on = elbow_sequence_after(sequence, &place, number, &next);
            struct elbow_microbatch microbatch = elbow_prefetch_take(prefetch, &wanted, goes_on ? &next : NULL);
            for (size_t i = 0; i < microbatch.rows; ++i)
                counts[(int)(microbatch.values[i * VALUES] * 255 + 0.5F)] += 1;
        }
    }
    elbow_prefetch_destroy(prefetch);
}

// In each order, for any number of ranks, every row is collated once in an epoch, by the rank that is due.
START_TEST(every_row_is_collated_once)
{
    const struct elbow_selection all = elbow_selection_all(SAMPLES);
    const struct elbow_page_table_request pages = {.selection = &all, .page_rows = 4};
    struct elbow_page_table table;
    struct elbow_error error = {0};
    struct elbow_data_source source = make_source(ELBOW_BINARIZE_NONE);
    for (size_t i = 0; i < SAMPLES; ++i)
        stored[i * VALUES] = (unsigned char)i;
    ck_assert_int_eq(elbow_page_table_create(&pages, &table, &error), ELBOW_OK);
    for (int kind = ELBOW_ORDER_FULL; kind <= ELBOW_ORDER_WINDOWS; ++kind) {
        struct elbow_page_order *order = NULL;
        const struct elbow_page_order_request request = {.kind = (enum elbow_order_kind)kind,
                                                         .seed = 3,
                                                         .batch = whole.batch,
                                                         .microbatch = whole.microbatch,
                                                         .window_pages = 1,
                                                         .table = &table};
        if (kind != ELBOW_ORDER_FULL) {
            ck_assert_int_eq(elbow_page_order_create(&request, &order, &error), ELBOW_OK);
            source.order = elbow_order_paged(order);
        }
        for (int size = 1; size <= 3; ++size) {
            int counts[256] = {0};
            struct elbow_sequence sequence = whole;
            sequence.size = size;
            sequence.is_fixed = kind != ELBOW_ORDER_FULL;
            for (sequence.rank = 0; sequence.rank < size; ++sequence.rank)
                count_rows(&source, &sequence, counts);
            for (int i = 0; i < 256; ++i)
                ck_assert_int_eq(counts[i], i < SAMPLES);
        }
        elbow_page_order_destroy(order);
    }
    elbow_page_table_clear(&table);
}
END_TEST

UNIT_MAIN("data/prefetch", what_comes_ahead_is_the_same, every_row_is_collated_once,
          what_comes_ahead_is_the_same_whoever_is_late, what_was_not_announced_is_made,
          a_thread_may_be_ended_at_any_moment, the_thread_notes_its_work, nothing_is_allocated_after_creation,
          without_a_thread_all_is_made_when_taken, failing_allocations_leave_nothing_behind)
