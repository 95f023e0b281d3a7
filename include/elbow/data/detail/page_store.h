// SPDX-License-Identifier: BSD-3-Clause
// The pages that a rank has in memory, and who needs them. Private to src/data/page_store.c, page_reader.c and pages.c.
//
// Everything here is changed under the store's mutex. A page is *pinned* by a thread that looks at it, and *wanted* by
// a window or by a thread that waits for it. One that is neither is idle, and gives way when room is needed.
#ifndef ELBOW_DATA_DETAIL_PAGE_STORE_H
#define ELBOW_DATA_DETAIL_PAGE_STORE_H

#include "elbow/data/pages.h"

#include <pthread.h>

ELBOW_C_BEGIN

// A page in memory, or one that is being read.
struct elbow_slot {
    struct elbow_page page;
    uint64_t number;
    size_t bytes; // as the store counts them
    bool is_ready;
    uint64_t pins;
    struct elbow_slot *older, *newer; // among the idle ones
    bool is_idle;
};

// A thread that uses pages.
struct elbow_walker {
    pthread_t thread;
    struct elbow_slot **held; // [room] owned; `count` of them are pinned
    size_t count, room, last; // last: where the last sample was found
    bool is_holding;
    struct elbow_slot *passing; // pinned; may be NULL
    struct elbow_page blank;    // what stands for a page that cannot be read
    uint64_t asked;             // the page that the reader shall read before all others
    bool asks;
};

enum { ELBOW_WALKERS_MAX = 1088 }; // threads of loops, and some beside them

struct elbow_store {
    struct elbow_page_source source;
    uint64_t serial;                    // of all stores of the process
    uint64_t budget, need;              // bytes; need: of what is wanted for long
    struct elbow_slot **where;          // [pages] owned; NULL: not in memory
    uint32_t *wants;                    // [pages] owned
    uint64_t rows_most;                 // of a page
    uint64_t bytes;                     // of all slots
    struct elbow_slot *oldest, *newest; // idle
    void *blank_values;                 // owned
    unsigned char *blank_known;
    struct elbow_walker walkers[ELBOW_WALKERS_MAX];
    size_t walkers_count;
    pthread_mutex_t mutex;
    pthread_cond_t to_reader, to_users;
    bool has_reader;          // a thread reads what is asked for
    struct elbow_error error; // the first one
    struct elbow_pages_counts counts;
    uint64_t waiting;          // holds that wait
    struct elbow_track *track; // of the reader; not owned
    void (*meanwhile)(void *user);
    void *meanwhile_user;
    pthread_t meanwhile_thread;
};

// Local. Takes over the source, whatever comes of it. A failure leaves something to close.
enum elbow_status elbow_store_open(const struct elbow_page_source *source, uint64_t budget, struct elbow_store *store,
                                   struct elbow_error *error);
void elbow_store_close(struct elbow_store *store);

// The rest with the mutex held.

// Local. About the bytes that a page takes.
uint64_t elbow_store_page_bytes(const struct elbow_page_source *source, uint64_t number);

// Local. Reads a page that is not there (the mutex is given back meanwhile); after a failure there is an error.
void elbow_store_read(struct elbow_store *store, uint64_t number, struct elbow_track *track);

// Local. A page that is wanted stays from when it has been read until nobody wants it.
void elbow_store_want(struct elbow_store *store, uint64_t number);
void elbow_store_unwant(struct elbow_store *store, uint64_t number);

// Local. The page, pinned: it is read here or by the reader, or waited for. NULL after an error.
struct elbow_slot *elbow_store_take(struct elbow_store *store, struct elbow_walker *walker, uint64_t number);
void elbow_store_pin(struct elbow_store *store, struct elbow_slot *slot);
void elbow_store_unpin(struct elbow_store *store, struct elbow_slot *slot);

// Local. The calling thread.
struct elbow_walker *elbow_store_walker(struct elbow_store *store);

ELBOW_C_END

#endif
