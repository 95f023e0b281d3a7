// SPDX-License-Identifier: BSD-3-Clause
// Restarting the program in its own process, for environment variables that libraries read while they are loaded,
// before main can set them.
#ifndef ELBOW_BASE_RESTART_H
#define ELBOW_BASE_RESTART_H

#include "elbow/base/language.h"

ELBOW_C_BEGIN

// Local. Restarts the program (exec: process id, files, binding and launcher do not change) with a variable set.
// Returns only if that fails, or was done before: nothing restarts twice. Call it first in main: before threads of
// Elbow, MPI and signal handlers. SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 wait until elbow_restart_settle.
void elbow_restart_with(const char *name, const char *value, char **argv);

// Local. Call it when the signal handlers are set: after a restart, delivers the signals that came meanwhile, and
// restores the value of the variable.
void elbow_restart_settle(void);

ELBOW_C_END

#endif
