// SPDX-License-Identifier: BSD-3-Clause
// Helper threads run, end, and leave signals alone.
#include "elbow/base/thread.h"

#include "unit.h"

#include <signal.h>
#include <string.h>

static void set_one(void *user)
{
    *(int *)user = 1;
}

START_TEST(a_thread_runs_and_ends)
{
    struct elbow_thread thread = {0};
    struct elbow_error error = {0};
    for (int i = 0; i < 100; ++i) {
        int value = 0;
        ck_assert_int_eq(elbow_thread_start(&thread, set_one, &value, "a test", &error), ELBOW_OK);
        ck_assert(thread.is_running);
        elbow_thread_join(&thread);
        ck_assert_int_eq(value, 1);
        ck_assert(!thread.is_running);
    }
    elbow_thread_join(&thread);
}
END_TEST

START_TEST(a_thread_that_cannot_be_had_is_told)
{
    struct elbow_thread thread = {0};
    struct elbow_error error = {0};
    int value = 0;
    elbow_thread_fail_at(2);
    ck_assert_int_eq(elbow_thread_start(&thread, set_one, &value, "a test", &error), ELBOW_OK);
    elbow_thread_join(&thread);
    ck_assert_int_eq(elbow_thread_start(&thread, set_one, &value, "a test", &error), ELBOW_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "no thread for a test: "));
    ck_assert(!thread.is_running);
    elbow_thread_join(&thread);
    elbow_thread_fail_at(1);
    elbow_thread_fail_at(0);
    ck_assert_int_eq(elbow_thread_start(&thread, set_one, &value, "a test", &error), ELBOW_OK);
    elbow_thread_join(&thread);
}
END_TEST

static void read_mask(void *user)
{
    pthread_sigmask(SIG_SETMASK, NULL, user);
}

START_TEST(signals_are_not_for_helper_threads)
{
    static const int asynchronous[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGALRM, SIGCHLD};
    struct elbow_thread thread = {0};
    struct elbow_error error = {0};
    sigset_t inside, before, after;
    sigemptyset(&inside);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(elbow_thread_start(&thread, read_mask, &inside, "a test", &error), ELBOW_OK);
    elbow_thread_join(&thread);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (size_t i = 0; i < sizeof asynchronous / sizeof *asynchronous; ++i) {
        ck_assert_int_eq(sigismember(&inside, asynchronous[i]), 1);
        ck_assert_int_eq(sigismember(&before, asynchronous[i]), 0);
        ck_assert_int_eq(sigismember(&after, asynchronous[i]), 0);
    }
    ck_assert_int_eq(sigismember(&inside, SIGSEGV), 0);
}
END_TEST

UNIT_MAIN("base/thread", a_thread_runs_and_ends, a_thread_that_cannot_be_had_is_told,
          signals_are_not_for_helper_threads)
