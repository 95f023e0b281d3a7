// SPDX-License-Identifier: BSD-3-Clause
// The rank of this process before MPI starts, from the environment variables of the launcher.
#ifndef ELBOW_CLI_LAUNCHER_H
#define ELBOW_CLI_LAUNCHER_H

#include <stdbool.h>

// Local. Whether this process is the first of all ranks, or of the ranks of its node; true if no launcher says.
bool elbow_launcher_is_first(void);
bool elbow_launcher_is_first_of_node(void);

#endif
