// SPDX-License-Identifier: BSD-3-Clause
// Pages in memory. A page is read with the mutex given back, so that nobody waits who does not need it: meanwhile its
// slot says that it is on its way.
#include "elbow/data/detail/page_store.h"

#include "elbow/base/memory.h"
#include "elbow/base/thread.h"
#include "elbow/data/detail/page_retry.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/page_table.h"

#include <string.h>

static uint64_t rows_of(const struct elbow_page_source *source, uint64_t number)
{
    return source->table->first[number + 1] - source->table->first[number];
}

uint64_t elbow_store_page_bytes(const struct elbow_page_source *source, uint64_t number)
{
    uint64_t rows = rows_of(source, number), known = rows * source->known_row_bytes;
    if (source->row_bytes > 0)
        return rows * source->row_bytes + known;
    uint64_t whole = source->table->page_rows * source->table->row_samples;
    return (uint64_t)((double)source->page_bytes * (double)rows / (double)(whole > 0 ? whole : 1)) + known;
}

static uint64_t most_rows(const struct elbow_page_source *source)
{
    uint64_t most = 0;
    for (uint64_t i = 0; i < source->table->count; ++i)
        most = rows_of(source, i) > most ? rows_of(source, i) : most;
    return most;
}

static size_t blank_bytes(const struct elbow_store *store)
{
    const struct elbow_page_source *source = &store->source;
    if (source->row_bytes > 0)
        return store->rows_most * source->row_bytes;
    return elbow_page_parts_bytes(store->rows_most, 0, source->element_bytes);
}

enum elbow_status elbow_store_open(const struct elbow_page_source *source, uint64_t budget, struct elbow_store *store,
                                   struct elbow_error *error)
{
    store->source = *source;
    store->budget = budget;
    store->rows_most = most_rows(source);
    pthread_mutex_init(&store->mutex, NULL);
    elbow_thread_condition(&store->to_reader);
    elbow_thread_condition(&store->to_users);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(store->where, source->table->count),
        ELBOW_ARRAY(store->wants, source->table->count),
        {&store->blank_values, blank_bytes(store), 1, NULL},
        ELBOW_ARRAY(store->blank_known, store->rows_most * source->known_row_bytes),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "pages of the data", error);
}

static void free_slot(struct elbow_store *store, struct elbow_slot *slot)
{
    store->bytes -= slot->bytes;
    elbow_release(&slot->page.values);
    elbow_release(&slot->page.known);
    elbow_release(&slot);
}

void elbow_store_close(struct elbow_store *store)
{
    for (uint64_t i = 0; store->where != NULL && i < store->source.table->count; ++i)
        if (store->where[i] != NULL)
            free_slot(store, store->where[i]);
    for (size_t i = 0; i < store->walkers_count; ++i)
        elbow_release(&store->walkers[i].held);
    if (store->apart != NULL)
        free_slot(store, store->apart);
    elbow_release(&store->where);
    elbow_release(&store->wants);
    elbow_release(&store->blank_values);
    elbow_release(&store->blank_known);
    pthread_cond_destroy(&store->to_users);
    pthread_cond_destroy(&store->to_reader);
    pthread_mutex_destroy(&store->mutex);
    if (store->source.close == NULL)
        return;
    elbow_hdf5_lock();
    store->source.close(store->source.user);
    elbow_hdf5_unlock();
}

static void leave_idle(struct elbow_store *store, struct elbow_slot *slot)
{
    struct elbow_slot **below = slot->newer != NULL ? &slot->newer->older : &store->newest;
    struct elbow_slot **above = slot->older != NULL ? &slot->older->newer : &store->oldest;
    *below = slot->older;
    *above = slot->newer;
    slot->older = slot->newer = NULL;
    slot->is_idle = false;
}

static void enter_idle(struct elbow_store *store, struct elbow_slot *slot)
{
    slot->older = store->newest;
    slot->newer = NULL;
    if (store->newest != NULL)
        store->newest->newer = slot;
    else
        store->oldest = slot;
    store->newest = slot;
    slot->is_idle = true;
}

// Takes the page that was used longest ago out of the store.
static struct elbow_slot *evict(struct elbow_store *store)
{
    struct elbow_slot *slot = store->oldest;
    leave_idle(store, slot);
    store->where[slot->number] = NULL;
    return slot;
}

static uint64_t limit_of(const struct elbow_store *store)
{
    return store->need > store->budget ? store->need : store->budget;
}

static void trim(struct elbow_store *store)
{
    while (store->bytes > limit_of(store) && store->oldest != NULL)
        free_slot(store, evict(store));
}

// What nobody needs becomes idle; what somebody needs is not.
static void settle(struct elbow_store *store, struct elbow_slot *slot)
{
    bool may_go = slot->is_ready && slot->pins == 0 && store->wants[slot->number] == 0;
    if (may_go && !slot->is_idle)
        enter_idle(store, slot);
    if (!may_go && slot->is_idle)
        leave_idle(store, slot);
    if (may_go)
        trim(store);
}

void elbow_store_want(struct elbow_store *store, uint64_t number)
{
    store->wants[number] += 1;
    if (store->where[number] != NULL)
        settle(store, store->where[number]);
}

void elbow_store_unwant(struct elbow_store *store, uint64_t number)
{
    ELBOW_CHECK(store->wants[number] > 0);
    store->wants[number] -= 1;
    if (store->where[number] != NULL)
        settle(store, store->where[number]);
}

void elbow_store_pin(struct elbow_store *store, struct elbow_slot *slot)
{
    slot->pins += 1;
    settle(store, slot);
}

void elbow_store_unpin(struct elbow_store *store, struct elbow_slot *slot)
{
    ELBOW_CHECK(slot->pins > 0);
    slot->pins -= 1;
    settle(store, slot);
}

static enum elbow_status allocate_slot(const struct elbow_page_source *source, uint64_t rows, struct elbow_slot **slot,
                                       struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(slot, 1, sizeof **slot, "a page of the data", error);
    if (status == ELBOW_OK && source->row_bytes > 0) {
        status = elbow_allocate(&(*slot)->page.values, rows, source->row_bytes, "a page of the data", error);
        (*slot)->page.bytes = rows * source->row_bytes;
    }
    if (status == ELBOW_OK && source->known_row_bytes > 0)
        status = elbow_allocate(&(*slot)->page.known, rows, source->known_row_bytes, "a page of the data", error);
    return status;
}

static void count_bytes(struct elbow_store *store, struct elbow_slot *slot)
{
    store->bytes -= slot->bytes;
    slot->bytes = slot->page.bytes + slot->page.rows * store->source.known_row_bytes;
    store->bytes += slot->bytes;
}

// Memory for a page: that of an idle one of the same size if the budget is used up, else new memory.
static enum elbow_status make_slot(struct elbow_store *store, uint64_t number, struct elbow_slot **out,
                                   struct elbow_error *error)
{
    const struct elbow_page_source *source = &store->source;
    uint64_t rows = rows_of(source, number), about = elbow_store_page_bytes(source, number);
    struct elbow_slot *slot = NULL;
    enum elbow_status status = ELBOW_OK;
    while (slot == NULL && store->oldest != NULL && store->bytes + about > limit_of(store)) {
        slot = evict(store);
        if (source->row_bytes > 0 && slot->page.rows == rows)
            break;
        free_slot(store, slot);
        slot = NULL;
    }
    if (slot == NULL)
        status = allocate_slot(source, rows, &slot, error);
    if (slot != NULL) {
        slot->number = number;
        slot->is_ready = false;
        slot->page.first = source->table->first[number];
        slot->page.rows = rows;
        count_bytes(store, slot);
    }
    if (status != ELBOW_OK && slot != NULL) {
        free_slot(store, slot);
        slot = NULL;
    }
    *out = slot;
    return status;
}

enum elbow_status elbow_store_read_apart(struct elbow_store *store, uint64_t number, uint64_t *bytes,
                                         struct elbow_error *error)
{
    const struct elbow_page_source *source = &store->source;
    enum elbow_status status = ELBOW_OK;
    if (store->apart == NULL)
        status = allocate_slot(source, store->rows_most, &store->apart, error);
    if (status != ELBOW_OK) {
        if (store->apart != NULL)
            free_slot(store, store->apart);
        store->apart = NULL;
        return status;
    }
    struct elbow_page *page = &store->apart->page;
    page->first = source->table->first[number];
    page->rows = rows_of(source, number);
    status = elbow_store_read_patiently(store, number, page, error);
    size_t values = source->row_bytes > 0 ? page->rows * source->row_bytes
                                          : elbow_page_parts_bytes(page->rows, page->entries, source->element_bytes);
    *bytes = values + page->rows * source->known_row_bytes;
    return status;
}

static void fail(struct elbow_store *store, const struct elbow_error *error)
{
    if (store->error.status == ELBOW_OK)
        store->error = *error;
    pthread_cond_broadcast(&store->to_users);
}

void elbow_store_read(struct elbow_store *store, uint64_t number, struct elbow_track *track)
{
    ELBOW_CHECK(store->where[number] == NULL);
    struct elbow_error error = {0};
    struct elbow_slot *slot = NULL;
    if (make_slot(store, number, &slot, &error) != ELBOW_OK) {
        fail(store, &error);
        return;
    }
    store->where[number] = slot;
    pthread_mutex_unlock(&store->mutex);
    struct elbow_trace_start begin = elbow_trace_begin(track);
    enum elbow_status status = elbow_store_read_patiently(store, number, &slot->page, &error);
    elbow_trace_end(track, ELBOW_TRACE_READ, number, begin);
    pthread_mutex_lock(&store->mutex);
    count_bytes(store, slot);
    if (status != ELBOW_OK) {
        store->where[number] = NULL;
        free_slot(store, slot);
        fail(store, &error);
        return;
    }
    slot->is_ready = true;
    store->counts.pages_read += 1;
    store->counts.bytes_read += slot->bytes;
    settle(store, slot);
    trim(store);
    pthread_cond_broadcast(&store->to_users);
}

struct elbow_slot *elbow_store_take(struct elbow_store *store, struct elbow_walker *walker, uint64_t number)
{
    elbow_store_want(store, number);
    for (;;) {
        struct elbow_slot *slot = store->where[number];
        if (slot != NULL && slot->is_ready)
            break;
        if (slot == NULL && store->error.status != ELBOW_OK)
            break;
        if (slot == NULL && !store->has_reader) {
            elbow_store_read(store, number, NULL);
            continue;
        }
        walker->asks = slot == NULL;
        walker->asked = number;
        pthread_cond_signal(&store->to_reader);
        if (elbow_store_is_main(store))
            elbow_store_wait_briefly(store, &store->to_users);
        else
            pthread_cond_wait(&store->to_users, &store->mutex);
    }
    walker->asks = false;
    struct elbow_slot *slot = store->where[number];
    if (slot != NULL)
        elbow_store_pin(store, slot);
    elbow_store_unwant(store, number);
    return slot;
}

static _Thread_local struct {
    uint64_t serial;
    struct elbow_walker *walker;
} mine;

struct elbow_walker *elbow_store_walker(struct elbow_store *store)
{
    if (mine.serial == store->serial)
        return mine.walker;
    pthread_mutex_lock(&store->mutex);
    size_t i = 0;
    while (i < store->walkers_count && !pthread_equal(store->walkers[i].thread, pthread_self()))
        ++i;
    ELBOW_CHECK(i < ELBOW_WALKERS_MAX);
    if (i == store->walkers_count) {
        store->walkers[i].thread = pthread_self();
        store->walkers_count += 1;
    }
    pthread_mutex_unlock(&store->mutex);
    mine.serial = store->serial;
    mine.walker = &store->walkers[i];
    return mine.walker;
}
