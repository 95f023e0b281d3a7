// SPDX-License-Identifier: BSD-3-Clause
// The restart. What the variable was stands in another one, which also tells that there was a restart.
#include "elbow/base/restart.h"

#include "elbow/base/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

// "NAME=former value", or "NAME" where there was none.
static const char MARK[] = "ELBOW_RESTARTED";

enum { NAME_SIZE = 64, MARK_SIZE = 4096 };

static void mask_signals(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    sigprocmask(how, &signals, NULL);
}

// The program's own file: as the system knows it, or, without /proc, as it was started.
static void start_anew(char **argv)
{
    elbow_path path;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0 && (size_t)length < sizeof path - 1) {
        path[length] = '\0';
        execv(path, argv);
    }
    const char *started = (const char *)getauxval(AT_EXECFN);
    if (started != NULL)
        execv(started, argv);
}

void elbow_restart_with(const char *name, const char *value, char **argv)
{
    char mark[MARK_SIZE];
    const char *former = getenv(name);
    if (getenv(MARK) != NULL ||
        !elbow_text_format(mark, sizeof mark, "%s%s%s", name, former == NULL ? "" : "=", former == NULL ? "" : former))
        return;
    if (setenv(MARK, mark, 1) == 0 && setenv(name, value, 1) == 0) {
        mask_signals(SIG_BLOCK);
        start_anew(argv);
    }
    elbow_restart_settle();
}

void elbow_restart_settle(void)
{
    const char *mark = getenv(MARK);
    if (mark == NULL)
        return;
    char name[NAME_SIZE];
    size_t length = strcspn(mark, "=");
    if (elbow_text_format(name, sizeof name, "%.*s", (int)length, mark) && mark[length] == '=')
        setenv(name, mark + length + 1, 1);
    else
        unsetenv(name);
    unsetenv(MARK);
    mask_signals(SIG_UNBLOCK);
}
