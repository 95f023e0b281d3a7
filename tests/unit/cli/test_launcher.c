// SPDX-License-Identifier: BSD-3-Clause
// The ranks from the environment variables of launchers and jobs.
#include "elbow/cli/launcher.h"
#include "unit.h"

#include <stddef.h>
#include <stdlib.h>

static const char *const VARIABLES[] = {
    "OMPI_COMM_WORLD_RANK",
    "PMIX_RANK",
    "PMI_RANK",
    "SLURM_PROCID",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "MPI_LOCALRANKID",
    "PMI_LOCAL_RANK",
    "SLURM_LOCALID",
    "SLURM_JOB_ID",
    "PBS_JOBID",
    "LSB_JOBID",
    "NSLOTS",
    "PMI_SIZE",
    "OMPI_COMM_WORLD_SIZE",
    "SLURM_NTASKS",
    "MPI_LOCALNRANKS",
    "SLURM_JOB_NUM_NODES",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
};

// The test itself may run in a job.
static void leave_all(void)
{
    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; ++i)
        unsetenv(VARIABLES[i]);
}

static void expect(uint64_t all, uint64_t of_node)
{
    struct elbow_launcher_ranks ranks = elbow_launcher_ranks();
    ck_assert_uint_eq(ranks.all, all);
    ck_assert_uint_eq(ranks.of_node, of_node);
}

START_TEST(without_a_launcher)
{
    leave_all();
    ck_assert(elbow_launcher_is_first());
    ck_assert(elbow_launcher_is_first_of_node());
    expect(1, 1);
}
END_TEST

START_TEST(ranks_of_each_launcher)
{
    static const struct {
        const char *rank, *of_node;
    } cases[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK"},
                 {"PMIX_RANK", "MPI_LOCALRANKID"},
                 {"PMI_RANK", "PMI_LOCAL_RANK"},
                 {"SLURM_PROCID", "SLURM_LOCALID"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        leave_all();
        setenv(cases[i].rank, "4", 1);
        setenv(cases[i].of_node, "0", 1); // the first of another node
        ck_assert(!elbow_launcher_is_first());
        ck_assert(elbow_launcher_is_first_of_node());
        setenv(cases[i].rank, "0", 1);
        ck_assert(elbow_launcher_is_first());
    }
}
END_TEST

START_TEST(the_inner_launcher_counts)
{
    leave_all();
    setenv("SLURM_PROCID", "0", 1); // of the step that runs mpirun
    setenv("OMPI_COMM_WORLD_RANK", "3", 1);
    ck_assert(!elbow_launcher_is_first());
}
END_TEST

START_TEST(numbers_of_ranks)
{
    leave_all();
    setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
    setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "4", 1);
    expect(8, 4);
    leave_all();
    setenv("SLURM_JOB_ID", "17", 1);
    expect(0, 0); // a job that has not started ranks
    setenv("SLURM_NTASKS", "10", 1);
    expect(0, 0); // on an unknown number of nodes
    setenv("SLURM_JOB_NUM_NODES", "3", 1);
    expect(10, 4);
}
END_TEST

UNIT_MAIN("cli/launcher", without_a_launcher, ranks_of_each_launcher, the_inner_launcher_counts, numbers_of_ranks)
