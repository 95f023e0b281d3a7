// SPDX-License-Identifier: BSD-3-Clause
// Signals. A handler touches lock-free atomics and bytes that do not change under it, and calls only what POSIX allows
// there: the text is made outside, in one of two places in turn, and the handler takes the one that was finished last.
// While it is at work the other signals wait, so that nothing is told twice.
#include "elbow/base/signals.h"

#include "elbow/base/mask.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_SIZE = 512 };

// Half of the second that Open MPI gives its ranks between SIGTERM and SIGKILL, unless one of them dies before.
static const struct timespec WAY = {.tv_nsec = 500000000};

static atomic_int stop_wanted; // the signal that asked, or 0
static char texts[2][TEXT_SIZE];
static atomic_int ready = -1;    // which of the texts; -1: none
static atomic_int log_file = -1; // descriptor; -1: none
static atomic_bool gives_way;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "signal handlers need lock-free integers");

static void note_stop(int signal)
{
    atomic_store(&stop_wanted, signal);
}

static const char *name_of(int signal)
{
    switch (signal) {
    case SIGUSR1:
        return "SIGUSR1";
    case SIGUSR2:
        return "SIGUSR2";
    case SIGINT:
        return "SIGINT";
    default:
        return "SIGTERM";
    }
}

// Puts the text at *end, which stays before limit.
static void put(char **end, char *limit, const char *text)
{
    while (*text != 0 && *end < limit)
        *(*end)++ = *text++;
}

// Appends the line to a regular file: all of it or, where there is no room, nothing.
static void append(int file, const char *line, size_t length)
{
    off_t before = lseek(file, 0, SEEK_END);
    ssize_t written = write(file, line, length);
    if (before >= 0 && written > 0 && (size_t)written < length && ftruncate(file, before) != 0)
        return; // half a line stays: no more can be done
}

// Writes the line, each time in one go, so that other ranks' lines do not come between. The log comes first: who reads
// stderr may be gone already, as the launcher when it ends its ranks.
static void tell(int signal_number, const char *text)
{
    char line[TEXT_SIZE + 64], *last = line;
    int log = atomic_load(&log_file);
    put(&last, line + sizeof line - 1, "elbow: ended by ");
    put(&last, line + sizeof line - 1, name_of(signal_number));
    put(&last, line + sizeof line - 1, text);
    *last++ = '\n';
    if (log >= 0)
        append(log, line, (size_t)(last - line));
    ssize_t written = write(STDERR_FILENO, line, (size_t)(last - line));
    (void)written; // there is nobody left to tell
}

// Takes the default action after that, so that the parent sees what ended the process.
static void end(int signal_number)
{
    int which = atomic_load(&ready);
    if (which >= 0)
        tell(signal_number, texts[which]);
    if (atomic_load(&gives_way))
        nanosleep(&WAY, NULL);
    signal(signal_number, SIG_DFL);
    raise(signal_number); // held back until the handler returns
}

static void handle(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    static const int caught[] = {SIGUSR1, SIGUSR2, SIGINT, SIGTERM};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; ++i)
        sigaddset(&action.sa_mask, caught[i]);
    sigaction(signal_number, &action, NULL);
}

static bool is_ignored(int signal_number)
{
    struct sigaction action;
    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void elbow_signals_catch(void)
{
    handle(SIGUSR1, note_stop);
    handle(SIGUSR2, note_stop);
    if (!is_ignored(SIGTERM))
        handle(SIGTERM, end);
    if (!is_ignored(SIGINT))
        handle(SIGINT, end);
}

void elbow_signals_refuse_stop(void)
{
    handle(SIGUSR1, end);
    handle(SIGUSR2, end);
    int signal_number = atomic_load(&stop_wanted);
    if (signal_number != 0)
        raise(signal_number);
}

bool elbow_signals_stop_wanted(void)
{
    return atomic_load_explicit(&stop_wanted, memory_order_relaxed) != 0;
}

void elbow_signals_keep_text(const char *format, ...)
{
    if (format == NULL) {
        atomic_store(&ready, -1);
        return;
    }
    int next = atomic_load(&ready) == 0 ? 1 : 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(texts[next], TEXT_SIZE, format, arguments);
    va_end(arguments);
    elbow_mask(texts[next]);
    atomic_store(&ready, next);
}

void elbow_signals_keep_log(int descriptor)
{
    atomic_store(&log_file, descriptor);
}

void elbow_signals_give_way(void)
{
    atomic_store(&gives_way, true);
}
