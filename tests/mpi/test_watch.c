// SPDX-License-Identifier: BSD-3-Clause
// The watch: ranks that come late again and again are called while earlier calls still lie there, and the watch ends in
// the middle of that: no message is lost, left over or overwritten.
#include "mpi_unit.h"
#include "scratch.h"

#include "elbow/parallel/comm.h"
#include "elbow/parallel/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Of one rank it "keeps", of two they "keep": on a busy machine another rank may be late, too.
#define NAMED " the others waiting, for "

static struct scratch scratch; // rank zero's; it has the log

static int count_lines(const char *part)
{
    char line[1024];
    int count = 0;
    FILE *file = fopen(scratch_path(&scratch, "log"), "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        count += strstr(line, part) != NULL;
    if (file != NULL)
        fclose(file);
    return count;
}

// One wait in which the last rank is late until rank zero has reported it this number of times in all. (CTest has the
// limit.)
static void wait_for_last(int told)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    if (place.rank == place.size - 1)
        while (place.size > 1 && count_lines(NAMED) < told)
            usleep(10000);
    elbow_comm_barrier(mpi_comm);
}

START_TEST(late_ranks_are_named_and_the_watch_ends_at_once)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_error error = {0};
    scratch = mpi_scratch_make();
    FILE *screen = fopen("/dev/null", "w");
    struct elbow_log log = elbow_log_open(place.rank == 0, screen);
    mpi_assert(elbow_log_append_to(&log, NULL, scratch_path(&scratch, "log"), &error) == ELBOW_OK);
    mpi_assert(elbow_comm_watch(mpi_comm, 1, &log, &error) == ELBOW_OK);
    for (int i = 0; i < 2; ++i)
        wait_for_last(i + 1);
    // The last rank sleeps while the others wait in the end of the watch, which calls nobody: a call would come too
    // late to be answered.
    int told = count_lines(NAMED);
    if (place.rank == place.size - 1)
        usleep(1600000); // a limit of 1 s, and a quarter of that for answers
    elbow_comm_watch_end(mpi_comm);
    bool calls_nobody = place.rank != 0 || count_lines(NAMED) == told;
    bool is_told = place.rank != 0 || place.size == 1 || (told >= 2 && count_lines("the run continues after") >= 2);
    // A second watch under the same communicator would find remains of the first one.
    mpi_assert(elbow_comm_watch(mpi_comm, 1, &log, &error) == ELBOW_OK);
    wait_for_last(0);
    elbow_comm_watch_end(mpi_comm);
    elbow_log_close(&log);
    fclose(screen);
    mpi_scratch_clear(&scratch);
    mpi_assert(calls_nobody && is_told);
}
END_TEST

MPI_UNIT_MAIN("parallel/watch", late_ranks_are_named_and_the_watch_ends_at_once)
