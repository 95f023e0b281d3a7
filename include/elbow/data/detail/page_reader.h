// SPDX-License-Identifier: BSD-3-Clause
// Which pages are needed next, and the thread that reads them ahead. Private to src/data/page_reader.c and pages.c.
#ifndef ELBOW_DATA_DETAIL_PAGE_READER_H
#define ELBOW_DATA_DETAIL_PAGE_READER_H

#include "elbow/base/thread.h"
#include "elbow/data/detail/page_store.h"

ELBOW_C_BEGIN

// A window that is being used or will be: its pages are wanted.
struct elbow_page_visit {
    struct elbow_page_visit *next; // used later
    uint64_t segment, ordinal, bytes;
    uint64_t count, done; // pages; those before `done` were there once
    uint64_t pages[];     // in file order
};

// Where a segment is. Its windows are counted through all epochs.
struct elbow_page_cursor {
    uint64_t windows;     // of an epoch
    uint64_t now, ahead;  // the window that is being used; the one that is taken up next
    uint64_t epoch, step; // with which that one begins to be used
};

struct elbow_page_reader {
    struct elbow_store *store;
    struct elbow_page_order *order; // NULL: none is followed
    struct elbow_range segments;
    struct elbow_page_cursor *cursors;      // [segments] owned
    struct elbow_page_visit *first, **last; // in the order of use; owned
    uint64_t bytes;                         // of their pages
    struct elbow_thread thread;
    bool must_end;
};

// Local. What elbow_pages_follow, elbow_pages_reach and elbow_pages_keep_all say.
enum elbow_status elbow_reader_follow(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                      struct elbow_range segments, uint64_t first_step, bool has_thread,
                                      struct elbow_error *error);
void elbow_reader_reach(struct elbow_page_reader *reader, uint64_t epoch, uint64_t position);
enum elbow_status elbow_reader_keep_all(struct elbow_page_reader *reader, struct elbow_page_order *order,
                                        struct elbow_range segments, struct elbow_error *error);

// Local. Ends the thread: pages are read when they are held from then on. Ends it and gives all back.
void elbow_reader_stop(struct elbow_page_reader *reader);
void elbow_reader_end(struct elbow_page_reader *reader);

ELBOW_C_END

#endif
