// SPDX-License-Identifier: BSD-3-Clause
// Check tests on all ranks, which agree on every verdict.
#include "mpi_unit.h"

#include "elbow/parallel/collectives.h"

struct elbow_comm *mpi_comm;

bool mpi_agree(const char *file, int line, const char *condition, bool holds)
{
    double all = holds;
    if (!holds)
        fprintf(stderr, "%s:%d: rank %d: does not hold: %s\n", file, line, elbow_comm_place(mpi_comm).rank, condition);
    elbow_comm_min(mpi_comm, &all, 1);
    return all != 0;
}

int mpi_run(int argc, char **argv, const char *name, const TTest *const *tests, size_t count)
{
    struct elbow_error error = {0};
    if (elbow_comm_open(&argc, &argv, &mpi_comm, &error) != ELBOW_OK) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 0); // CTest has the limit
    for (size_t i = 0; i < count; ++i)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, elbow_comm_place(mpi_comm).rank == 0 ? CK_NORMAL : CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    elbow_comm_close(mpi_comm);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool is_root(void)
{
    return elbow_comm_place(mpi_comm).rank == 0;
}

void must(enum elbow_status status, const struct elbow_error *error)
{
    if (status != ELBOW_OK)
        fprintf(stderr, "%s\n", error->message);
    mpi_assert(status == ELBOW_OK);
}

struct scratch mpi_scratch_make(void)
{
    struct scratch scratch = {.path = ""};
    if (is_root())
        scratch = scratch_make();
    elbow_comm_broadcast(mpi_comm, &scratch, sizeof scratch);
    return scratch;
}

void mpi_scratch_clear(struct scratch *scratch)
{
    elbow_comm_barrier(mpi_comm);
    if (is_root())
        scratch_clear(scratch);
}
