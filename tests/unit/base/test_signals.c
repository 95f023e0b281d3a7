// SPDX-License-Identifier: BSD-3-Clause
// Each case runs in a child process, whose end and stderr are checked.
#include "elbow/base/clock.h"
#include "elbow/base/log.h"
#include "elbow/base/signals.h"

#include "scratch.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs `act` in a child; its stderr goes to `said`. Returns the status of the child from waitpid.
static int in_child(void (*act)(void), char said[1024])
{
    int ends[2], status = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        for (int number = 1; number < 32; ++number) // the test runner may have its own
            signal(number, SIG_DFL);
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], said + length, 1023 - length)) > 0;)
        length += (size_t)got;
    said[length] = 0;
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void note_both(void)
{
    elbow_signals_catch();
    if (elbow_signals_stop_wanted())
        _exit(1);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    if (!elbow_signals_stop_wanted())
        _exit(2);
}

START_TEST(a_stop_is_noted_and_kills_nothing)
{
    char said[1024];
    ck_assert_int_eq(in_child(note_both, said), 0);
    ck_assert_str_eq(said, "");
}
END_TEST

static void end_with_text(void)
{
    elbow_signals_catch();
    elbow_signals_keep_text(" at step %d", 1);
    elbow_signals_keep_text(" at step %d", 2);
    elbow_signals_keep_text(" at step %d", 3);
    raise(SIGTERM);
}

static void end_without_text(void)
{
    elbow_signals_catch();
    elbow_signals_keep_text(" at step %d", 1);
    elbow_signals_keep_text(NULL);
    raise(SIGINT);
}

static void end_with_long_text(void)
{
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    elbow_signals_catch();
    elbow_signals_keep_text("%s", text);
    raise(SIGINT);
}

START_TEST(the_newest_text_is_written_and_the_signal_ends)
{
    char said[1024];
    int status = in_child(end_with_text, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    ck_assert_str_eq(said, "elbow: ended by SIGTERM at step 3\n");
    status = in_child(end_without_text, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    ck_assert_str_eq(said, "");
    status = in_child(end_with_long_text, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    ck_assert_int_eq(strncmp(said, "elbow: ended by SIGINTxxx", 25), 0);
    ck_assert_int_eq(said[strlen(said) - 1], '\n');
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

static void refuse_then_signal(void)
{
    elbow_signals_catch();
    elbow_signals_keep_text(": eval keeps nothing");
    elbow_signals_refuse_stop();
    raise(SIGUSR2);
}

static void signal_then_refuse(void)
{
    elbow_signals_catch();
    raise(SIGUSR1);
    elbow_signals_keep_text(": eval keeps nothing");
    elbow_signals_refuse_stop();
}

START_TEST(a_stop_that_is_refused_ends)
{
    char said[1024];
    int status = in_child(refuse_then_signal, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
    ck_assert_str_eq(said, "elbow: ended by SIGUSR2: eval keeps nothing\n");
    status = in_child(signal_then_refuse, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    ck_assert_str_eq(said, "elbow: ended by SIGUSR1: eval keeps nothing\n");
}
END_TEST

static struct scratch place;

// A log with one line, in a run that a signal would end.
static struct elbow_log open_log(void)
{
    static FILE *screen;
    screen = fopen("/dev/null", "w");
    struct elbow_log log = elbow_log_open(true, screen);
    elbow_signals_catch();
    elbow_signals_keep_text(" after step 1");
    if (elbow_log_append_to(&log, NULL, scratch_path(&place, "log.txt"), NULL) != ELBOW_OK)
        _exit(3);
    elbow_log_say(&log, "a line");
    return log;
}

static void end_with_log(void)
{
    open_log();
    raise(SIGTERM);
}

static void end_unheard(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        _exit(4);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]); // the reader of stderr is gone
    open_log();
    raise(SIGTERM);
}

static void end_without_room(void)
{
    open_log();
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){12, 12}); // for some bytes of the line only
    signal(SIGXFSZ, SIG_IGN);
    raise(SIGTERM);
}

static void end_after_log(void)
{
    struct elbow_log log = open_log();
    elbow_log_close(&log);
    // Another file, under the number that was the log's.
    if (open(scratch_path(&place, "other"), O_CREAT | O_RDWR | O_APPEND, 0600) < 0)
        _exit(5);
    raise(SIGTERM);
}

START_TEST(the_log_gets_the_line_even_if_stderr_does_not)
{
    static const char both[] = "a line\nelbow: ended by SIGTERM after step 1\n";
    static const struct {
        void (*act)(void);
        const char *log, *said;
    } cases[] = {{end_with_log, both, both + 7},
                 {end_unheard, both, ""},
                 {end_without_room, "a line\n", both + 7},
                 {end_after_log, "a line\n", both + 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char said[1024];
        size_t size;
        place = scratch_make();
        int status = in_child(cases[i].act, said);
        ck_assert_msg(WIFSIGNALED(status), "case %zu: status %x", i, (unsigned)status);
        ck_assert_str_eq(said, cases[i].said);
        char *log = scratch_read(scratch_path(&place, "log.txt"), &size);
        ck_assert_ptr_nonnull(log);
        ck_assert_msg(size == strlen(cases[i].log) && memcmp(log, cases[i].log, size) == 0, "case %zu: %.*s", i,
                      (int)size, log);
        free(log);
        free(scratch_read(scratch_path(&place, "other"), &size));
        ck_assert_uint_eq(size, 0);
        scratch_clear(&place);
    }
}
END_TEST

START_TEST(one_signal_at_a_time)
{
    static const int caught[] = {SIGUSR1, SIGUSR2, SIGINT, SIGTERM};
    struct sigaction before[4], action;
    for (size_t i = 0; i < 4; ++i)
        sigaction(caught[i], &(struct sigaction){.sa_handler = SIG_DFL}, &before[i]);
    elbow_signals_catch();
    for (size_t i = 0; i < 4; ++i) {
        ck_assert_int_eq(sigaction(caught[i], NULL, &action), 0);
        for (size_t j = 0; j < 4; ++j)
            ck_assert_int_eq(sigismember(&action.sa_mask, caught[j]), 1);
    }
    for (size_t i = 0; i < 4; ++i)
        sigaction(caught[i], &before[i], NULL);
}
END_TEST

static void give_way(void)
{
    elbow_signals_catch();
    elbow_signals_give_way();
    raise(SIGTERM);
}

START_TEST(who_gives_way_ends_later)
{
    char said[1024];
    double start = elbow_clock_seconds();
    int status = in_child(give_way, said);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    ck_assert(elbow_clock_seconds() - start >= 0.5);
    ck_assert_str_eq(said, "");
}
END_TEST

static void stay_ignored(void)
{
    signal(SIGINT, SIG_IGN);
    elbow_signals_catch();
    elbow_signals_keep_text(" at step 1");
    raise(SIGINT);
}

START_TEST(what_was_ignored_stays_ignored)
{
    char said[1024];
    ck_assert_int_eq(in_child(stay_ignored, said), 0);
    ck_assert_str_eq(said, "");
}
END_TEST

UNIT_MAIN("base/signals", a_stop_is_noted_and_kills_nothing, the_newest_text_is_written_and_the_signal_ends,
          a_stop_that_is_refused_ends, the_log_gets_the_line_even_if_stderr_does_not, one_signal_at_a_time,
          who_gives_way_ends_later, what_was_ignored_stays_ignored)
