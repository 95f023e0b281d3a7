// SPDX-License-Identifier: BSD-3-Clause
// Failed reads of pages are repeated if that can help, a limited number of times, and each of them is reported once.
#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/pages.h"
#include "fake_pages.h"
#include "unit.h"

#include <errno.h>

static struct elbow_error error;

static const struct fake_run run = {
    .kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 4, .segments = {0, 3}};

static const struct {
    enum elbow_status status;
    int reason;
    uint64_t failures, retries; // reads that fail; that are made again
    bool is_well;
} cases[] = {
    {ELBOW_FILE, EIO, 1, 1, true},           {ELBOW_FORMAT, ESTALE, 4, 4, true},
    {ELBOW_FORMAT, EIO, 6, 6, true},         {ELBOW_FORMAT, EIO, UINT64_MAX, 6, false},
    {ELBOW_MISMATCH, ENODATA, 1, 1, true}, // a file that was short for a moment
    {ELBOW_FORMAT, 0, 1, 1, true},         // the kept facts of the file were damaged
    {ELBOW_FORMAT, 0, UINT64_MAX, 1, false}, {ELBOW_FILE, ENOENT, 1, 0, false},
    {ELBOW_MISMATCH, 0, 1, 0, false},        {ELBOW_DATA, 0, 1, 0, false},
};
enum { CASES = sizeof cases / sizeof *cases };

static void do_nothing(void *user)
{
    (void)user;
}

static uint64_t count_notes(struct elbow_pages *pages)
{
    char text[256];
    uint64_t count = 0;
    for (; elbow_pages_take_note(pages, text, sizeof text); ++count)
        ck_assert_str_eq(text, count == 0 ? "page 37 cannot be read; samples 592 to 607 are read again at once"
                                          : "page 37 cannot be read; samples 592 to 607 are read again in 1e-09 s");
    return count;
}

START_TEST(test_what_can_help_is_tried)
{
    for (size_t variant = 0; variant < 2 * CASES; ++variant) {
        size_t i = variant / 2;
        struct elbow_pages *pages = fake_open_patient(variant % 2 == 1, 1 << 20, 1e-9, 3600);
        uint64_t id = 40, other = 600;
        elbow_pages_meanwhile(pages, do_nothing, NULL);
        elbow_pages_hold(pages, 1, &id);
        elbow_pages_release(pages);
        fake.fail_from = fake.all + 1;
        fake.failures = cases[i].failures;
        fake.failure = cases[i].status;
        fake.reason = cases[i].reason;
        elbow_pages_hold(pages, 1, &other);
        if (cases[i].is_well)
            fake_check_row(pages, other);
        for (uint64_t k = 0; !cases[i].is_well && k < VALUES; ++k)
            ck_assert_uint_eq(fake_stored(elbow_pages_find(pages, other), other % PAGE_ROWS, k), 0);
        elbow_pages_release(pages);
        ck_assert_uint_eq(fake.opened_anew, cases[i].retries);
        ck_assert_int_eq(elbow_pages_trouble(pages, &error), cases[i].is_well ? ELBOW_OK : cases[i].status);
        if (!cases[i].is_well)
            ck_assert_str_eq(error.message, "page 37 cannot be read");
        fake_check_row(pages, id); // existing values stay
        elbow_pages_destroy(pages);
    }
}
END_TEST

START_TEST(test_each_is_told_once)
{
    uint64_t other = 600;
    for (int pauses = 0; pauses < 2; ++pauses) {
        struct elbow_pages *pages = fake_open_patient(false, 1 << 20, 1e-9, 3600);
        elbow_pages_meanwhile(pages, do_nothing, NULL);
        fake.fail_from = 1;
        fake.failures = pauses == 0 ? 1 : 2;
        fake.failure = ELBOW_FORMAT;
        fake.reason = EIO;
        elbow_pages_hold(pages, 1, &other);
        ck_assert_uint_eq(count_notes(pages), (uint64_t)pauses + 1);
        ck_assert_uint_eq(count_notes(pages), 0);
        elbow_pages_release(pages);
        elbow_pages_destroy(pages);
    }
}
END_TEST

// A read that takes minutes to fail is made again once.
START_TEST(test_patience_ends)
{
    uint64_t other = 600;
    struct elbow_pages *pages = fake_open_patient(false, 1 << 20, 1e-9, 0);
    fake.fail_from = 1;
    fake.failures = UINT64_MAX;
    fake.failure = ELBOW_FILE;
    fake.reason = ETIMEDOUT;
    elbow_pages_hold(pages, 1, &other);
    elbow_pages_release(pages);
    ck_assert_uint_eq(fake.opened_anew, 1);
    ck_assert_int_eq(elbow_pages_trouble(pages, &error), ELBOW_FILE);
    elbow_pages_destroy(pages);
}
END_TEST

static atomic_int looks;

static void look_around(void *user)
{
    ck_assert(!elbow_hdf5_is_locked());
    ck_assert(elbow_pages_is_waiting(user));
    atomic_fetch_add(&looks, 1);
}

// The main thread reads for itself, and does not rest idly.
START_TEST(test_a_pause_is_used)
{
    uint64_t other = 600;
    struct elbow_pages *pages = fake_open_patient(false, 1 << 20, 0.02, 3600);
    elbow_pages_meanwhile(pages, look_around, pages);
    fake.fail_from = 1;
    fake.failures = 2;
    fake.failure = ELBOW_FILE;
    fake.reason = EIO;
    elbow_pages_hold(pages, 1, &other);
    fake_check_row(pages, other);
    elbow_pages_release(pages);
    ck_assert_int_ge(looks, 1);
    elbow_pages_meanwhile(pages, NULL, NULL);
    elbow_pages_destroy(pages);
}
END_TEST

// Whoever ends the pages does not wait for the end of an hour's pause.
START_TEST(test_a_pause_is_cut_short)
{
    struct elbow_page_order *order = fake_order(&run);
    struct elbow_pages *pages = fake_open_patient(false, 0, 3600, 1e6);
    char text[256];
    elbow_pages_meanwhile(pages, do_nothing, NULL);
    fake.fail_from = 1;
    fake.failures = UINT64_MAX;
    fake.failure = ELBOW_FILE;
    fake.reason = EIO;
    ck_assert_int_eq(elbow_pages_follow(pages, order, run.segments, 0, true, &error), ELBOW_OK);
    for (int told = 0; told < 2;) // at once, and after the pause
        told += elbow_pages_take_note(pages, text, sizeof text);
    elbow_pages_stop(pages);
    ck_assert_int_eq(elbow_pages_trouble(pages, &error), ELBOW_FILE);
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

UNIT_MAIN("data/page_retry", test_setup, test_what_can_help_is_tried, test_each_is_told_once, test_patience_ends,
          test_a_pause_is_used, test_a_pause_is_cut_short, test_end)
