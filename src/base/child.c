// SPDX-License-Identifier: BSD-3-Clause
// Trials in a child process. The child tells its success by a byte through a pipe: whatever else closes the pipe is a
// crash, and the parent waits for the pipe, never without end for the process (which may hang in a file system).
#include "elbow/base/child.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} CRASHES[] = {{SIGSEGV, "SEGV"}, {SIGBUS, "BUS"},   {SIGABRT, "ABRT"}, {SIGFPE, "FPE"},
               {SIGILL, "ILL"},   {SIGTRAP, "TRAP"}, {SIGSYS, "SYS"},   {SIGKILL, "KILL"}};
enum { CRASHES_COUNT = sizeof CRASHES / sizeof *CRASHES };

const char *elbow_child_signal(int number, char text[16])
{
    for (size_t i = 0; i < CRASHES_COUNT; ++i)
        if (CRASHES[i].number == number)
            return CRASHES[i].name;
    snprintf(text, 16, "%d", number);
    return text;
}

static bool is_crash(int number)
{
    for (size_t i = 0; i < CRASHES_COUNT; ++i)
        if (CRASHES[i].number == number)
            return true;
    return false;
}

// Signals that end a crash do so plainly, even where a sanitizer has handlers; those that ask the program for something
// are the parent's.
static void set_signals(void)
{
    for (size_t i = 0; i < CRASHES_COUNT; ++i)
        signal(CRASHES[i].number, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static _Noreturn void live(int report, pid_t parent, void (*work)(char *note, void *user), void *user, char *note)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // gone before the line above
        _exit(0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    set_signals();
    elbow_memory_fill_new(); // a library that uses memory before writing it should die here, and not in the parent
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; nowhere >= 0 && stream < 3; ++stream)
        dup2(nowhere, stream);
    work(note, user);
    ssize_t written = write(report, "", 1);
    _exit(written == 1 ? 0 : 1);
}

// Waits for the end of the report. 1: success was told; 0: it ended without; -1: it did not end in time.
static int wait_for(int report, double seconds)
{
    double end = elbow_clock_seconds() + seconds;
    for (double left = seconds; left > 0; left = end - elbow_clock_seconds()) {
        struct pollfd wanted = {.fd = report, .events = POLLIN};
        char byte;
        if (poll(&wanted, 1, (int)(left * 1000) + 1) <= 0)
            continue; // a signal, or the time is up
        return read(report, &byte, 1) == 1;
    }
    return -1;
}

// The signal that ended the child; 0 if that is not known.
static int reap(pid_t child, bool is_hanging)
{
    int state = 0;
    pid_t got = 0;
    // One that was killed while it waits for a file system may stay for long.
    for (int i = 0; is_hanging && i < 100 && (got = waitpid(child, &state, WNOHANG)) == 0; ++i)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    while (!is_hanging && (got = waitpid(child, &state, 0)) < 0 && errno == EINTR)
        continue;
    return got == child && WIFSIGNALED(state) ? WTERMSIG(state) : 0;
}

static void judge(pid_t child, int report, double seconds, struct elbow_trial *trial)
{
    int answer = wait_for(report, seconds);
    if (answer < 0)
        kill(child, SIGKILL);
    trial->signal = reap(child, answer < 0);
    bool was_ended = trial->signal != 0 && !is_crash(trial->signal); // by somebody, like this program in a moment
    if (answer < 0)
        trial->end = ELBOW_TRIAL_HUNG;
    else if (answer == 0 && !was_ended)
        trial->end = ELBOW_TRIAL_CRASHED;
}

void elbow_child_try(void (*work)(char *note, void *user), void *user, double seconds, struct elbow_trial *trial)
{
    ELBOW_CHECK(work != NULL && trial != NULL && seconds > 0);
    *trial = (struct elbow_trial){.end = ELBOW_TRIAL_PASSED};
    int report[2];
    char *note = mmap(NULL, ELBOW_CHILD_NOTE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (note == MAP_FAILED)
        return;
    if (pipe2(report, O_CLOEXEC) != 0) {
        munmap(note, ELBOW_CHILD_NOTE_SIZE);
        return;
    }
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        live(report[1], parent, work, user, note);
    close(report[1]);
    if (child > 0)
        judge(child, report[0], seconds, trial);
    close(report[0]);
    memcpy(trial->note, note, sizeof trial->note - 1);
    munmap(note, ELBOW_CHILD_NOTE_SIZE);
}
