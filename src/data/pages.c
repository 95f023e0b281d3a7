// SPDX-License-Identifier: BSD-3-Clause
// The pages as their users see them.
#include "elbow/data/pages.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/data/detail/page_reader.h"
#include "elbow/data/detail/page_retry.h"
#include "elbow/data/page_table.h"

#include <stdatomic.h>

struct elbow_pages {
    struct elbow_store store;
    struct elbow_page_reader reader;
};

static atomic_ullong serials;

enum elbow_status elbow_pages_create(const struct elbow_page_source *source, uint64_t budget, struct elbow_pages **out,
                                     struct elbow_error *error)
{
    struct elbow_pages *pages = NULL;
    *out = NULL;
    enum elbow_status status = elbow_allocate(&pages, 1, sizeof *pages, "pages of the data", error);
    if (status != ELBOW_OK) {
        if (source->close != NULL)
            source->close(source->user);
        return status;
    }
    pages->store.serial = atomic_fetch_add(&serials, 1) + 1;
    pages->reader.store = &pages->store;
    status = elbow_store_open(source, budget, &pages->store, error);
    if (status != ELBOW_OK)
        elbow_pages_destroy(pages);
    else
        *out = pages;
    return status;
}

void elbow_pages_destroy(struct elbow_pages *pages)
{
    if (pages == NULL)
        return;
    elbow_reader_end(&pages->reader);
    elbow_store_close(&pages->store);
    elbow_release(&pages);
}

static bool contains(const struct elbow_slot *slot, uint64_t sample)
{
    return sample - slot->page.first < slot->page.rows;
}

// The page of a sample among those that the thread has pinned.
static struct elbow_slot *find_held(struct elbow_walker *walker, uint64_t sample)
{
    for (size_t i = 0; i < walker->count; ++i) {
        size_t at = (walker->last + i) % walker->count; // usually the page of the previous sample
        if (!contains(walker->held[at], sample))
            continue;
        walker->last = at;
        return walker->held[at];
    }
    return NULL;
}

// False without memory for the list; elbow_pages_find then reads the pages one by one.
static bool reserve(struct elbow_walker *walker, size_t rows)
{
    if (rows <= walker->capacity)
        return true;
    elbow_release(&walker->held);
    walker->capacity = 0;
    if (elbow_allocate(&walker->held, rows, sizeof *walker->held, "pages of the data", NULL) != ELBOW_OK)
        return false;
    walker->capacity = rows;
    return true;
}

static void hold_slot(struct elbow_walker *walker, struct elbow_slot *slot)
{
    walker->last = walker->count;
    walker->held[walker->count++] = slot;
}

// Pins the pages that are in memory, so that they are not dropped for the missing ones.
static size_t hold_present(struct elbow_store *store, struct elbow_walker *walker, size_t rows, const uint64_t *ids)
{
    size_t missing = 0;
    for (size_t i = 0; i < rows; ++i) {
        if (find_held(walker, ids[i]) != NULL)
            continue;
        struct elbow_slot *slot = store->where[elbow_page_table_find(store->source.table, ids[i])];
        if (slot == NULL || !slot->is_ready) {
            missing += 1;
            continue;
        }
        elbow_store_pin(store, slot);
        hold_slot(walker, slot);
    }
    return missing;
}

static size_t hold_missing(struct elbow_store *store, struct elbow_walker *walker, size_t rows, const uint64_t *ids)
{
    size_t late = 0;
    double begin = elbow_clock_seconds();
    store->waiting += 1;
    for (size_t i = 0; i < rows; ++i) {
        if (find_held(walker, ids[i]) != NULL)
            continue;
        struct elbow_slot *slot = elbow_store_take(store, walker, elbow_page_table_find(store->source.table, ids[i]));
        if (slot == NULL) // an error: elbow_pages_find has zeros
            break;
        hold_slot(walker, slot);
        late += 1;
    }
    store->waiting -= 1;
    store->counts.late += late;
    store->counts.waited += elbow_clock_seconds() - begin;
    return late;
}

size_t elbow_pages_hold(struct elbow_pages *pages, size_t rows, const uint64_t *ids)
{
    struct elbow_store *store = &pages->store;
    struct elbow_walker *walker = elbow_store_walker(store);
    size_t late = 0;
    ELBOW_CHECK(!walker->is_holding);
    walker->is_holding = true;
    pthread_mutex_lock(&store->mutex);
    if (reserve(walker, rows) && hold_present(store, walker, rows, ids) > 0)
        late = hold_missing(store, walker, rows, ids);
    pthread_mutex_unlock(&store->mutex);
    return late;
}

static void pass_on(struct elbow_store *store, struct elbow_walker *walker)
{
    if (walker->passing != NULL)
        elbow_store_unpin(store, walker->passing);
    walker->passing = NULL;
}

void elbow_pages_release(struct elbow_pages *pages)
{
    struct elbow_store *store = &pages->store;
    struct elbow_walker *walker = elbow_store_walker(store);
    ELBOW_CHECK(walker->is_holding);
    walker->is_holding = false;
    pthread_mutex_lock(&store->mutex);
    while (walker->count > 0)
        elbow_store_unpin(store, walker->held[--walker->count]);
    pass_on(store, walker);
    pthread_mutex_unlock(&store->mutex);
}

static const struct elbow_page *blank_page(const struct elbow_store *store, struct elbow_walker *walker, uint64_t page)
{
    const uint64_t *first = store->source.table->first;
    walker->blank = (struct elbow_page){.first = first[page],
                                        .rows = first[page + 1] - first[page],
                                        .values = store->blank_values,
                                        .known = store->source.known_row_bytes > 0 ? store->blank_known : NULL};
    return &walker->blank;
}

const struct elbow_page *elbow_pages_find(struct elbow_pages *pages, uint64_t sample)
{
    struct elbow_store *store = &pages->store;
    ELBOW_CHECK(sample < store->source.table->samples);
    struct elbow_walker *walker = elbow_store_walker(store);
    struct elbow_slot *slot = find_held(walker, sample);
    if (slot == NULL && walker->passing != NULL && contains(walker->passing, sample))
        slot = walker->passing;
    if (slot != NULL)
        return &slot->page;
    uint64_t page = elbow_page_table_find(store->source.table, sample);
    pthread_mutex_lock(&store->mutex);
    pass_on(store, walker);
    walker->passing = slot = elbow_store_take(store, walker, page);
    pthread_mutex_unlock(&store->mutex);
    return slot != NULL ? &slot->page : blank_page(store, walker, page);
}

enum elbow_status elbow_pages_follow(struct elbow_pages *pages, struct elbow_page_order *order,
                                     struct elbow_range segments, uint64_t first_step, bool has_thread,
                                     struct elbow_error *error)
{
    return elbow_reader_follow(&pages->reader, order, segments, first_step, has_thread, error);
}

void elbow_pages_reach(struct elbow_pages *pages, uint64_t epoch, uint64_t position)
{
    elbow_reader_reach(&pages->reader, epoch, position);
}

enum elbow_status elbow_pages_keep_all(struct elbow_pages *pages, struct elbow_page_order *order,
                                       struct elbow_range segments, struct elbow_error *error)
{
    enum elbow_status status = elbow_reader_keep_all(&pages->reader, order, segments, error);
    return status != ELBOW_OK ? status : elbow_pages_trouble(pages, error);
}

void elbow_pages_meanwhile(struct elbow_pages *pages, void (*meanwhile)(void *user), void *user)
{
    pthread_mutex_lock(&pages->store.mutex);
    pages->store.meanwhile = meanwhile;
    pages->store.meanwhile_user = user;
    pages->store.meanwhile_thread = pthread_self();
    pthread_mutex_unlock(&pages->store.mutex);
}

enum elbow_status elbow_pages_trouble(struct elbow_pages *pages, struct elbow_error *error)
{
    pthread_mutex_lock(&pages->store.mutex);
    enum elbow_status status = pages->store.error.status;
    if (status != ELBOW_OK && error != NULL)
        *error = pages->store.error;
    pthread_mutex_unlock(&pages->store.mutex);
    return status;
}

bool elbow_pages_take_note(struct elbow_pages *pages, char *text, size_t size)
{
    pthread_mutex_lock(&pages->store.mutex);
    bool is_there = elbow_store_take_note(&pages->store, text, size);
    pthread_mutex_unlock(&pages->store.mutex);
    return is_there;
}

struct elbow_pages_counts elbow_pages_count(struct elbow_pages *pages)
{
    pthread_mutex_lock(&pages->store.mutex);
    struct elbow_pages_counts counts = pages->store.counts;
    pthread_mutex_unlock(&pages->store.mutex);
    return counts;
}

enum elbow_status elbow_pages_read_apart(struct elbow_pages *pages, uint64_t page, uint64_t *bytes,
                                         struct elbow_error *error)
{
    ELBOW_CHECK(page < pages->store.source.table->count);
    return elbow_store_read_apart(&pages->store, page, bytes, error);
}

bool elbow_pages_is_waiting(struct elbow_pages *pages)
{
    pthread_mutex_lock(&pages->store.mutex);
    bool is_waiting = pages->store.waiting > 0;
    pthread_mutex_unlock(&pages->store.mutex);
    return is_waiting;
}

bool elbow_pages_have_known(const struct elbow_pages *pages)
{
    return pages->store.source.known_row_bytes > 0;
}

size_t elbow_pages_bytes(struct elbow_pages *pages)
{
    const struct elbow_store *store = &pages->store;
    pthread_mutex_lock(&pages->store.mutex);
    uint64_t limit = store->need > store->budget ? store->need : store->budget;
    uint64_t bytes = store->bytes > limit ? store->bytes : limit;
    pthread_mutex_unlock(&pages->store.mutex);
    return bytes;
}

void elbow_pages_stop(struct elbow_pages *pages)
{
    elbow_reader_stop(&pages->reader);
}

void elbow_pages_trace(struct elbow_pages *pages, struct elbow_track *track)
{
    ELBOW_CHECK(!pages->reader.thread.is_running);
    pages->store.track = track;
}
