// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/cli/launcher.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// True if the first of the variables that is set is 0, or none is set. Those of the innermost launcher are first,
// because it started this process.
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

// The number in the first of the variables that is set; 0: none is set, or it is not a number.
static uint64_t first_number(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const char *text = getenv(names[i]);
        if (text != NULL)
            return strtoull(text, NULL, 10);
    }
    return 0;
}

static bool is_job(void)
{
    // Slurm, PBS, LSF, Grid Engine
    static const char *const names[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "NSLOTS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (getenv(names[i]) != NULL)
            return true;
    return false;
}

struct elbow_launcher_ranks elbow_launcher_ranks(void)
{
    // Open MPI, MPICH and Intel MPI, Slurm
    static const char *const all[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"};
    static const char *const of_node[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"};
    static const char *const nodes[] = {"SLURM_JOB_NUM_NODES"};
    struct elbow_launcher_ranks ranks = {first_number(all, sizeof all / sizeof *all),
                                         first_number(of_node, sizeof of_node / sizeof *of_node)};
    uint64_t count = first_number(nodes, sizeof nodes / sizeof *nodes);
    if (ranks.all == 0 && !is_job())
        return (struct elbow_launcher_ranks){1, 1};
    if (ranks.of_node == 0 && count > 0) // spread evenly: a lower bound
        ranks.of_node = (ranks.all + count - 1) / count;
    if (ranks.all == 0 || ranks.of_node == 0)
        return (struct elbow_launcher_ranks){0, 0};
    return ranks;
}
