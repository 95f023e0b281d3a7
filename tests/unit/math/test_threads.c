// SPDX-License-Identifier: BSD-3-Clause
// Spans over threads: every element once, cuts where they are allowed, no nesting, no thread without a request.
#include "elbow/math/threads.h"

#include "panic.h"
#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { COUNT = 1000 };

struct record {
    atomic_int times[COUNT], calls, nested, alone, parts[ELBOW_THREADS_MAX];
    size_t unit, least;
    atomic_bool cut_is_wrong, part_is_wrong, span_is_small, is_blocked_wrong;
    size_t count;
    int threads;
    pthread_t caller;
};

static void note_nested(void *user, int part, size_t first, size_t count)
{
    struct record *record = user;
    (void)part;
    if (first == 0 && count == 10)
        record->nested += 1;
}

static void note(void *user, int part, size_t first, size_t count)
{
    struct record *record = user;
    sigset_t mask;
    record->calls += 1;
    for (size_t i = first; i < first + count; ++i)
        record->times[i] += 1;
    if (part < 0 || part >= record->threads || atomic_fetch_add(&record->parts[part], 1) != 0)
        record->part_is_wrong = true;
    if (first % record->unit != 0)
        record->cut_is_wrong = true;
    if (count < record->least / 2 && count < record->count)
        record->span_is_small = true;
    if (record->threads > 1 && elbow_threads_get() == 1)
        record->alone += 1;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    bool is_caller = pthread_equal(pthread_self(), record->caller) != 0;
    if ((sigismember(&mask, SIGUSR1) == 1) == is_caller)
        record->is_blocked_wrong = true;
    elbow_threads_split(10, 1, 1, note_nested, record); // one call: 10 elements
}

static void check_split(int threads, size_t count, size_t unit, size_t least)
{
    static struct record record;
    record =
        (struct record){.unit = unit, .least = least, .count = count, .threads = threads, .caller = pthread_self()};
    elbow_threads_set(threads);
    elbow_threads_split(count, unit, least, note, &record);
    for (size_t i = 0; i < COUNT; ++i)
        ck_assert_int_eq(record.times[i], i < count ? 1 : 0);
    ck_assert(!record.cut_is_wrong && !record.part_is_wrong && !record.span_is_small);
    ck_assert(!record.is_blocked_wrong);
    if (record.calls > 1) {
        ck_assert_int_eq(record.nested, record.calls);
        ck_assert_int_eq(record.alone, record.calls);
    }
    // As many calls as threads where the work is enough for all.
    size_t units = (count + unit - 1) / unit, most = least > 0 && count / least < units ? count / least : units;
    int expected = most < (size_t)threads ? (int)most : threads;
    ck_assert_int_eq(record.calls, count == 0 ? 0 : expected < 1 ? 1 : expected);
    ck_assert_int_eq(elbow_threads_get(), threads);
    elbow_threads_set(1);
}

START_TEST(every_element_once)
{
    static const size_t counts[] = {0, 1, 15, 16, 17, 100, 999, COUNT}, units[] = {1, 7, 16},
                        leasts[] = {0, 1, 16, 300};
    for (int threads = 1; threads <= 5; ++threads)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c)
            for (size_t u = 0; u < sizeof units / sizeof *units; ++u)
                for (size_t l = 0; l < sizeof leasts / sizeof *leasts; ++l)
                    check_split(threads, counts[c], units[u], leasts[l]);
}
END_TEST

static int tasks(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

// The first of the list: all tests share one process, and later ones leave threads behind.
START_TEST(one_thread_starts_none)
{
    int before = tasks();
    check_split(1, COUNT, 1, 1);
    ck_assert_int_eq(tasks(), before);
}
END_TEST

START_TEST(as_many_as_asked_for)
{
    int before = tasks();
    elbow_threads_set(3);
    ck_assert_int_eq(tasks(), before + 2);
    check_split(3, COUNT, 1, 1);
    check_split(3, COUNT, 1, 500); // two spans: the third thread stays for the next loop
    check_split(3, COUNT, 1, 1);
    ck_assert_int_eq(tasks(), before + 2);
}
END_TEST

static void *own_number(void *user)
{
    *(int *)user = elbow_threads_get();
    return NULL;
}

START_TEST(other_threads_keep_to_themselves)
{
    pthread_t thread;
    int number = 0;
    elbow_threads_set(4);
    ck_assert_int_eq(pthread_create(&thread, NULL, own_number, &number), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(elbow_threads_get(), 4);
}
END_TEST

static void no_threads(void)
{
    elbow_threads_set(0);
}

static void too_many_threads(void)
{
    elbow_threads_set(ELBOW_THREADS_MAX + 1);
}

static void no_unit(void)
{
    elbow_threads_split(10, 0, 1, note, NULL);
}

START_TEST(broken_contracts)
{
    ck_assert(panics(no_threads));
    ck_assert(panics(too_many_threads));
    ck_assert(panics(no_unit));
}
END_TEST

UNIT_MAIN("math/threads", one_thread_starts_none, as_many_as_asked_for, every_element_once,
          other_threads_keep_to_themselves, broken_contracts)
