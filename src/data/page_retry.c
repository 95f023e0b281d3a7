// SPDX-License-Identifier: BSD-3-Clause
// Reads that fail. A file server that restarts, or a client that it has shut out, is back within seconds; what is not
// back by then is for the user. Nobody is kept out meanwhile: a pause is made without any lock, and the main thread
// does in it what it does while it waits.
#include "elbow/data/detail/page_retry.h"

#include "elbow/base/clock.h"
#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/page_table.h"

#include <stdio.h>
#include <string.h>

// The first one is made at once: a server that has forgotten the file knows it when it is opened. Then pauses double.
enum { RETRIES = 6 };

static double pause_before(const struct elbow_page_source *source, size_t retry)
{
    return retry == 0 ? 0 : source->pause * (double)(UINT64_C(1) << (retry - 1));
}

static enum elbow_status read_once(const struct elbow_page_source *source, uint64_t number, bool reopens,
                                   struct elbow_page *page, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    elbow_hdf5_lock();
    if (reopens && source->reopen != NULL)
        source->reopen(source->user);
    enum elbow_status status = source->read(source->user, number, page, error);
    elbow_hdf5_unlock();
    return status;
}

static bool may_help(const struct elbow_error *error, size_t retry)
{
    return elbow_error_may_pass(error) || (error->status == ELBOW_FORMAT && retry == 0);
}

// The main thread reports the note while it waits; without such a thread it is printed here.
static void note(struct elbow_store *store, uint64_t number, const struct elbow_error *error, double pause)
{
    char text[ELBOW_STORE_NOTE_SIZE], when[32] = "at once";
    const uint64_t *first = store->source.table->first;
    if (pause > 0)
        elbow_text_format(when, sizeof when, "in %.3g s", pause);
    elbow_text_format(text, sizeof text, "%.800s; samples %llu to %llu are read again %s", error->message,
                      (unsigned long long)first[number], (unsigned long long)first[number + 1] - 1, when);
    pthread_mutex_lock(&store->mutex);
    if (store->meanwhile == NULL)
        elbow_text_print(stderr, "elbow: warning: %s\n", text);
    else
        memcpy(store->notes[store->noted++ % ELBOW_STORE_NOTES], text, sizeof text);
    if (store->noted - store->taken > ELBOW_STORE_NOTES)
        store->taken = store->noted - ELBOW_STORE_NOTES;
    pthread_mutex_unlock(&store->mutex);
}

bool elbow_store_take_note(struct elbow_store *store, char *text, size_t size)
{
    if (store->taken == store->noted)
        return false;
    elbow_text_format(text, size, "%s", store->notes[store->taken++ % ELBOW_STORE_NOTES]);
    return true;
}

// Pauses; false if the pages are being closed, so that nobody waits for this one any longer.
static bool rest(struct elbow_store *store, double seconds)
{
    double end = elbow_clock_seconds() + seconds;
    pthread_mutex_lock(&store->mutex);
    while (!store->is_ending && elbow_clock_seconds() < end)
        elbow_store_wait_briefly(store, &store->to_users);
    bool is_wanted = !store->is_ending;
    pthread_mutex_unlock(&store->mutex);
    return is_wanted;
}

enum elbow_status elbow_store_read_patiently(struct elbow_store *store, uint64_t number, struct elbow_page *page,
                                             struct elbow_error *error)
{
    const struct elbow_page_source *source = &store->source;
    enum elbow_status status = read_once(source, number, false, page, error);
    struct elbow_error now = *error;
    double failed = elbow_clock_seconds();
    for (size_t retry = 0; retry < RETRIES && status != ELBOW_OK && may_help(&now, retry); ++retry) {
        double pause = pause_before(source, retry);
        if (retry > 0 && elbow_clock_seconds() + pause > failed + source->patience)
            break;
        note(store, number, &now, pause);
        if (!rest(store, pause))
            break;
        status = read_once(source, number, true, page, &now);
    }
    if (status != ELBOW_OK && !(elbow_error_may_pass(&now) && elbow_error_may_pass(error)))
        *error = now;
    return status;
}
