// SPDX-License-Identifier: BSD-3-Clause
// Rows that are not all in memory: one rank's pages (elbow/data/page_table.h), read from the files when they are used,
// or ahead of that by a thread. Whether a page is there decides when its rows come, never what they are.
//
// A page stays as long as it is held, or belongs to a window that the training is in or comes to next. Further pages
// stay within the budget; those that were used longest ago give way. No MPI call. All functions may be called by any
// thread, but for create, follow, keep_all, trace, stop and destroy, which belong to the main thread.
#ifndef ELBOW_DATA_PAGES_H
#define ELBOW_DATA_PAGES_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/trace.h"
#include "elbow/parallel/partition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_page_table; // elbow/data/page_table.h
struct elbow_page_order; // elbow/data/page_order.h

// A page in memory.
struct elbow_page {
    uint64_t first, rows; // samples [first, first + rows)
    void *values;         // (rows, row_bytes) as stored; sparse rows: elbow_page_parts
    unsigned char *known; // (rows, known_row_bytes), bits as in dataset->known; NULL: all values are known
    uint64_t entries;     // of sparse rows
    size_t bytes;         // that `values` has room for
};

// What lies in the memory of sparse rows.
struct elbow_rows_parts {
    uint64_t *starts;  // (rows + 1): row i has the entries from starts[i] to below starts[i + 1]
    char *values;      // (entries) of element
    uint32_t *columns; // (entries), ascending within a row
};

// Local. Of a page whose `rows` and `entries` are set; elements of `size` bytes. The bytes that it takes.
struct elbow_rows_parts elbow_page_parts(const struct elbow_page *page, size_t size);
size_t elbow_page_parts_bytes(uint64_t rows, uint64_t entries, size_t size);

// Local. Of a page of sparse rows, whose `rows` are set: makes room for so many entries and sets `entries`. What stood
// in `values` is lost. MEMORY.
enum elbow_status elbow_page_room(struct elbow_page *page, uint64_t entries, size_t size, struct elbow_error *error);

// What makes pages.
struct elbow_page_source {
    void *user;
    const struct elbow_page_table *table; // must outlive the pages
    size_t row_bytes;                     // of a dense row; sparse: 0
    size_t element_bytes;                 // of an entry's value; dense: not asked
    size_t known_row_bytes;               // 0: all values are known
    size_t page_bytes;                    // of sparse rows: what a page takes, about; dense: not asked
    // Fills page number `page`: first and rows are set; values and known have room for dense rows, sparse ones take it
    // with elbow_page_room. Called by one thread at a time, under elbow_hdf5_lock. A status FILE or FORMAT is tried
    // once more, after `reopen`; any other one stands.
    enum elbow_status (*read)(void *user, uint64_t page, struct elbow_page *into, struct elbow_error *error);
    // Called likewise: closes what is open, so that the next read opens it anew. NULL: there is nothing to close.
    void (*reopen)(void *user);
    void (*close)(void *user); // NULL: nothing is to be given back
};

struct elbow_pages; // opaque

// Local. Takes over the source's `user`, whatever comes of it. `budget`: bytes that pages may take beyond those that
// must stay. MEMORY.
enum elbow_status elbow_pages_create(const struct elbow_page_source *source, uint64_t budget,
                                     struct elbow_pages **pages, struct elbow_error *error);

// Local. Ends the reader and closes the source. A NULL is legal.
void elbow_pages_destroy(struct elbow_pages *pages);

// Local. Until the release elbow_pages_find has the pages of these samples, for any thread. Waits for pages that are
// being read, and has the others read: so many pages are late. A thread holds once at a time.
size_t elbow_pages_hold(struct elbow_pages *pages, size_t rows, const uint64_t *ids);

// Local. Ends the hold of the calling thread.
void elbow_pages_release(struct elbow_pages *pages);

// Local. The page of a sample. Of one that nobody holds: it is read if it is not there, and stays until the calling
// thread asks for another one that nobody holds, or ends its hold: rows are best asked for in file order.
const struct elbow_page *elbow_pages_find(struct elbow_pages *pages, uint64_t sample);

// Local. From now on windows of these segments of the order (which must outlive the pages) stay while the training is
// in them. With `has_thread` a thread reads them and the next one of each segment ahead, from the first step of the run
// on that is still to come, in the order of their use; without it pages are read when they are held. MEMORY.
enum elbow_status elbow_pages_follow(struct elbow_pages *pages, struct elbow_page_order *order,
                                     struct elbow_range segments, uint64_t first_step, bool has_thread,
                                     struct elbow_error *error);

// Local. Of pages that follow an order (else nothing happens): the microbatch that begins at this position is used
// next. Windows that its segment has left give way.
void elbow_pages_reach(struct elbow_pages *pages, uint64_t epoch, uint64_t position);

// Local. Bytes that the pages of a window of each of these segments and of the next one take at most, of sparse rows
// about: what must stay when an order is followed.
uint64_t elbow_pages_need(const struct elbow_page_source *source, struct elbow_page_order *order,
                          struct elbow_range segments);

// Local. Reads all pages that these segments have in epoch 0 of the order, and keeps them. MEMORY, or what reading has
// come to.
enum elbow_status elbow_pages_keep_all(struct elbow_pages *pages, struct elbow_page_order *order,
                                       struct elbow_range segments, struct elbow_error *error);

// Local. While the calling thread waits for a page, it calls meanwhile(user) about every millisecond; no other thread
// does. NULL: no longer.
void elbow_pages_meanwhile(struct elbow_pages *pages, void (*meanwhile)(void *user), void *user);

// Local. The first error of a read, or OK. The rows of that page are zeros (sparse: have no entries), and no further
// page is read.
enum elbow_status elbow_pages_trouble(struct elbow_pages *pages, struct elbow_error *error);

// What was done since the start. Late pages: those that a hold had to wait for, or to read; and the seconds of that.
struct elbow_pages_counts {
    uint64_t bytes_read, pages_read, late; // bytes of rows as they are in memory
    double waited;
};
struct elbow_pages_counts elbow_pages_count(struct elbow_pages *pages);

// Local. Whether a hold waits now.
bool elbow_pages_is_waiting(struct elbow_pages *pages);

// Local. Whether there are bits that say which values are known.
bool elbow_pages_have_known(const struct elbow_pages *pages);

// Local. Bytes that they take at most, as far as that is known before pages of sparse rows are read: the budget, or
// what the windows need if that is more.
size_t elbow_pages_bytes(struct elbow_pages *pages);

// Local. Ends the reader for good, if there is one; pages are read when they are held from then on.
void elbow_pages_stop(struct elbow_pages *pages);

// Local. Before the reader starts: its work is noted in this track (elbow/base/trace.h).
void elbow_pages_trace(struct elbow_pages *pages, struct elbow_track *track);

ELBOW_C_END

#endif
