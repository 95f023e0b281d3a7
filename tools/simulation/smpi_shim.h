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
#define MPI_Iallgather(from, count, type, to, counts, types, comm, request)                                            \
    (*(request) = MPI_REQUEST_NULL, MPI_Allgather(from, count, type, to, counts, types, comm))
#define MPI_Iallgatherv(from, count, type, to, counts, places, types, comm, request)                                   \
    (*(request) = MPI_REQUEST_NULL, MPI_Allgatherv(from, count, type, to, counts, places, types, comm))
#define MPI_Ibarrier(comm, request) (*(request) = MPI_REQUEST_NULL, MPI_Barrier(comm))
#define MPI_Ibcast(buffer, count, type, root, comm, request)                                                           \
    (*(request) = MPI_REQUEST_NULL, MPI_Bcast(buffer, count, type, root, comm))
// A request that is complete stays unanswered where no status is asked for.
#define MPI_Test(request, flag, status)                                                                                \
    (*(MPI_Request *)(request) == MPI_REQUEST_NULL ? (*(flag) = 1, MPI_SUCCESS) : MPI_Test(request, flag, status))

// All ranks are one process: a thread of one of them would run outside of the simulated time. Elbow does without where
// none can be had.
#define pthread_create(thread, attributes, work, user)                                                                 \
    ((void)(thread), (void)(attributes), (void)(work), (void)(user), EAGAIN)

#endif
