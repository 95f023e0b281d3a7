// SPDX-License-Identifier: BSD-3-Clause
// One thread at a time, because libhdf5 is not built for more. The lock is granted in the order of the requests, so
// that a thread that reads page after page delays others by at most one page.
#include "elbow/data/detail/hdf5.h"

#include <pthread.h>

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t tickets, served; // tickets given out, and the one that is served
    pthread_t owner;
    unsigned depth; // depth of the owner's lock; 0: no owner
} lock = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool is_mine(void)
{
    return lock.depth > 0 && pthread_equal(lock.owner, pthread_self());
}

void elbow_hdf5_lock(void)
{
    pthread_mutex_lock(&lock.mutex);
    if (!is_mine()) {
        uint64_t ticket = lock.tickets++;
        while (lock.served != ticket)
            pthread_cond_wait(&lock.changed, &lock.mutex);
        lock.owner = pthread_self();
    }
    lock.depth += 1;
    pthread_mutex_unlock(&lock.mutex);
}

void elbow_hdf5_unlock(void)
{
    pthread_mutex_lock(&lock.mutex);
    ELBOW_CHECK(is_mine());
    lock.depth -= 1;
    if (lock.depth == 0) {
        lock.served += 1;
        pthread_cond_broadcast(&lock.changed);
    }
    pthread_mutex_unlock(&lock.mutex);
}

bool elbow_hdf5_is_locked(void)
{
    pthread_mutex_lock(&lock.mutex);
    bool is_locked = is_mine();
    pthread_mutex_unlock(&lock.mutex);
    return is_locked;
}

void elbow_hdf5_unlock_guard(const bool *guard)
{
    (void)guard;
    elbow_hdf5_unlock();
}
