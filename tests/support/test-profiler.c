// SPDX-License-Identifier: BSD-3-Clause
// To be preloaded: a profiler, as in a build with -pg. It needs SIGPROF and its timer for itself, and reports at the
// end whether it still has them.
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static const long SECONDS = 1000000;

static void tick(int signal)
{
    (void)signal;
}

__attribute__((constructor)) static void begin(void)
{
    struct itimerval timer = {.it_value = {.tv_sec = SECONDS}, .it_interval = {.tv_sec = SECONDS}};
    signal(SIGPROF, tick);
    setitimer(ITIMER_PROF, &timer, NULL);
}

__attribute__((destructor)) static void end(void)
{
    struct itimerval timer = {{0}};
    struct sigaction action;
    int has_timer = getitimer(ITIMER_PROF, &timer) == 0 && timer.it_interval.tv_sec == SECONDS;
    int has_signal = sigaction(SIGPROF, NULL, &action) == 0 && action.sa_handler == tick;
    fprintf(stderr, "profiler: the timer is %s, the signal is %s\n", has_timer ? "mine" : "lost",
            has_signal ? "mine" : "lost");
}
