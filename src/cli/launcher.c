// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/cli/launcher.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Whether the first of the variables that is set says 0. They are listed from the innermost launcher on, which knows
// best.
static bool says_zero(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const char *rank = getenv(names[i]);
        if (rank != NULL)
            return strcmp(rank, "0") == 0;
    }
    return true;
}

bool elbow_launcher_is_first(void)
{
    // Open MPI, PMIx, MPICH and Intel MPI, Slurm
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};
    return says_zero(names, sizeof names / sizeof *names);
}

bool elbow_launcher_is_first_of_node(void)
{
    // Open MPI, Intel MPI, MPICH, Slurm
    static const char *const names[] = {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "PMI_LOCAL_RANK",
                                        "SLURM_LOCALID"};
    return says_zero(names, sizeof names / sizeof *names);
}
