// SPDX-License-Identifier: BSD-3-Clause
// Pages are read ahead of a training, and as rarely as the order of their use allows, at any progress of the reader.
#include "elbow/data/pages.h"

#include "elbow/base/thread.h"
#include "elbow/data/hdf5.h"
#include "fake_pages.h"
#include "unit.h"

static struct elbow_error error;

static const struct fake_run runs[] = {
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 4, .segments = {0, 3}, .steps = 38},
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 4, .segments = {1, 2}, .steps = 22},
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 64, .microbatch = 20, .window_pages = 2, .segments = {2, 4}, .steps = 35},
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 900, .microbatch = 100, .window_pages = 1, .segments = {0, 9}, .steps = 7},
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 50, .microbatch = 10, .window_pages = 8, .segments = {0, 5}, .steps = 44},
    {.kind = ELBOW_ORDER_WINDOWS, .batch = 50, .microbatch = 50, .window_pages = 99, .segments = {0, 1}, .steps = 44},
    {.kind = ELBOW_ORDER_SEGMENTS, .batch = 60, .microbatch = 20, .segments = {0, 2}, .steps = 22},
    {.kind = ELBOW_ORDER_SEGMENTS, .batch = 60, .microbatch = 20, .segments = {3, 3}, .steps = 5},
};

static void follow(struct fake_run run)
{
    struct elbow_page_order *order = fake_order(&run);
    struct elbow_pages *pages = fake_open(run.is_sparse, run.budget);
    fake.pause = run.pause;
    ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, run.first_step, run.has_thread, &error), ELBOW_OK);
    uint64_t row_bytes = run.is_sparse ? 31 : ROW_BYTES + 1, rows = 0, epochs = 0;
    uint64_t all = elbow_page_order_epoch_steps(order), announced = elbow_pages_bytes(pages);
    for (uint64_t m = run.segments.first; m < run.segments.last; ++m)
        rows += elbow_page_order_window(order, 0, m, elbow_page_order_windows(order, m) - 1).last -
                elbow_page_order_window(order, 0, m, 0).first;
    for (uint64_t step = run.first_step; step < run.first_step + run.steps; ++step) {
        if (step + 3 == run.first_step + run.steps)
            elbow_pages_stop(pages); // the others are read in the steps
        fake_step(pages, order, &run, step);
    }
    ck_assert_uint_le(elbow_pages_bytes(pages), announced + (run.is_sparse ? announced : 0));
    struct elbow_pages_counts counts = elbow_pages_count(pages);
    epochs = run.steps / all + 3; // begun reads, and reads ahead of use
    ck_assert_uint_le(counts.bytes_read,
                      epochs * (rows + 2 * PAGE_ROWS * (run.segments.last - run.segments.first)) * row_bytes);
    ck_assert_int_eq(elbow_pages_trouble(pages, &error), ELBOW_OK);
    elbow_pages_destroy(pages);
    elbow_page_order_destroy(order);
    ck_assert_uint_eq(fake.closed, 1);
}

START_TEST(test_an_order_is_followed)
{
    const uint64_t budgets[] = {0, 4000, 1 << 20};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; ++i)
        for (int variant = 0; variant < 12; ++variant) {
            struct fake_run run = runs[i];
            run.budget = budgets[variant % 3];
            run.has_thread = variant / 3 % 2 == 1;
            run.is_sparse = variant / 6 == 1;
            run.first_step = variant % 2 == 1 ? 13 : 0;
            run.pause = i < 3 && variant == 3 ? 100000 : 0;
            follow(run);
        }
}
END_TEST

// In a steady epoch without a thread a page is read when its first row is used, and not again, except at the ends of
// segments.
START_TEST(test_a_page_is_read_once_an_epoch)
{
    struct fake_run run = {
        .kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 4, .segments = {0, 3}};
    struct elbow_page_order *order = fake_order(&run);
    struct elbow_pages *pages = fake_open(false, 0);
    ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, 0, false, &error), ELBOW_OK);
    uint64_t steps = elbow_page_order_epoch_steps(order);
    for (uint64_t epoch = 0; epoch < 4; ++epoch) {
        uint64_t before = fake.all;
        for (uint64_t step = 0; step < steps; ++step)
            fake_step(pages, order, &run, epoch * steps + step);
        ck_assert_uint_le(fake.all - before, PAGES + 12); // the windows' ends: nobody reads ahead of them here
    }
    elbow_pages_destroy(pages);
    pages = fake_open(false, 0);
    ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, 0, true, &error), ELBOW_OK);
    for (uint64_t step = 0; step < 4 * steps; ++step)
        fake_step(pages, order, &run, step);
    elbow_pages_destroy(pages);
    ck_assert_uint_le(fake.all, 5 * (PAGES + 3)); // one epoch, at most, is read ahead
    elbow_page_order_destroy(order);
}
END_TEST

START_TEST(test_a_shard_is_read_once)
{
    struct fake_run run = {.kind = ELBOW_ORDER_SEGMENTS, .batch = 60, .microbatch = 20, .segments = {1, 2}};
    struct elbow_page_order *order = fake_order(&run);
    for (int failing = 0; failing < 2; ++failing) {
        struct elbow_pages *pages = fake_open(false, 0);
        fake.fail_from = 5;
        fake.failures = failing == 1 ? 2 : 0;
        fake.failure = ELBOW_FILE;
        enum elbow_status status = elbow_pages_keep_all(pages, order, run.segments, &error);
        ck_assert_int_eq(status, failing == 1 ? ELBOW_FILE : ELBOW_OK);
        uint64_t before = fake.all;
        for (uint64_t step = 0; step < 30 && failing == 0; ++step)
            fake_step(pages, order, &run, step);
        ck_assert_uint_eq(fake.all, before);
        ck_assert_uint_le(before, PAGES / 3 + 3);
        ck_assert_uint_eq(elbow_pages_count(pages).late, 0);
        elbow_pages_destroy(pages);
    }
    elbow_page_order_destroy(order);
}
END_TEST

// Threads that use the same pages at the same time.
struct user {
    struct elbow_pages *pages;
    uint64_t state;
    bool holds;
};

static void use_pages(void *user)
{
    struct user *me = user;
    for (int round = 0; round < 200; ++round) {
        uint64_t ids[8];
        for (size_t i = 0; i < 8; ++i)
            ids[i] = fake_random(&me->state) % SAMPLES;
        if (me->holds)
            elbow_pages_hold(me->pages, 8, ids);
        for (size_t i = 0; i < 16; ++i)
            fake_check_row(me->pages, ids[i % 8]);
        if (me->holds)
            elbow_pages_release(me->pages);
    }
}

START_TEST(test_threads_share_pages)
{
    for (int has_thread = 0; has_thread < 2; ++has_thread) {
        struct fake_run run = runs[0];
        struct elbow_page_order *order = fake_order(&run);
        struct elbow_pages *pages = fake_open(false, 2000);
        struct elbow_thread threads[3] = {0};
        struct user users[3];
        ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, 0, has_thread == 1, &error), ELBOW_OK);
        for (size_t i = 0; i < 3; ++i) {
            users[i] = (struct user){.pages = pages, .state = i + 1, .holds = i > 0};
            ck_assert_int_eq(elbow_thread_start(&threads[i], use_pages, &users[i], "a test", &error), ELBOW_OK);
        }
        for (uint64_t step = 0; step < 40; ++step)
            fake_step(pages, order, &run, step);
        for (size_t i = 0; i < 3; ++i)
            elbow_thread_join(&threads[i]);
        elbow_pages_destroy(pages);
        elbow_page_order_destroy(order);
    }
}
END_TEST

static atomic_int looks;

static void look_around(void *user)
{
    ck_assert(elbow_pages_is_waiting(user));
    if (atomic_fetch_add(&looks, 1) == 2)
        elbow_hdf5_unlock();
}

START_TEST(test_the_main_thread_is_not_kept_waiting)
{
    struct fake_run run = runs[0];
    struct elbow_page_order *order = fake_order(&run);
    struct elbow_pages *pages = fake_open(false, 0);
    elbow_hdf5_lock(); // the reader waits for the hook
    ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, 0, true, &error), ELBOW_OK);
    ck_assert(!elbow_pages_is_waiting(pages));
    elbow_pages_meanwhile(pages, look_around, pages);
    fake_step(pages, order, &run, 0);
    ck_assert_int_ge(looks, 3);
    elbow_pages_meanwhile(pages, NULL, NULL);
    struct elbow_pages_counts counts = elbow_pages_count(pages);
    ck_assert_uint_ge(counts.late, 1);
    ck_assert(counts.waited > 0);
    elbow_pages_destroy(pages);
    elbow_page_order_destroy(order);
}
END_TEST

START_TEST(test_setup)
{
    fake_setup();
}
END_TEST

START_TEST(test_end)
{
    fake_end();
}
END_TEST

UNIT_MAIN("data/page_reader", test_setup, test_an_order_is_followed, test_a_page_is_read_once_an_epoch,
          test_a_shard_is_read_once, test_threads_share_pages, test_the_main_thread_is_not_kept_waiting, test_end)
