// SPDX-License-Identifier: BSD-3-Clause
// Finds the pages that are needed next, and reads them ahead in a thread. Private to src/data/page_reader.c and
// pages.c.
#ifndef ELBOW_DATA_DETAIL_PAGE_READER_H
#define ELBOW_DATA_DETAIL_PAGE_READER_H

#include "elbow/base/thread.h"
#include "elbow/data/detail/page_store.h"

ELBOW_C_BEGIN

// A window in use or soon to be used: its pages are wanted.
struct elbow_page_visit {
    struct elbow_page_visit *next; // the next one in the order of use
    uint64_t segment, ordinal, bytes;
    uint64_t count, done; // number of pages; those before `done` have been read
    uint64_t pages[];     // in file order
};

// The position in a segment. Its windows are counted through all epochs.
struct elbow_page_cursor {
    uint64_t windows;     // per epoch
    uint64_t now, ahead;  // the window in use; the next window to read ahead
    uint64_t epoch, step; // of the first use of that window
};

struct elbow_page_reader {
    struct elbow_store *store;
    struct elbow_page_order *order; // NULL: no order is followed
    struct elbow_range segments;
    struct elbow_page_cursor *cursors;      // [segments] owned
    struct elbow_page_visit *first, **last; // in the order of use; owned
    uint64_t bytes;                         // of the pages of all visits
    struct elbow_thread thread;
    bool must_end;
};

// Local. The functions of pages.h with these names.
enum elbow_status elbow_reader_follow(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                      struct elbow_range segments, uint64_t first_step, bool has_thread,
                                      struct elbow_error *error);
void elbow_reader_reach(struct elbow_page_reader *reader, uint64_t epoch, uint64_t position);
enum elbow_status elbow_reader_keep_all(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                        struct elbow_range segments, struct elbow_error *error);

// Local. Ends the thread: pages are then read when they are held. The second function also releases everything.
void elbow_reader_stop(struct elbow_page_reader *reader);
void elbow_reader_end(struct elbow_page_reader *reader);

ELBOW_C_END

#endif
