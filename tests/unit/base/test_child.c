// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/child.h"
#include "elbow/base/clock.h"

#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Seconds: far more than a child needs, far less than the limit of a test.
static const double LIMIT = 20;

static void do_nothing(char *note, void *user)
{
    (void)note;
    (void)user;
}

static void leave_note(char *note, void *user)
{
    strcpy(note, user);
}

static void raise_signal(char *note, void *user)
{
    strcpy(note, "before the signal");
    raise(*(int *)user);
    strcpy(note, "after the signal");
}

static void leave(char *note, void *user)
{
    (void)note;
    _exit(*(int *)user);
}

static void hang(char *note, void *user)
{
    (void)user;
    strcpy(note, "hanging");
    while (true)
        pause();
}

START_TEST(work_that_ends_well_passes)
{
    char words[] = "what it did";
    struct elbow_trial trial = {.end = ELBOW_TRIAL_HUNG, .signal = 5, .note = "old"};
    elbow_child_try(do_nothing, NULL, LIMIT, &trial);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
    ck_assert_int_eq(trial.signal, 0);
    ck_assert_str_eq(trial.note, "");
    elbow_child_try(leave_note, words, LIMIT, &trial);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
    ck_assert_str_eq(trial.note, "what it did");
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); // no child is left
}
END_TEST

START_TEST(every_crash_is_seen_with_its_signal)
{
    int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGKILL};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; ++i) {
        struct elbow_trial trial;
        elbow_child_try(raise_signal, &crashes[i], LIMIT, &trial);
        ck_assert_int_eq(trial.end, ELBOW_TRIAL_CRASHED);
        ck_assert_int_eq(trial.signal, crashes[i]);
        ck_assert_str_eq(trial.note, "before the signal");
    }
}
END_TEST

START_TEST(an_end_without_a_report_is_a_crash)
{
    struct elbow_trial trial;
    for (int status = 0; status < 2; ++status) {
        elbow_child_try(leave, &status, LIMIT, &trial);
        ck_assert_int_eq(trial.end, ELBOW_TRIAL_CRASHED);
        ck_assert_int_eq(trial.signal, 0);
    }
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) // which would end the child in its own way
static void write_nowhere(char *note, void *user)
{
    (void)note;
    *(volatile int *)user = 1; // NULL
}

START_TEST(a_wild_write_is_a_crash)
{
    struct elbow_trial trial;
    elbow_child_try(write_nowhere, NULL, LIMIT, &trial);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_CRASHED);
    ck_assert_int_eq(trial.signal, SIGSEGV);
}
END_TEST
#endif

// Whoever ends the child is about to end the program, too.
START_TEST(a_child_that_was_ended_is_no_verdict)
{
    int asked[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; ++i) {
        struct elbow_trial trial;
        elbow_child_try(raise_signal, &asked[i], LIMIT, &trial);
        ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
    }
    int stop = SIGUSR1; // is the parent's business
    struct elbow_trial trial;
    elbow_child_try(raise_signal, &stop, LIMIT, &trial);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
    ck_assert_str_eq(trial.note, "after the signal");
}
END_TEST

START_TEST(a_child_that_hangs_is_ended)
{
    struct elbow_trial trial;
    double start = elbow_clock_seconds();
    elbow_child_try(hang, NULL, 0.3, &trial);
    double seconds = elbow_clock_seconds() - start;
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_HUNG);
    ck_assert_str_eq(trial.note, "hanging");
    ck_assert(seconds >= 0.3);
    ck_assert(seconds < LIMIT);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

START_TEST(signals_to_the_parent_do_not_end_the_waiting)
{
    struct elbow_trial trial;
    struct sigaction action = {.sa_handler = on_alarm}, old;
    sigaction(SIGALRM, &action, &old);
    ualarm(20000, 20000);
    elbow_child_try(hang, NULL, 0.3, &trial);
    ualarm(0, 0);
    sigaction(SIGALRM, &old, NULL);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_HUNG);
}
END_TEST

START_TEST(a_parent_that_does_not_wait_for_children_gets_its_answer)
{
    struct elbow_trial trial;
    int number = SIGSEGV;
    signal(SIGCHLD, SIG_IGN);
    elbow_child_try(do_nothing, NULL, LIMIT, &trial);
    int good = trial.end;
    elbow_child_try(raise_signal, &number, LIMIT, &trial);
    signal(SIGCHLD, SIG_DFL);
    ck_assert_int_eq(good, ELBOW_TRIAL_PASSED);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_CRASHED);
}
END_TEST

static int *exits; // shared with children

static void count_exit(void)
{
    ++*exits;
}

static void look_around(char *note, void *user)
{
    struct rlimit core = {1, 1};
    (void)user;
    getrlimit(RLIMIT_CORE, &core);
    int printed = printf("a child prints\n");
    sprintf(note, "core %d, printed %d", (int)core.rlim_cur, printed > 0 && fflush(stdout) == 0);
}

START_TEST(a_child_leaves_nothing_behind)
{
    struct elbow_trial trial;
    FILE *file = tmpfile();
    exits = mmap(NULL, sizeof *exits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    atexit(count_exit);
    fputs("once", file); // in a buffer that the child has, too
    elbow_child_try(look_around, NULL, LIMIT, &trial);
    fflush(file);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
    ck_assert_str_eq(trial.note, "core 0, printed 1");
    ck_assert_int_eq(*exits, 0);
    ck_assert_int_eq(ftell(file), 4);
    fclose(file);
}
END_TEST

START_TEST(without_processes_there_is_no_verdict)
{
    struct elbow_trial trial;
    struct rlimit files, none;
    int number = SIGSEGV;
    getrlimit(RLIMIT_NOFILE, &files);
    none = (struct rlimit){3, files.rlim_max}; // no room for a pipe
    setrlimit(RLIMIT_NOFILE, &none);
    elbow_child_try(raise_signal, &number, LIMIT, &trial);
    setrlimit(RLIMIT_NOFILE, &files);
    ck_assert_int_eq(trial.end, ELBOW_TRIAL_PASSED);
}
END_TEST

START_TEST(signals_have_names)
{
    char text[16];
    ck_assert_str_eq(elbow_child_signal(SIGSEGV, text), "SEGV");
    ck_assert_str_eq(elbow_child_signal(0, text), "0");
}
END_TEST

UNIT_MAIN("base/child", work_that_ends_well_passes, every_crash_is_seen_with_its_signal,
          an_end_without_a_report_is_a_crash,
#if !defined(__SANITIZE_ADDRESS__)
          a_wild_write_is_a_crash,
#endif
          a_child_that_was_ended_is_no_verdict, a_child_that_hangs_is_ended,
          signals_to_the_parent_do_not_end_the_waiting, a_parent_that_does_not_wait_for_children_gets_its_answer,
          a_child_leaves_nothing_behind, without_processes_there_is_no_verdict, signals_have_names)
