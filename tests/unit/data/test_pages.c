// SPDX-License-Identifier: BSD-3-Clause
// Pages give the rows of the files, for any reader and order, and in little memory.
#include "elbow/data/pages.h"

#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/data/hdf5.h"
#include "fake_pages.h"
#include "unit.h"

static struct elbow_error error;

static const struct fake_run run = {
    .kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 4, .segments = {0, 3}};

START_TEST(test_rows_are_there_in_any_order)
{
    const uint64_t budgets[] = {0, 700, 1 << 20};
    for (size_t kind = 0; kind < 6; ++kind) {
        struct elbow_pages *pages = fake_open(kind % 2 == 1, budgets[kind / 2]);
        uint64_t state = 5, ids[20];
        for (int round = 0; round < 100; ++round) {
            size_t rows = 1 + fake_random(&state) % 20;
            for (size_t i = 0; i < rows; ++i)
                ids[i] = fake_random(&state) % SAMPLES;
            elbow_pages_hold(pages, rows, ids);
            for (size_t i = 0; i < 3 * rows; ++i)
                fake_check_row(pages, ids[i % rows]);
            fake_check_row(pages, fake_random(&state) % SAMPLES);
            fake_check_row(pages, ids[0]);
            elbow_pages_release(pages);
            fake_check_row(pages, fake_random(&state) % SAMPLES);
        }
        if (kind / 2 == 2)
            ck_assert_uint_le(fake.all, PAGES);
        ck_assert_uint_eq(elbow_pages_count(pages).pages_read, fake.all);
        elbow_pages_destroy(pages);
        ck_assert_uint_eq(fake.closed, 1);
    }
}
END_TEST

START_TEST(test_a_walk_reads_each_page_once)
{
    struct elbow_pages *pages = fake_open(false, 0);
    for (uint64_t i = 0; i < SAMPLES; ++i)
        fake_check_row(pages, i);
    struct elbow_pages_counts counts = elbow_pages_count(pages);
    ck_assert_uint_eq(counts.pages_read, PAGES);
    ck_assert_uint_eq(counts.bytes_read, SAMPLES * (ROW_BYTES + 1));
    ck_assert_uint_eq(counts.late, 0); // nothing was held
    ck_assert_uint_le(elbow_pages_bytes(pages), PAGE_ROWS * (ROW_BYTES + 1));
    elbow_pages_destroy(pages);
}
END_TEST

START_TEST(test_pages_used_longest_ago_give_way)
{
    struct elbow_pages *pages = fake_open(false, 3 * PAGE_ROWS * (ROW_BYTES + 1));
    const uint64_t walk[] = {0, 1, 2, 0, 3, 0, 2, 3, 1};
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof walk / sizeof *walk; ++i) {
        id = walk[i] * PAGE_ROWS;
        elbow_pages_hold(pages, 1, &id);
        fake_check_row(pages, id);
        elbow_pages_release(pages);
    }
    ck_assert_uint_eq(fake.reads[0], 1);
    ck_assert_uint_eq(fake.reads[1], 2); // 3 came in its place
    ck_assert_uint_eq(fake.reads[2], 1);
    ck_assert_uint_eq(fake.reads[3], 1);
    ck_assert_uint_eq(elbow_pages_count(pages).late, 5);
    ck_assert_uint_eq(elbow_pages_bytes(pages), 3 * PAGE_ROWS * (ROW_BYTES + 1));
    elbow_pages_destroy(pages);
}
END_TEST

// A page that is read apart is read each time, and leaves those that are there, and their counts, as they are.
START_TEST(test_pages_can_be_read_apart)
{
    for (int is_sparse = 0; is_sparse < 2; ++is_sparse) {
        struct elbow_pages *pages = fake_open(is_sparse, 1 << 20);
        uint64_t bytes[2] = {0};
        fake_check_row(pages, 5);
        for (uint64_t i = 0; i < 6; ++i)
            ck_assert_int_eq(elbow_pages_read_apart(pages, i % 2 * (PAGES - 1), &bytes[i % 2], &error), ELBOW_OK);
        ck_assert_uint_eq(fake.reads[0], 4);
        ck_assert_uint_eq(fake.reads[PAGES - 1], 3);
        ck_assert_uint_eq(elbow_pages_count(pages).pages_read, 1);
        fake_check_row(pages, 5);
        ck_assert_uint_eq(fake.reads[0], 4);
        ck_assert_uint_gt(bytes[0], bytes[1]); // the last page is a short one
        if (is_sparse == 0)
            ck_assert_uint_eq(bytes[0] % PAGE_ROWS, 0);
        elbow_pages_destroy(pages);
        pages = fake_open(is_sparse, 0);
        fake.fail_from = 0;
        fake.failures = 1; // no errno: nothing says that another try may help
        fake.failure = ELBOW_FILE;
        ck_assert_int_eq(elbow_pages_read_apart(pages, 0, &bytes[0], &error), ELBOW_FILE);
        ck_assert_int_eq(elbow_pages_trouble(pages, NULL), ELBOW_OK);
        ck_assert_int_eq(elbow_pages_read_apart(pages, 0, &bytes[0], &error), ELBOW_OK);
        elbow_pages_destroy(pages);
    }
}
END_TEST

START_TEST(test_memory_may_fail)
{
    elbow_pages_destroy(fake_open(false, 0));
    struct elbow_page_order *order = fake_order(&run);
    for (int kind = 0; kind < 4; ++kind)
        for (uint64_t n = 1;; ++n) {
            struct elbow_page_source source = fake_source(kind % 2 == 1);
            struct elbow_pages *pages = NULL;
            error = (struct elbow_error){0};
            fake.closed = 0;
            struct elbow_memory_counts before = elbow_memory_count();
            elbow_memory_fail_at(n);
            enum elbow_status status = elbow_pages_create(&source, 0, &pages, &error);
            if (status == ELBOW_OK && kind >= 2)
                status = elbow_pages_follow(pages, order, run.segments, 0, false, &error);
            for (uint64_t step = 0; step < 3 && status == ELBOW_OK; ++step) {
                uint64_t ids[] = {17 * step, 999, 500};
                elbow_pages_reach(pages, 0, step * run.batch);
                elbow_pages_hold(pages, 3, ids);
                for (size_t i = 0; i < 3; ++i)
                    if (elbow_pages_find(pages, ids[i]) != NULL && elbow_pages_trouble(pages, &error) == ELBOW_OK)
                        fake_check_row(pages, ids[i]);
                elbow_pages_release(pages);
                status = elbow_pages_trouble(pages, &error);
            }
            elbow_pages_destroy(pages);
            bool is_through = elbow_memory_count().allocations - before.allocations < n;
            elbow_memory_fail_at(0);
            ck_assert_uint_eq(fake.closed, 1);
            ck_assert_uint_eq(elbow_memory_count().blocks, before.blocks);
            if (is_through)
                break;
            ck_assert(status == ELBOW_OK || status == ELBOW_MEMORY);
        }
    elbow_page_order_destroy(order);
}
END_TEST

static atomic_int turn;

static void take_turn(void *user)
{
    elbow_hdf5_lock();
    *(int *)user = atomic_fetch_add(&turn, 1);
    elbow_hdf5_unlock();
}

START_TEST(test_the_lock_is_taken_again_and_given_back)
{
    struct elbow_thread thread = {0};
    int number = -1;
    ck_assert(!elbow_hdf5_is_locked());
    elbow_hdf5_lock();
    elbow_hdf5_lock();
    elbow_hdf5_unlock();
    ck_assert(elbow_hdf5_is_locked());
    ck_assert_int_eq(elbow_thread_start(&thread, take_turn, &number, "a test", &error), ELBOW_OK);
    ck_assert_int_eq(atomic_fetch_add(&turn, 1), 0); // no other thread comes in between
    elbow_hdf5_unlock();
    elbow_thread_join(&thread);
    ck_assert_int_eq(number, 1);
    ck_assert(!elbow_hdf5_is_locked());
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

UNIT_MAIN("data/pages", test_setup, test_rows_are_there_in_any_order, test_a_walk_reads_each_page_once,
          test_pages_used_longest_ago_give_way, test_pages_can_be_read_apart, test_memory_may_fail,
          test_the_lock_is_taken_again_and_given_back, test_end)
