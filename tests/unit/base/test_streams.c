// SPDX-License-Identifier: BSD-3-Clause
// Standard streams in a child for each test: closed, without a reader, full; and the behaviour of a log.
#include "elbow/base/streams.h"

#include "elbow/base/log.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char log_path[512]; // of the test that is running

// Runs `act` in a child with streams of its own; its exit status, or 128 and the signal that ended it.
static int in_child(void (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        act();
        _exit(99);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// A new terminal without a reader; its other end stays open.
static int open_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    return terminal;
}

// Standard output becomes a pipe without a reader.
static void lose_reader(int stream)
{
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], stream) < 0)
        _exit(98);
    close(ends[0]);
    close(ends[1]);
}

static void open_what_is_closed(void)
{
    struct stat null, about;
    int free_one = open("/dev/zero", O_RDONLY);
    close(free_one);
    for (int i = 0; i < 3; ++i)
        close(i);
    elbow_streams_start();
    if (stat("/dev/null", &null) != 0)
        _exit(97);
    for (int i = 0; i < 3; ++i)
        if (fstat(i, &about) != 0 || about.st_rdev != null.st_rdev)
            _exit(1);
    _exit(open("/dev/zero", O_RDONLY) == free_one ? 0 : 2); // no descriptor was left open
}

static void leave_what_is_open(void)
{
    struct stat before, after;
    lose_reader(1);
    if (fstat(1, &before) != 0)
        _exit(98);
    close(0);
    elbow_streams_start();
    _exit(fstat(1, &after) == 0 && before.st_ino == after.st_ino ? 0 : 1);
}

static void print_to_nobody(void)
{
    elbow_streams_start();
    lose_reader(1);
    printf("lost\n");
    for (int again = 0; again < 2; ++again)
        if (elbow_streams_finish(stdout) != EPIPE)
            _exit(1);
    if (elbow_streams_end("test", 0) != 0 || elbow_streams_end("test", 5) != 5)
        _exit(2);
    _exit(elbow_streams_put(stdout, "lost\n", 5) == EPIPE ? 0 : 3);
}

static void print_to_a_full_device(void)
{
    elbow_streams_start();
    int full = open("/dev/full", O_WRONLY), nowhere = open("/dev/null", O_WRONLY);
    if (full < 0 || nowhere < 0)
        _exit(0); // not everywhere there is one
    dup2(full, 1);
    dup2(nowhere, 2);
    printf("lost\n");
    if (elbow_streams_finish(stdout) != ENOSPC)
        _exit(1);
    if (elbow_streams_end("test", 0) != 1 || elbow_streams_end("test", 5) != 5)
        _exit(2);
    _exit(elbow_streams_put(stdout, "lost\n", 5) == ENOSPC ? 0 : 3);
}

// A non-blocking pipe with a slow reader.
static void wait_for_a_slow_reader(void)
{
    int ends[2];
    static char bytes[300000];
    elbow_streams_start();
    if (pipe(ends) != 0)
        _exit(98);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        usleep(20000);
        size_t got = 0;
        for (ssize_t count; (count = read(ends[0], bytes, sizeof bytes)) > 0;)
            got += (size_t)count;
        _exit(got == sizeof bytes ? 0 : 1);
    }
    close(ends[0]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    dup2(ends[1], 1);
    close(ends[1]);
    int reason = elbow_streams_put(stdout, bytes, sizeof bytes), status = 1;
    close(1);
    waitpid(child, &status, 0);
    _exit(reason == 0 && status == 0 ? 0 : 1);
}

START_TEST(streams)
{
    ck_assert_int_eq(in_child(open_what_is_closed), 0);
    ck_assert_int_eq(in_child(leave_what_is_open), 0);
    ck_assert_int_eq(in_child(print_to_nobody), 0);
    ck_assert_int_eq(in_child(print_to_a_full_device), 0);
    ck_assert_int_eq(in_child(wait_for_a_slow_reader), 0);
}
END_TEST

// The screen fails before the file exists: both are reported once, and every line is in the file.
static void log_without_a_screen(void)
{
    char text[256];
    elbow_streams_start();
    struct elbow_log log = elbow_log_open(true, stdout);
    log.minds_screen = true;
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    if (elbow_log_lost_screen(&log, text, sizeof text))
        _exit(1);
    lose_reader(1);
    elbow_log_say(&log, "before");
    if (elbow_log_append_to(&log, NULL, log_path, NULL) != ELBOW_OK)
        _exit(2);
    elbow_log_progress(&log, "half");
    elbow_log_say(&log, "step %d", 1);
    elbow_log_warn(&log, "strange");
    if (!elbow_log_lost_screen(&log, text, sizeof text) ||
        strcmp(text, "standard output cannot be written: Broken pipe") != 0 || log.lost_reason != EPIPE)
        _exit(3);
    elbow_log_close(&log);
    _exit(0);
}

static void log_without_standard_error(void)
{
    char text[256];
    elbow_streams_start();
    struct elbow_log log = elbow_log_open(true, stdout);
    log.minds_screen = true;
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    lose_reader(2);
    if (elbow_log_append_to(&log, NULL, log_path, NULL) != ELBOW_OK)
        _exit(2);
    elbow_log_say(&log, "step %d", 1);
    elbow_log_warn(&log, "strange");
    _exit(elbow_log_lost_screen(&log, text, sizeof text) && strstr(text, "standard error") != NULL ? 0 : 3);
}

START_TEST(logs)
{
    struct scratch scratch = scratch_make();
    snprintf(log_path, sizeof log_path, "%s", scratch_path(&scratch, "log.txt"));
    static const char first[] =
        "elbow: warning: standard output cannot be written: Broken pipe; the run continues, log.txt has its lines, and "
        "the exit status will be 3\nstep 1\nelbow: warning: strange\n";
    ck_assert_int_eq(in_child(log_without_a_screen), 0);
    ck_assert(scratch_holds(log_path, first, sizeof first - 1));
    unlink(log_path);
    static const char second[] =
        "step 1\nelbow: warning: strange\nelbow: warning: standard error cannot be written: "
        "Broken pipe; the run continues, log.txt has its lines, and the exit status will be 3\n";
    ck_assert_int_eq(in_child(log_without_standard_error), 0);
    ck_assert(scratch_holds(log_path, second, sizeof second - 1));
    scratch_clear(&scratch);
}
END_TEST

// A launcher of ranks, with standard output at `launcher`, starts a script in a terminal of its own, which starts the
// program: tests how the program classifies standard output.
static bool is_watched_beneath(int launcher, bool is_launched)
{
    int rank = open_terminal(), status = 0;
    fflush(NULL);
    pid_t outer = fork();
    ck_assert_int_ge(outer, 0);
    if (outer == 0) {
        dup2(launcher, STDOUT_FILENO);
        pid_t script = fork();
        if (script == 0) {
            dup2(rank, STDOUT_FILENO);
            pid_t program = fork();
            if (program == 0)
                _exit(elbow_streams_is_watched(is_launched));
            _exit(waitpid(program, &status, 0) == program && WIFEXITED(status) ? WEXITSTATUS(status) : 9);
        }
        _exit(waitpid(script, &status, 0) == script && WIFEXITED(status) ? WEXITSTATUS(status) : 9);
    }
    ck_assert_int_eq(waitpid(outer, &status, 0), outer);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    close(rank);
    return WEXITSTATUS(status) == 1;
}

START_TEST(watchers)
{
    int file = open("/dev/null", O_WRONLY), terminal = open_terminal();
    ck_assert(is_watched_beneath(file, false)); // a terminal that was not made for this rank
    ck_assert(!is_watched_beneath(file, true));
    ck_assert(is_watched_beneath(terminal, true));
    close(file);
    close(terminal);
}
END_TEST

UNIT_MAIN("base/streams", streams, logs, watchers)
