// SPDX-License-Identifier: BSD-3-Clause
// The watch: ranks that come late again and again are called while earlier calls still lie there, and the watch ends in
// the middle of that: no message is lost, left over or overwritten.
#include "mpi_unit.h"

#include "../../src/parallel/watch.h"

#include "elbow/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int count_lines(FILE *file, const char *part)
{
    char line[1024];
    int count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, part) != NULL;
    return count;
}

// One wait in which the last rank is late by so many seconds.
static void wait_for_last(double seconds)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    if (place.rank == place.size - 1)
        usleep((useconds_t)(seconds * 1e6));
    elbow_comm_barrier(mpi_comm);
}

START_TEST(late_ranks_are_named_and_the_watch_ends_at_once)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_error error = {0};
    char path[] = "/tmp/elbow-watch-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    mpi_assert(file != NULL);
    struct elbow_log log = elbow_log_open(place.rank == 0, stdout);
    mpi_assert(elbow_log_append_to(&log, path, &error) == ELBOW_OK);
    mpi_assert(elbow_comm_watch(mpi_comm, 1, &log, &error) == ELBOW_OK);
    for (int i = 0; i < 2; ++i)
        wait_for_last(2.0); // a limit of 1 s, and a quarter of that for answers
    // The last rank sleeps while the others wait in the end of the watch, which calls nobody: a call would come too
    // late to be answered.
    if (place.rank == place.size - 1)
        usleep(1600000);
    double start = elbow_clock_seconds();
    elbow_comm_watch_end(mpi_comm);
    bool is_quick = place.rank != place.size - 1 || elbow_clock_seconds() - start < 1;
    int told = count_lines(file, "keeps the others waiting"), relieved = count_lines(file, "the run goes on after");
    bool is_told = place.rank != 0 || place.size == 1 || (told >= 2 && relieved >= 2);
    // What is left over of the watch would be found by a second one, under the same communicator.
    mpi_assert(elbow_comm_watch(mpi_comm, 1, &log, &error) == ELBOW_OK);
    wait_for_last(0.1);
    elbow_comm_watch_end(mpi_comm);
    elbow_log_close(&log);
    fclose(file);
    unlink(path);
    mpi_assert(is_quick && is_told);
}
END_TEST

MPI_UNIT_MAIN("parallel/watch", late_ranks_are_named_and_the_watch_ends_at_once)
