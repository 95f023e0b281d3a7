// SPDX-License-Identifier: BSD-3-Clause
// The pages in the memory of a rank, and their users. Private to src/data/page_*.c and pages.c.
//
// The store's mutex protects everything here. A page is *pinned* by a thread that uses it, and *wanted* by a window, or
// by a thread that waits for it. A page that is neither is idle, and is dropped when memory is needed.
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
    struct elbow_slot *older, *newer; // in the list of idle slots
    bool is_idle;
};

// A thread that uses pages.
struct elbow_walker {
    pthread_t thread;
    struct elbow_slot **held;     // [capacity] owned; `count` of them are pinned
    size_t count, capacity, last; // last: the slot of the last sample
    bool is_holding;
    struct elbow_slot *passing; // pinned without a hold; may be NULL
    struct elbow_page blank;    // stands for a page that cannot be read
    uint64_t asked;             // the page that the reader must read first
    bool asks;
};

enum { ELBOW_WALKERS_MAX = 1088 }; // threads of loops, and some others
enum { ELBOW_STORE_NOTES = 8, ELBOW_STORE_NOTE_SIZE = 1024 };

struct elbow_store {
    struct elbow_page_source source;
    uint64_t serial;                    // unique among the stores of the process
    uint64_t budget, need;              // bytes; need: of pages that are wanted for a long time
    struct elbow_slot **where;          // [pages] owned; NULL: not in memory
    uint32_t *wants;                    // [pages] owned
    uint64_t rows_most;                 // of the largest page
    uint64_t bytes;                     // of all slots
    struct elbow_slot *oldest, *newest; // idle slots, by their last use
    struct elbow_slot *apart;           // owned; for elbow_store_read_apart
    void *blank_values;                 // owned
    unsigned char *blank_known;
    struct elbow_walker walkers[ELBOW_WALKERS_MAX];
    size_t walkers_count;
    pthread_mutex_t mutex;
    pthread_cond_t to_reader, to_users;
    bool has_reader;          // a thread reads the pages
    struct elbow_error error; // the first one
    struct elbow_pages_counts counts;
    uint64_t waiting;                                     // number of waiting holds
    struct elbow_track *track;                            // of the reader; not owned
    bool is_ending;                                       // reads that fail are not repeated
    char notes[ELBOW_STORE_NOTES][ELBOW_STORE_NOTE_SIZE]; // a ring of those that were not taken
    uint64_t noted, taken;
    void (*meanwhile)(void *user);
    void *meanwhile_user;
    pthread_t meanwhile_thread;
};

// Local. Opens a store, which owns the source from then on, after a failure too. MEMORY. Close it after a failure as
// well.
enum elbow_status elbow_store_open(const struct elbow_page_source *source, uint64_t budget, struct elbow_store *store,
                                   struct elbow_error *error);
void elbow_store_close(struct elbow_store *store);

// Local. As elbow_pages_read_apart. Call it without the mutex.
enum elbow_status elbow_store_read_apart(struct elbow_store *store, uint64_t number, uint64_t *bytes,
                                         struct elbow_error *error);

// Call the functions below with the mutex held.

// Local. An estimate of the bytes of a page.
uint64_t elbow_store_page_bytes(const struct elbow_page_source *source, uint64_t number);

// Local. Reads a page that is not in memory; the mutex is released meanwhile. A failure sets store->error.
void elbow_store_read(struct elbow_store *store, uint64_t number, struct elbow_track *track);

// Local. A wanted page stays in memory, once it has been read, until each want is withdrawn.
void elbow_store_want(struct elbow_store *store, uint64_t number);
void elbow_store_unwant(struct elbow_store *store, uint64_t number);

// Local. Returns the page, pinned: reads it, or waits for the reader. NULL after an error.
struct elbow_slot *elbow_store_take(struct elbow_store *store, struct elbow_walker *walker, uint64_t number);
void elbow_store_pin(struct elbow_store *store, struct elbow_slot *slot);
void elbow_store_unpin(struct elbow_store *store, struct elbow_slot *slot);

// Local. Whether the calling thread is the one of elbow_pages_meanwhile; and waits for a condition for at most a
// millisecond, calling `meanwhile` in that thread.
bool elbow_store_is_main(const struct elbow_store *store);
void elbow_store_wait_briefly(struct elbow_store *store, pthread_cond_t *condition);

// Local. The state of the calling thread.
struct elbow_walker *elbow_store_walker(struct elbow_store *store);

ELBOW_C_END

#endif
