// SPDX-License-Identifier: BSD-3-Clause
// Which rank this process is, before MPI is started: as the launcher's environment tells.
#ifndef ELBOW_CLI_LAUNCHER_H
#define ELBOW_CLI_LAUNCHER_H

#include <stdbool.h>

// Local. Whether this is the first of all ranks, or of its node's; true where no launcher tells.
bool elbow_launcher_is_first(void);
bool elbow_launcher_is_first_of_node(void);

#endif
