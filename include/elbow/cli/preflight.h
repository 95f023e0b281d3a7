// SPDX-License-Identifier: BSD-3-Clause
// Before MPI is started, a child process opens the files that a command will hand to HDF5, which crashes on some
// damaged ones: a crash under MPI would take all ranks down without a word.
#ifndef ELBOW_CLI_PREFLIGHT_H
#define ELBOW_CLI_PREFLIGHT_H

#include "elbow/cli/command.h"

enum { ELBOW_PREFLIGHT_SECONDS = 60 };

// Local. Runs the command's preview in a child, for at most `seconds`; FORMAT, with the file, if the child crashed or
// did not come back. One rank a node does it, as the launcher's environment tells: the others find nothing.
enum elbow_status elbow_preflight(const struct elbow_command *command, const struct elbow_call *call, double seconds,
                                  struct elbow_error *error);

#endif
