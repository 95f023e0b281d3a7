// SPDX-License-Identifier: BSD-3-Clause
// Spans over OpenMP threads. The number of threads is kept by thread, so a loop inside a body or a helper thread has
// one thread and is not split: nothing nests and there is one pool. The whole team always runs, though parts of it may
// have no work, because libgomp ends threads if a smaller team follows. With one thread OpenMP is not entered.
#include "elbow/math/threads.h"

#include "elbow/base/status.h"

#include <omp.h>
#include <signal.h>

static _Thread_local int own_threads = 1;

// Signals are for MPI's thread, except for faults that a thread causes itself; a new thread inherits the mask.
static void start_team(int threads)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; ++i)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
#pragma omp parallel num_threads(threads)
    {
        own_threads = 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void elbow_threads_set(int threads)
{
    ELBOW_CHECK(threads >= 1 && threads <= ELBOW_THREADS_MAX);
    if (threads > 1) {
        omp_set_dynamic(0); // the environment may not take threads away
        start_team(threads);
    }
    own_threads = threads;
}

int elbow_threads_get(void)
{
    return own_threads;
}

// The start of a part, of [0, count) in parts of whole units.
static size_t begin_of(size_t count, size_t unit, size_t parts, size_t part)
{
    size_t units = (count + unit - 1) / unit, begin = (units * part / parts) * unit;
    return begin < count ? begin : count;
}

void elbow_threads_split(size_t count, size_t unit, size_t least, elbow_threads_body *body, void *user)
{
    ELBOW_CHECK(unit > 0);
    int threads = own_threads;
    size_t units = (count + unit - 1) / unit, parts = least > 0 ? count / least : units;
    parts = parts < units ? parts : units;
    parts = parts < (size_t)threads ? parts : (size_t)threads;
    if (parts <= 1) {
        if (count > 0)
            body(user, 0, 0, count);
        return;
    }
    own_threads = 1;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int part = 0; part < (int)parts; ++part) {
        size_t first = begin_of(count, unit, parts, (size_t)part);
        body(user, part, first, begin_of(count, unit, parts, (size_t)part + 1) - first);
    }
    own_threads = threads;
}
