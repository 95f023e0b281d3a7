// SPDX-License-Identifier: BSD-3-Clause
// The frame of an MPI test program: Check tests that all ranks run together, in this process. A failing assertion jumps
// out of its test. Assertions are collective, and the ranks agree on the verdict first, so that no rank jumps alone and
// leaves the others waiting.
#ifndef ELBOW_TESTS_MPI_UNIT_H
#define ELBOW_TESTS_MPI_UNIT_H

#include "elbow/parallel/comm.h"
#include "scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

extern struct elbow_comm *mpi_comm; // for the tests

bool mpi_agree(const char *file, int line, const char *condition, bool holds);

// Collective. The condition holds on every rank, or the test fails on every rank. Check is called only on
// failure: it writes every assertion to a file of its own, which a test that limits file sizes would truncate.
#define mpi_assert(condition)                                                                                          \
    do {                                                                                                               \
        if (!mpi_agree(__FILE__, __LINE__, #condition, (condition)))                                                   \
            ck_abort_msg("does not hold on every rank: %s", #condition);                                               \
    } while (0)

bool is_root(void);

// Collective. The status is OK on every rank, or the test fails, with the sentence on standard error.
void must(enum elbow_status status, const struct elbow_error *error);

// Collective. A directory that rank zero makes, with its name on all ranks; it is removed when no rank needs it any
// more.
struct scratch mpi_scratch_make(void);
void mpi_scratch_clear(struct scratch *scratch);
int mpi_run(int argc, char **argv, const char *name, const TTest *const *tests, size_t count);

// MPI_UNIT_MAIN("run/rows", test_one, test_two): the tests are made with START_TEST / END_TEST.
#define MPI_UNIT_MAIN(name, ...)                                                                                       \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return mpi_run(argc, argv, name, tests, sizeof tests / sizeof *tests);                                         \
    }

#endif
