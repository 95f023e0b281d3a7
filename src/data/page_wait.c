// SPDX-License-Identifier: BSD-3-Clause
// Waiting for pages. The main thread has other things to do meanwhile.
#include "elbow/data/detail/page_store.h"

#include "elbow/base/thread.h"

bool elbow_store_is_main(const struct elbow_store *store)
{
    return store->meanwhile != NULL && pthread_equal(pthread_self(), store->meanwhile_thread);
}

void elbow_store_wait_briefly(struct elbow_store *store, pthread_cond_t *condition)
{
    elbow_thread_wait_briefly(condition, &store->mutex);
    if (!elbow_store_is_main(store))
        return;
    pthread_mutex_unlock(&store->mutex);
    store->meanwhile(store->meanwhile_user);
    pthread_mutex_lock(&store->mutex);
}
