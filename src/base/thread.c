// SPDX-License-Identifier: BSD-3-Clause
// Helper threads. A thread inherits the mask of signals from the one that makes it, so that there is no moment at which
// a signal could meet it unprotected.
#include "elbow/base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static struct {
    atomic_ullong starts, fail_at;
} counts;

static bool must_fail(void)
{
    unsigned long long number = atomic_fetch_add(&counts.starts, 1) + 1;
    return number == atomic_load(&counts.fail_at);
}

static void *run(void *user)
{
    struct elbow_thread *thread = user;
    thread->work(thread->user);
    return NULL;
}

enum elbow_status elbow_thread_start(struct elbow_thread *thread, void (*work)(void *user), void *user,
                                     const char *what, struct elbow_error *error)
{
    // What a thread brings upon itself is its own: a sanitizer or a debugger wants to see where.
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    ELBOW_CHECK(!thread->is_running);
    sigset_t blocked, former;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; ++i)
        sigdelset(&blocked, faults[i]);
    thread->work = work;
    thread->user = user;
    pthread_sigmask(SIG_SETMASK, &blocked, &former);
    int trouble = must_fail() ? EAGAIN : pthread_create(&thread->handle, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    if (trouble != 0)
        return elbow_error_set(error, ELBOW_MEMORY, "no thread for %s: %s", what, strerror(trouble));
    thread->is_running = true;
    return ELBOW_OK;
}

void elbow_thread_join(struct elbow_thread *thread)
{
    if (thread->is_running)
        pthread_join(thread->handle, NULL);
    *thread = (struct elbow_thread){0};
}

void elbow_thread_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void elbow_thread_wait_briefly(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    enum { MILLISECOND = 1000000, SECOND = 1000000000 };
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += MILLISECOND;
    until.tv_sec += until.tv_nsec / SECOND;
    until.tv_nsec %= SECOND;
    pthread_cond_timedwait(condition, mutex, &until);
}

void elbow_thread_fail_at(uint64_t n)
{
    atomic_store(&counts.fail_at, n == 0 ? 0 : atomic_load(&counts.starts) + n);
}
