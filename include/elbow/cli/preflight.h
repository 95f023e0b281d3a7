// SPDX-License-Identifier: BSD-3-Clause
// A trial before MPI starts: a child process opens the files that a command will pass to HDF5, which crashes on some
// damaged files. A crash under MPI would end all ranks without a message.
#ifndef ELBOW_CLI_PREFLIGHT_H
#define ELBOW_CLI_PREFLIGHT_H

#include "elbow/cli/command.h"

enum { ELBOW_PREFLIGHT_SECONDS = 60 };

// Local. Runs the command's preview or describe in a child process for at most `seconds`. FORMAT, with the file, if the
// child crashed or did not end. Only the first rank of each node, by the launcher's environment, does this; the others
// return OK. A whole result of describe becomes the call's `early`, to be closed by elbow_early_close; otherwise this
// is NULL.
enum elbow_status elbow_preflight(const struct elbow_command *command, struct elbow_call *call, double seconds,
                                  struct elbow_error *error);

#endif
