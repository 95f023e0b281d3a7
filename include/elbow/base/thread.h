// SPDX-License-Identifier: BSD-3-Clause
// Helper threads. They do not call MPI, call HDF5 only under its lock (elbow/data/hdf5.h), and handle no signals: all
// signals of the process go to the main thread.
#ifndef ELBOW_BASE_THREAD_H
#define ELBOW_BASE_THREAD_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <pthread.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Must not move, and belongs to this module, from start to join. Zeroed: no thread.
struct elbow_thread {
    pthread_t handle;
    bool is_running;
    void (*work)(void *user);
    void *user;
};

// Local. Starts a thread that calls work(user) once. MEMORY if the system provides none; most callers can continue
// without it; `what` names the thread in the message.
enum elbow_status elbow_thread_start(struct elbow_thread *thread, void (*work)(void *user), void *user,
                                     const char *what, struct elbow_error *error);

// Local. Waits until work has returned; a zeroed struct is legal. Leaves a zeroed struct.
void elbow_thread_join(struct elbow_thread *thread);

// Local. What pthread_cond_init does, for waits that end by a clock that only goes forward.
void elbow_thread_condition(pthread_cond_t *condition);

// Local. What pthread_cond_wait does, for a millisecond at most.
void elbow_thread_wait_briefly(pthread_cond_t *condition, pthread_mutex_t *mutex);

// Local. For tests: the n-th start from now on fails (1 is the next one; 0 disarms).
void elbow_thread_fail_at(uint64_t n);

ELBOW_C_END

#endif
