// SPDX-License-Identifier: BSD-3-Clause
// The frame of an MPI test program: Check tests that all ranks run together, in this process. A failing assertion jumps
// out of its test; so that no rank jumps alone and leaves the others waiting, assertions are collective: the ranks
// agree on the verdict first.
#ifndef ELBOW_TESTS_MPI_UNIT_H
#define ELBOW_TESTS_MPI_UNIT_H

#include "elbow/parallel/comm.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct elbow_comm *mpi_comm; // for the tests

static inline bool mpi_agree(const char *file, int line, const char *condition, bool holds)
{
    double all = holds;
    if (!holds)
        fprintf(stderr, "%s:%d: rank %d: does not hold: %s\n", file, line, elbow_comm_place(mpi_comm).rank, condition);
    elbow_comm_min(mpi_comm, &all, 1);
    return all != 0;
}

// Collective. The condition holds on every rank, or the test fails on every rank. Check is told only then: it notes
// every assertion in a file of its own, which a test that limits the size of files would cut off.
#define mpi_assert(condition)                                                                                          \
    do {                                                                                                               \
        if (!mpi_agree(__FILE__, __LINE__, #condition, (condition)))                                                   \
            ck_abort_msg("does not hold on every rank: %s", #condition);                                               \
    } while (0)

static inline int mpi_run(int argc, char **argv, const char *name, const TTest *const *tests, size_t count)
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

// MPI_UNIT_MAIN("run/rows", test_one, test_two): the tests are made with START_TEST / END_TEST.
#define MPI_UNIT_MAIN(name, ...)                                                                                       \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return mpi_run(argc, argv, name, tests, sizeof tests / sizeof *tests);                                         \
    }

#endif
