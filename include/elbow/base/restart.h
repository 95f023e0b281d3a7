// SPDX-License-Identifier: BSD-3-Clause
// Starting the program anew in its own process, for variables of the environment that libraries read while they are
// loaded, before main could set them.
#ifndef ELBOW_BASE_RESTART_H
#define ELBOW_BASE_RESTART_H

#include "elbow/base/language.h"

ELBOW_C_BEGIN

// Local. Starts the program anew (exec: process id, files, binding and launcher stay what they are) with a variable
// set. Returns only where that cannot be done, or was done before: nothing restarts twice. To be called first in main:
// no thread of ours, no MPI, no handler of a signal yet. SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 wait until
// elbow_restart_settle.
void elbow_restart_with(const char *name, const char *value, char **argv);

// Local. To be called when the handlers of signals are set: after a restart, lets the signals through that came
// meanwhile, and gives the variable the value back that it had, for whoever looks at it later.
void elbow_restart_settle(void);

ELBOW_C_END

#endif
