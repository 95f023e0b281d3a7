// SPDX-License-Identifier: BSD-3-Clause
// Data ahead of the step. Slots form a ring: those that were taken and are in use, and one that the thread fills.
//
// Invariants: at most one request is open; from `asked` to `filled`, the slot after the one taken last belongs to the
// thread, and otherwise all belong to the taker. The state is changed under the mutex only. The thread sleeps while it
// is idle: a microbatch takes milliseconds, and spinning would take a core from others. It does not call MPI, and calls
// HDF5 only if rows are read on demand (elbow/data/pages.h).
#include "elbow/data/prefetch.h"

#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/base/trace.h"
#include "elbow/data/pages.h"

#include <time.h>

enum state { IDLE, ASKED, FILLED };

struct slot {
    struct elbow_microbatch_range range;
    struct elbow_collated collated;
    struct elbow_microbatch microbatch; // its arrays are those of `collated`
};

struct elbow_prefetch {
    struct elbow_data_source source;
    bool ahead;          // there is a slot for the thread
    struct slot *slots;  // [count] owned
    size_t count, taken; // the slot taken last
    struct elbow_thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t to_thread, to_taker;
    enum state state;
    bool must_end;
    uint64_t disturbance; // state of the random sleeps; 0: none
    struct elbow_prefetch_counts counts;
    struct elbow_track *track; // of the thread; not owned
};

enum elbow_status elbow_prefetch_create(const struct elbow_data_source *source, bool ahead, struct elbow_prefetch **out,
                                        struct elbow_error *error)
{
    struct elbow_prefetch *prefetch = NULL;
    *out = NULL;
    enum elbow_status status = elbow_allocate(&prefetch, 1, sizeof *prefetch, "a microbatch", error);
    if (status != ELBOW_OK)
        return status;
    prefetch->source = *source;
    prefetch->ahead = ahead;
    pthread_mutex_init(&prefetch->mutex, NULL);
    pthread_cond_init(&prefetch->to_thread, NULL);
    elbow_thread_condition(&prefetch->to_taker);
    size_t count = (source->held > 0 ? source->held : 1) + (ahead ? 1 : 0);
    status = elbow_allocate(&prefetch->slots, count, sizeof *prefetch->slots, "a microbatch", error);
    for (; prefetch->count < count && status == ELBOW_OK; ++prefetch->count)
        status = elbow_collated_create(&source->collation, source->rows_max, &prefetch->slots[prefetch->count].collated,
                                       error);
    if (status != ELBOW_OK)
        elbow_prefetch_destroy(prefetch);
    else
        *out = prefetch;
    return status;
}

static struct slot *next_slot(const struct elbow_prefetch *prefetch)
{
    return &prefetch->slots[(prefetch->taken + 1) % prefetch->count];
}

// The work that the thread and the taker do alike: it depends on the range alone.
static void fill(const struct elbow_data_source *source, const struct elbow_microbatch_range *range, struct slot *slot)
{
    slot->range = *range;
    struct elbow_pages *pages = elbow_dataset_pages(source->collation.dataset);
    if (pages != NULL)
        elbow_pages_reach(pages, range->epoch, range->first);
    elbow_order_fill(&source->order, range->epoch, range->first, range->rows, slot->collated.ids);
    slot->microbatch = elbow_collate(&source->collation, range->epoch, range->rows, &slot->collated);
}

// Returns the next state.
static uint64_t sleep_a_while(uint64_t disturbance)
{
    if (disturbance == 0)
        return 0;
    disturbance = disturbance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    struct timespec pause = {.tv_nsec = (long)(disturbance >> 33) % 200000};
    nanosleep(&pause, NULL);
    return disturbance | 1;
}

// The thread, from its start to its end.
static void work(void *user)
{
    struct elbow_prefetch *prefetch = user;
    pthread_mutex_lock(&prefetch->mutex);
    for (;;) {
        while (prefetch->state != ASKED && !prefetch->must_end)
            pthread_cond_wait(&prefetch->to_thread, &prefetch->mutex);
        if (prefetch->must_end)
            break;
        struct slot *slot = next_slot(prefetch);
        struct elbow_microbatch_range range = slot->range;
        uint64_t disturbance = prefetch->disturbance;
        pthread_mutex_unlock(&prefetch->mutex);
        disturbance = sleep_a_while(disturbance);
        struct elbow_trace_start begin = elbow_trace_begin(prefetch->track);
        fill(&prefetch->source, &range, slot);
        elbow_trace_end(prefetch->track, ELBOW_TRACE_GATHER, range.rows, begin);
        disturbance = sleep_a_while(disturbance);
        pthread_mutex_lock(&prefetch->mutex);
        if (prefetch->disturbance != 0)
            prefetch->disturbance = disturbance;
        prefetch->state = FILLED;
        pthread_cond_signal(&prefetch->to_taker);
    }
    pthread_mutex_unlock(&prefetch->mutex);
}

enum elbow_status elbow_prefetch_start(struct elbow_prefetch *prefetch, struct elbow_error *error)
{
    if (!prefetch->ahead)
        return ELBOW_OK;
    return elbow_thread_start(&prefetch->thread, work, prefetch, "the data of the next microbatch", error);
}

void elbow_prefetch_trace(struct elbow_prefetch *prefetch, struct elbow_track *track)
{
    ELBOW_CHECK(!prefetch->thread.is_running);
    prefetch->track = track;
    for (size_t i = 0; i < prefetch->count; ++i)
        prefetch->slots[i].collated.track = track;
}

void elbow_prefetch_stop(struct elbow_prefetch *prefetch)
{
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->must_end = true;
    pthread_cond_signal(&prefetch->to_thread);
    pthread_mutex_unlock(&prefetch->mutex);
    elbow_thread_join(&prefetch->thread);
}

void elbow_prefetch_destroy(struct elbow_prefetch *prefetch)
{
    if (prefetch == NULL)
        return;
    elbow_prefetch_stop(prefetch);
    pthread_cond_destroy(&prefetch->to_taker);
    pthread_cond_destroy(&prefetch->to_thread);
    pthread_mutex_destroy(&prefetch->mutex);
    for (size_t i = 0; i < prefetch->count; ++i)
        elbow_collated_destroy(&prefetch->slots[i].collated);
    elbow_release(&prefetch->slots);
    elbow_release(&prefetch);
}

static bool are_equal(const struct elbow_microbatch_range *a, const struct elbow_microbatch_range *b)
{
    return a->epoch == b->epoch && a->first == b->first && a->rows == b->rows;
}

// Waits for the thread. Rows from files may take long: the taker has other work meanwhile.
static void wait_for_thread(struct elbow_prefetch *prefetch)
{
    const struct elbow_data_source *source = &prefetch->source;
    if (source->meanwhile == NULL) {
        pthread_cond_wait(&prefetch->to_taker, &prefetch->mutex);
        return;
    }
    elbow_thread_wait_briefly(&prefetch->to_taker, &prefetch->mutex);
    pthread_mutex_unlock(&prefetch->mutex);
    source->meanwhile(source->user);
    pthread_mutex_lock(&prefetch->mutex);
}

// Takes the next slot, whatever it holds, and lets the thread fill the following one with `next`. Returns whether it
// holds `wanted`.
static bool hand_over(struct elbow_prefetch *prefetch, const struct elbow_microbatch_range *wanted,
                      const struct elbow_microbatch_range *next)
{
    pthread_mutex_lock(&prefetch->mutex);
    while (prefetch->state == ASKED)
        wait_for_thread(prefetch);
    bool is_there = prefetch->state == FILLED && are_equal(&next_slot(prefetch)->range, wanted);
    prefetch->taken = (prefetch->taken + 1) % prefetch->count;
    prefetch->state = IDLE;
    if (next != NULL) {
        next_slot(prefetch)->range = *next;
        prefetch->state = ASKED;
        pthread_cond_signal(&prefetch->to_thread);
    }
    pthread_mutex_unlock(&prefetch->mutex);
    return is_there;
}

struct elbow_microbatch elbow_prefetch_take(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted,
                                            const struct elbow_microbatch_range *next)
{
    bool is_there = prefetch->thread.is_running && hand_over(prefetch, wanted, next);
    if (!is_there) {
        if (!prefetch->thread.is_running) // otherwise the slot has been taken, and the thread may use it
            prefetch->taken = (prefetch->taken + 1) % prefetch->count;
        prefetch->counts.late += 1;
        return elbow_prefetch_make(prefetch, wanted);
    }
    prefetch->counts.ahead += 1;
    return prefetch->slots[prefetch->taken].microbatch;
}

struct elbow_microbatch elbow_prefetch_make(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted)
{
    struct slot *slot = &prefetch->slots[prefetch->taken];
    fill(&prefetch->source, wanted, slot);
    return slot->microbatch;
}

bool elbow_prefetch_is_ahead(const struct elbow_prefetch *prefetch)
{
    return prefetch->thread.is_running;
}

struct elbow_prefetch_counts elbow_prefetch_count(const struct elbow_prefetch *prefetch)
{
    return prefetch->counts;
}

size_t elbow_prefetch_bytes(const struct elbow_prefetch *prefetch)
{
    const struct elbow_data_source *source = &prefetch->source;
    return prefetch->count * source->rows_max * elbow_collated_row_bytes(&source->collation);
}

void elbow_prefetch_disturb(struct elbow_prefetch *prefetch, uint64_t seed)
{
    pthread_mutex_lock(&prefetch->mutex);
    prefetch->disturbance = seed;
    pthread_mutex_unlock(&prefetch->mutex);
}
