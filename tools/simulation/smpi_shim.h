// SPDX-License-Identifier: BSD-3-Clause
// For builds under SimGrid's SMPI only (tools/simulate). Its collectives that do not block cost p^2 messages, and the
// sums among them are wrong in place (SimGrid 3.32); the blocking ones are sound. Elbow waits for each of them at once,
// so nothing changes but that.
#ifndef ELBOW_SMPI_SHIM_H
#define ELBOW_SMPI_SHIM_H

#include <errno.h>
#include <mpi.h>
#include <pthread.h>

#define MPI_Iallreduce(from, to, count, type, operation, comm, request)                                                \
    (*(request) = MPI_REQUEST_NULL, MPI_Allreduce(from, to, count, type, operation, comm))
#define MPI_Ibarrier(comm, request) (*(request) = MPI_REQUEST_NULL, MPI_Barrier(comm))
#define MPI_Ibcast(buffer, count, type, root, comm, request)                                                           \
    (*(request) = MPI_REQUEST_NULL, MPI_Bcast(buffer, count, type, root, comm))
// Waiting without polling: smpi_wait.c. A rank that tests one request waits for nothing else meanwhile.
int elbow_simulation_isend(const void *values, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                           MPI_Request *request);
int elbow_simulation_testsome(int count, MPI_Request *requests, int *complete, int *indices);
int elbow_simulation_sleep(void);
int elbow_simulation_wait(MPI_Request *request);
// This rank has computed for this number of seconds (smpi_charge.c).
void elbow_simulation_owe(double seconds);
#define MPI_Test(request, flag, status) ((void)(status), *(flag) = 1, elbow_simulation_wait(request))
#define MPI_Isend(values, count, type, to, tag, comm, request)                                                         \
    elbow_simulation_isend(values, count, type, to, tag, comm, request)
#define MPI_Testsome(count, requests, complete, indices, statuses)                                                     \
    elbow_simulation_testsome(count, requests, complete, indices)
#define MPI_Iprobe(source, tag, comm, flag, status)                                                                    \
    ((void)(source), (void)(tag), (void)(comm), (void)(status), *(flag) = 0, elbow_simulation_sleep())

// All ranks are one process: a thread of one of them would run outside of the simulated time. Elbow does without where
// none can be had.
#define pthread_create(thread, attributes, work, user)                                                                 \
    ((void)(thread), (void)(attributes), (void)(work), (void)(user), EAGAIN)

#endif
