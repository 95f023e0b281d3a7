// SPDX-License-Identifier: BSD-3-Clause
// The program under test is this one: a child starts it again, and the constructor below reports the state of the new
// one.
#include "elbow/base/restart.h"
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char VARIABLE[] = "ELBOW_TEST_VARIABLE";
enum { RIGHT = 41, WRONG_VALUE, WRONG_SIGNAL, WRONG_FORMER, STARTED_TWICE, WENT_ON };

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    (void)number;
    ++caught;
}

static bool is_text(const char *text, const char *expected)
{
    return expected == NULL ? text == NULL : text != NULL && strcmp(text, expected) == 0;
}

static int judge(const char *expected)
{
    char *none[] = {NULL};
    if (!is_text(getenv(VARIABLE), "new"))
        return WRONG_VALUE;
    elbow_restart_with(VARIABLE, "newer", none); // returns
    if (!is_text(getenv(VARIABLE), "new"))
        return STARTED_TWICE;
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM); // is held back
    signal(SIGTERM, on_signal);
    elbow_restart_settle();
    if (caught != 1)
        return WRONG_SIGNAL;
    return is_text(getenv(VARIABLE), expected) && getenv("ELBOW_RESTARTED") == NULL ? RIGHT : WRONG_FORMER;
}

__attribute__((constructor)) static void look(void)
{
    if (getenv("ELBOW_RESTARTED") != NULL)
        _exit(judge(getenv("ELBOW_TEST_EXPECTED")));
}

// The end of a child that starts this program again.
static int restart(const char *former)
{
    pid_t child = fork();
    if (child == 0) {
        char name[] = "restarted", *words[] = {name, NULL};
        unsetenv(VARIABLE);
        unsetenv("ELBOW_TEST_EXPECTED");
        if (former != NULL)
            setenv(VARIABLE, former, 1);
        if (former != NULL)
            setenv("ELBOW_TEST_EXPECTED", former, 1);
        elbow_restart_with(VARIABLE, "new", words);
        _exit(WENT_ON);
    }
    int state = 0;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state));
    return WEXITSTATUS(state);
}

START_TEST(a_restart_sees_the_variable_and_gives_it_back)
{
    ck_assert_int_eq(restart("old"), RIGHT);
    ck_assert_int_eq(restart("a=b"), RIGHT);
    ck_assert_int_eq(restart(""), RIGHT);
    ck_assert_int_eq(restart(NULL), RIGHT);
}
END_TEST

START_TEST(without_a_restart_nothing_is_settled)
{
    setenv(VARIABLE, "mine", 1);
    elbow_restart_settle();
    ck_assert_str_eq(getenv(VARIABLE), "mine");
    unsetenv(VARIABLE);
}
END_TEST

UNIT_MAIN("base/restart", a_restart_sees_the_variable_and_gives_it_back, without_a_restart_nothing_is_settled)
