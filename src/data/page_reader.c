// SPDX-License-Identifier: BSD-3-Clause
// Reading ahead. Windows are taken up in the order in which the steps come to them: of each segment the one that it is
// in and the next one, and further ones as far as the budget goes. What no window wants any longer becomes idle.
#include "elbow/data/detail/page_reader.h"

#include "elbow/base/memory.h"
#include "elbow/data/page_order.h"
#include "elbow/data/page_table.h"

#include <string.h>

static struct elbow_page_window window_at(const struct elbow_page_reader *reader, uint64_t segment, uint64_t ordinal)
{
    uint64_t windows = reader->cursors[segment - reader->segments.first].windows;
    return elbow_page_order_window(reader->order, ordinal / windows, segment, ordinal % windows);
}

// The cursor's next window is the one of this ordinal.
static void move_to(struct elbow_page_reader *reader, uint64_t segment, uint64_t ordinal)
{
    struct elbow_page_cursor *cursor = &reader->cursors[segment - reader->segments.first];
    struct elbow_page_window window = window_at(reader, segment, ordinal);
    cursor->ahead = ordinal;
    cursor->epoch = window.epoch;
    cursor->step = window.step;
}

static enum elbow_status make_visit(const struct elbow_page_reader *reader, uint64_t segment, uint64_t ordinal,
                                    struct elbow_page_visit **out, struct elbow_error *error)
{
    struct elbow_page_window window = window_at(reader, segment, ordinal);
    uint64_t count = elbow_page_order_pages(reader->order, &window, 0, NULL);
    enum elbow_status status =
        elbow_allocate(out, 1, sizeof **out + count * sizeof *(*out)->pages, "pages of the data", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_page_visit *visit = *out;
    elbow_page_order_pages(reader->order, &window, count, visit->pages);
    visit->segment = segment;
    visit->ordinal = ordinal;
    visit->count = count;
    for (uint64_t i = 0; i < count; ++i)
        visit->bytes += elbow_store_page_bytes(&reader->store->source, visit->pages[i]);
    return ELBOW_OK;
}

static void begin_visit(struct elbow_page_reader *reader, struct elbow_page_visit *visit)
{
    for (uint64_t i = 0; i < visit->count; ++i)
        elbow_store_want(reader->store, visit->pages[i]);
    reader->bytes += visit->bytes;
    *reader->last = visit;
    reader->last = &visit->next;
}

static void end_visit(struct elbow_page_reader *reader, struct elbow_page_visit **at)
{
    struct elbow_page_visit *visit = *at;
    *at = visit->next;
    if (reader->last == &visit->next)
        reader->last = at;
    reader->bytes -= visit->bytes;
    for (uint64_t i = 0; i < visit->count; ++i)
        elbow_store_unwant(reader->store, visit->pages[i]);
    elbow_release(&visit);
}

// The segment whose next window is used before those of all others.
static uint64_t next_segment(const struct elbow_page_reader *reader)
{
    uint64_t first = 0, count = reader->segments.last - reader->segments.first;
    for (uint64_t i = 1; i < count; ++i) {
        const struct elbow_page_cursor *a = &reader->cursors[first], *b = &reader->cursors[i];
        if (b->epoch < a->epoch || (b->epoch == a->epoch && b->step < a->step))
            first = i;
    }
    return reader->segments.first + first;
}

// Takes up the next window, if that may be.
static bool go_ahead(struct elbow_page_reader *reader)
{
    if (reader->segments.first == reader->segments.last)
        return false;
    uint64_t segment = next_segment(reader);
    const struct elbow_page_cursor *cursor = &reader->cursors[segment - reader->segments.first];
    uint64_t budget = reader->store->budget;
    bool is_due = cursor->ahead <= cursor->now + 1;
    bool is_far = cursor->epoch > cursor->now / cursor->windows + 1; // the order knows two epochs at a time
    struct elbow_page_visit *visit = NULL;
    if (!is_due && (is_far || reader->bytes >= budget))
        return false;
    if (make_visit(reader, segment, cursor->ahead, &visit, NULL) != ELBOW_OK)
        return false; // its pages come late
    if (!is_due && reader->bytes + visit->bytes > budget) {
        elbow_release(&visit);
        return false;
    }
    begin_visit(reader, visit);
    move_to(reader, segment, cursor->ahead + 1);
    return true;
}

// A page that a thread waits for.
static bool find_asked(const struct elbow_store *store, uint64_t *page)
{
    for (size_t i = 0; i < store->walkers_count; ++i) {
        const struct elbow_walker *walker = &store->walkers[i];
        if (walker->asks && store->where[walker->asked] == NULL) {
            *page = walker->asked;
            return true;
        }
    }
    return false;
}

// The first page of the windows in use that is not there.
static bool find_missing(const struct elbow_page_reader *reader, uint64_t *page)
{
    for (struct elbow_page_visit *visit = reader->first; visit != NULL; visit = visit->next) {
        while (visit->done < visit->count && reader->store->where[visit->pages[visit->done]] != NULL)
            visit->done += 1;
        if (visit->done == visit->count)
            continue;
        *page = visit->pages[visit->done];
        return true;
    }
    return false;
}

static bool find_page(struct elbow_page_reader *reader, uint64_t *page)
{
    if (reader->store->error.status != ELBOW_OK)
        return false;
    do {
        if (find_asked(reader->store, page) || find_missing(reader, page))
            return true;
    } while (go_ahead(reader));
    return false;
}

// The thread, from its start to its end.
static void work(void *user)
{
    struct elbow_page_reader *reader = user;
    struct elbow_store *store = reader->store;
    uint64_t page = 0;
    pthread_mutex_lock(&store->mutex);
    while (!reader->must_end) {
        if (find_page(reader, &page))
            elbow_store_read(store, page, store->track);
        else
            pthread_cond_wait(&store->to_reader, &store->mutex);
    }
    pthread_mutex_unlock(&store->mutex);
}

// The window in which a segment is at a step.
static uint64_t ordinal_of(struct elbow_page_order *order, uint64_t segment, uint64_t first_step)
{
    uint64_t steps = elbow_page_order_epoch_steps(order), windows = elbow_page_order_windows(order, segment);
    uint64_t epoch = first_step / steps, low = 0, high = windows;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (elbow_page_order_window(order, epoch, segment, middle).step <= first_step % steps)
            low = middle;
        else
            high = middle;
    }
    return epoch * windows + low;
}

static enum elbow_status set_out(struct elbow_page_reader *reader, uint64_t first_step, struct elbow_error *error)
{
    uint64_t count = reader->segments.last - reader->segments.first;
    enum elbow_status status =
        elbow_allocate(&reader->cursors, count, sizeof *reader->cursors, "pages of the data", error);
    for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i) {
        uint64_t segment = reader->segments.first + i;
        reader->cursors[i].windows = elbow_page_order_windows(reader->order, segment);
        reader->cursors[i].now = ordinal_of(reader->order, segment, first_step);
        move_to(reader, segment, reader->cursors[i].now);
    }
    return status;
}

enum elbow_status elbow_reader_follow(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                      struct elbow_range segments, uint64_t first_step, bool has_thread,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(reader->order == NULL);
    struct elbow_store *store = reader->store;
    reader->order = order;
    reader->segments = segments;
    reader->last = &reader->first;
    enum elbow_status status = set_out(reader, first_step, error);
    if (status != ELBOW_OK)
        return status;
    pthread_mutex_lock(&store->mutex);
    store->need += elbow_pages_need(&store->source, order, segments);
    store->has_reader =
        has_thread && elbow_thread_start(&reader->thread, work, reader, "reading ahead", NULL) == ELBOW_OK;
    pthread_mutex_unlock(&store->mutex);
    return ELBOW_OK;
}

// Windows that a segment has left give way.
static void leave(struct elbow_page_reader *reader, uint64_t segment, uint64_t ordinal)
{
    for (struct elbow_page_visit **at = &reader->first; *at != NULL;) {
        if ((*at)->segment == segment && (*at)->ordinal < ordinal)
            end_visit(reader, at);
        else
            at = &(*at)->next;
    }
}

// The window that is used now is taken up, unless it was before.
static void enter(struct elbow_page_reader *reader, uint64_t segment, uint64_t ordinal)
{
    const struct elbow_page_cursor *cursor = &reader->cursors[segment - reader->segments.first];
    struct elbow_page_visit *visit = NULL;
    if (cursor->ahead > ordinal)
        return;
    if (make_visit(reader, segment, ordinal, &visit, NULL) == ELBOW_OK)
        begin_visit(reader, visit);
    move_to(reader, segment, ordinal + 1);
}

void elbow_reader_reach(struct elbow_page_reader *reader, uint64_t epoch, uint64_t position)
{
    if (reader->order == NULL)
        return;
    struct elbow_page_window window = elbow_page_order_window_of(reader->order, epoch, position);
    if (window.segment < reader->segments.first || window.segment >= reader->segments.last)
        return;
    struct elbow_page_cursor *cursor = &reader->cursors[window.segment - reader->segments.first];
    uint64_t ordinal = epoch * cursor->windows + window.window;
    pthread_mutex_lock(&reader->store->mutex);
    if (ordinal >= cursor->now) {
        cursor->now = ordinal;
        leave(reader, window.segment, ordinal);
        enter(reader, window.segment, ordinal);
        pthread_cond_signal(&reader->store->to_reader);
    }
    pthread_mutex_unlock(&reader->store->mutex);
}

// Wants the pages of a window that are not wanted yet. Returns an error if there is no memory for their numbers.
static enum elbow_status want_window(struct elbow_page_reader *reader, uint64_t segment, uint64_t window,
                                     struct elbow_error *error)
{
    struct elbow_store *store = reader->store;
    struct elbow_page_visit *visit = NULL;
    enum elbow_status status = make_visit(reader, segment, window, &visit, error);
    for (uint64_t i = 0; status == ELBOW_OK && i < visit->count; ++i) {
        if (store->wants[visit->pages[i]] > 0)
            continue;
        elbow_store_want(store, visit->pages[i]);
        store->need += elbow_store_page_bytes(&store->source, visit->pages[i]);
    }
    elbow_release(&visit);
    return status;
}

static void read_wanted(struct elbow_store *store)
{
    for (uint64_t page = 0; page < store->source.table->count && store->error.status == ELBOW_OK; ++page)
        if (store->wants[page] > 0 && store->where[page] == NULL)
            elbow_store_read(store, page, store->track);
}

enum elbow_status elbow_reader_keep_all(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                        struct elbow_range segments, struct elbow_error *error)
{
    ELBOW_CHECK(reader->order == NULL);
    struct elbow_store *store = reader->store;
    reader->order = order;
    reader->segments = segments;
    pthread_mutex_lock(&store->mutex);
    enum elbow_status status = set_out(reader, 0, error);
    for (uint64_t m = segments.first; m < segments.last; ++m)
        for (uint64_t w = 0; w < reader->cursors[m - segments.first].windows && status == ELBOW_OK; ++w)
            status = want_window(reader, m, w, error);
    if (status == ELBOW_OK)
        read_wanted(store);
    reader->order = NULL; // all is there: nothing is followed
    elbow_release(&reader->cursors);
    pthread_mutex_unlock(&store->mutex);
    return status;
}

void elbow_reader_stop(struct elbow_page_reader *reader)
{
    struct elbow_store *store = reader->store;
    pthread_mutex_lock(&store->mutex);
    reader->must_end = store->is_ending = true;
    pthread_cond_signal(&store->to_reader);
    pthread_mutex_unlock(&store->mutex);
    elbow_thread_join(&reader->thread);
    pthread_mutex_lock(&store->mutex);
    store->has_reader = store->is_ending = false;
    pthread_cond_broadcast(&store->to_users);
    pthread_mutex_unlock(&store->mutex);
}

void elbow_reader_end(struct elbow_page_reader *reader)
{
    struct elbow_store *store = reader->store;
    elbow_reader_stop(reader);
    pthread_mutex_lock(&store->mutex);
    while (reader->first != NULL)
        end_visit(reader, &reader->first);
    pthread_mutex_unlock(&store->mutex);
    elbow_release(&reader->cursors);
}

uint64_t elbow_pages_need(const struct elbow_page_source *source, struct elbow_page_order *order,
                          struct elbow_range segments)
{
    double need = 0;
    const struct elbow_page_table *table = source->table;
    uint64_t all = 0;
    for (uint64_t i = 0; i < table->count; ++i)
        all += elbow_store_page_bytes(source, i);
    double row = (double)all / (double)table->samples, page = row * (double)(table->page_rows * table->row_samples);
    for (uint64_t m = segments.first; m < segments.last; ++m) {
        uint64_t windows = elbow_page_order_windows(order, m);
        uint64_t first = elbow_page_order_window(order, 0, m, 0).first;
        uint64_t rows = elbow_page_order_window(order, 0, m, windows - 1).last - first;
        uint64_t most = (rows + windows - 1) / windows;
        double window = (double)most * row;
        need += (windows > 1 ? 2 : 1) * (window + 2 * page);
    }
    return need > (double)all ? all : (uint64_t)need;
}
