// SPDX-License-Identifier: BSD-3-Clause
// The rank of this process and the number of ranks before MPI starts, from the environment variables of the launcher,
// or of a job that starts one.
#ifndef ELBOW_CLI_LAUNCHER_H
#define ELBOW_CLI_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>

// Local. Whether this process is the first of all ranks, or of the ranks of its node; true if no launcher says.
bool elbow_launcher_is_first(void);
bool elbow_launcher_is_first_of_node(void);

// The ranks that the launcher starts: in total, and at most on one node; 0: unknown.
struct elbow_launcher_ranks {
    uint64_t all, of_node;
};

// Local. The ranks from the environment of the launcher, or of the job; one rank without either.
struct elbow_launcher_ranks elbow_launcher_ranks(void);

#endif
