// SPDX-License-Identifier: BSD-3-Clause
// All ranks of this test are on one machine and have one clock, against which the results of messages between pretended
// nodes are checked.
#include "mpi_unit.h"

#include "elbow/base/clock.h"
#include "elbow/parallel/clocks.h"

START_TEST(a_node_has_one_clock)
{
    double before = elbow_clock_seconds();
    struct elbow_clock_tie tie = elbow_clock_tie(mpi_comm);
    mpi_assert(tie.mine == tie.root && tie.error == 0);
    mpi_assert(tie.mine >= before && tie.mine <= elbow_clock_seconds());
}
END_TEST

// The last of the tests: ranks stay where they are then.
START_TEST(messages_tell_the_time_as_well_as_they_say)
{
    int size = elbow_comm_place(mpi_comm).size;
    int64_t nodes[4] = {0, 1, 1, 2};
    struct elbow_error error = {0};
    mpi_assert(elbow_comm_pretend(mpi_comm, nodes, (size_t)size, &error) == ELBOW_OK);
    struct elbow_clock_tie ties[2];
    for (int i = 0; i < 2; ++i) {
        double before = elbow_clock_seconds();
        elbow_comm_barrier(mpi_comm); // the time is that of one rank of a node: it may look before another comes
        ties[i] = elbow_clock_tie(mpi_comm);
        double difference = ties[i].mine - ties[i].root;
        mpi_assert(difference <= ties[i].error && -difference <= ties[i].error);
        mpi_assert(ties[i].mine >= before && ties[i].mine <= elbow_clock_seconds());
        mpi_assert((elbow_comm_place(mpi_comm).node > 0) == (ties[i].error > 0));
    }
    double middle = (ties[0].mine + ties[1].mine) / 2;
    double difference = elbow_clock_map(&ties[0], &ties[1], middle) - middle;
    double error_most = ties[0].error + ties[1].error;
    mpi_assert(difference <= error_most && -difference <= error_most);
}
END_TEST

MPI_UNIT_MAIN("parallel/clocks", a_node_has_one_clock, messages_tell_the_time_as_well_as_they_say)
