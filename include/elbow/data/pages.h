// SPDX-License-Identifier: BSD-3-Clause
// Rows that are not all in memory: the pages of one rank (elbow/data/page_table.h), which are read from the files on
// demand, or ahead of use by a thread. Whether a page is in memory affects only when its rows arrive, never their
// values.
//
// A page stays in memory as long as it is held, or belongs to a window that the training uses now or next. Further
// pages stay within the budget; the least recently used ones are dropped first. No MPI call. Any thread may call all
// functions, except for create, follow, keep_all, trace, stop and destroy, which are for the main thread.
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
    void *values;         // (rows, row_bytes) as stored; sparse rows: see elbow_page_parts
    unsigned char *known; // (rows, known_row_bytes) bits as in dataset->known; NULL: all values are known
    uint64_t entries;     // of sparse rows
    size_t bytes;         // allocated for `values`
};

// The parts of the memory of sparse rows.
struct elbow_rows_parts {
    uint64_t *starts;  // [rows + 1]: row i has the entries from starts[i] to below starts[i + 1]
    char *values;      // [entries] of element
    uint32_t *columns; // [entries] ascending within a row
};

// Local. The parts of a page with `rows` and `entries` set, and the bytes that they take. An element has `size` bytes.
struct elbow_rows_parts elbow_page_parts(const struct elbow_page *page, size_t size);
size_t elbow_page_parts_bytes(uint64_t rows, uint64_t entries, size_t size);

// Local. Allocates the memory of a page of sparse rows with `rows` set for this many entries, and sets `entries`. The
// contents of `values` are lost. MEMORY.
enum elbow_status elbow_page_reserve(struct elbow_page *page, uint64_t entries, size_t size, struct elbow_error *error);

// The source of pages.
struct elbow_page_source {
    void *user;
    const struct elbow_page_table *table; // must outlive the pages
    size_t row_bytes;                     // of a dense row; 0: sparse
    size_t element_bytes;                 // of the value of an entry; ignored for dense rows
    size_t known_row_bytes;               // 0: all values are known
    size_t page_bytes;                    // of sparse rows: an estimate for one page; ignored for dense rows
    // Fills page number `page`, whose first and rows are set. The memory of values and known is allocated for dense
    // rows; for sparse rows `read` allocates it with elbow_page_reserve. Called by one thread at a time, under
    // elbow_hdf5_lock. After an error that may pass (elbow_error_may_pass) the read is repeated for about `patience`
    // seconds, each time after `reopen`; after another FORMAT it is repeated once, after any other error never.
    enum elbow_status (*read)(void *user, uint64_t page, struct elbow_page *into, struct elbow_error *error);
    // Called in the same way: closes what is open, so that the next read opens it again. NULL: there is nothing to
    // close.
    void (*reopen)(void *user);
    void (*close)(void *user); // NULL: there is nothing to release
    // In seconds. pause: before the second repetition; it doubles before each further one, and the first repetition
    // follows at once. patience: no repetition except the first begins later than this after the first failure.
    double pause, patience;
};

struct elbow_pages; // opaque

// Local. Creates the pages. They own source->user from then on, after a failure too. `budget`: bytes that pages may
// take beyond those that must stay. MEMORY. Release them with elbow_pages_destroy.
enum elbow_status elbow_pages_create(const struct elbow_page_source *source, uint64_t budget,
                                     struct elbow_pages **pages, struct elbow_error *error);

// Local. Ends the reader, closes the source and releases the pages; a NULL is legal.
void elbow_pages_destroy(struct elbow_pages *pages);

// Local. Holds the pages of these samples until elbow_pages_release: elbow_pages_find returns them for any thread.
// Waits for pages that are being read, and reads the missing ones. Returns the number of pages that were late. A thread
// has at most one hold.
size_t elbow_pages_hold(struct elbow_pages *pages, size_t rows, const uint64_t *ids);

// Local. Ends the hold of the calling thread.
void elbow_pages_release(struct elbow_pages *pages);

// Local. The page of a sample. If no thread holds the page, it is read if necessary, and stays until the calling thread
// asks for another such page, or ends its hold. Asking for rows in file order is therefore fastest.
const struct elbow_page *elbow_pages_find(struct elbow_pages *pages, uint64_t sample);

// Local. From now on, windows of these segments of the order (which must outlive the pages) stay while the training
// uses them. With `has_thread`, a thread reads them and the next window of each segment ahead, in the order of their
// use, beginning with first_step of the run; otherwise pages are read when they are held. MEMORY.
enum elbow_status elbow_pages_follow(struct elbow_pages *pages, struct elbow_page_order *order,
                                     struct elbow_range segments, uint64_t first_step, bool has_thread,
                                     struct elbow_error *error);

// Local. Announces that the microbatch at this position is used next. Windows that its segment has left may be dropped.
// Does nothing if no order is followed.
void elbow_pages_reach(struct elbow_pages *pages, uint64_t epoch, uint64_t position);

// Local. An upper bound (for sparse rows an estimate) of the bytes of the pages that must stay when an order is
// followed: those of one window and the next one of each segment.
uint64_t elbow_pages_need(const struct elbow_page_source *source, struct elbow_page_order *order,
                          struct elbow_range segments);

// Local. Reads all pages of these segments in epoch 0 of the order, and keeps them. MEMORY, or the error of reading.
enum elbow_status elbow_pages_keep_all(struct elbow_pages *pages, struct elbow_page_order *order,
                                       struct elbow_range segments, struct elbow_error *error);

// Local. While the calling thread waits for a page, it calls meanwhile(user) about every millisecond. No other thread
// calls it. NULL: no longer.
void elbow_pages_meanwhile(struct elbow_pages *pages, void (*meanwhile)(void *user), void *user);

// Local. The first error of a read, or OK. The rows of the failed page are zeros (sparse: have no entries), and no
// further page is read.
enum elbow_status elbow_pages_trouble(struct elbow_pages *pages, struct elbow_error *error);

// Local. Takes the oldest sentence about a read that is repeated; false if there is none. Without a `meanwhile`, these
// sentences go to stderr instead.
bool elbow_pages_take_note(struct elbow_pages *pages, char *text, size_t size);

// Counts since the start. Late pages are those that a hold had to wait for or to read; `waited` is the time that this
// took, in seconds.
struct elbow_pages_counts {
    uint64_t bytes_read, pages_read, late; // bytes of rows as in memory
    double waited;
};
struct elbow_pages_counts elbow_pages_count(struct elbow_pages *pages);

// Local. For measurements: reads a page again, as the reader does, into memory that is kept for the next call. *bytes
// gets its size in memory. MEMORY, or an error of reading.
enum elbow_status elbow_pages_read_apart(struct elbow_pages *pages, uint64_t page, uint64_t *bytes,
                                         struct elbow_error *error);

// Local. Whether a hold is waiting now.
bool elbow_pages_is_waiting(struct elbow_pages *pages);

// Local. Whether there are known bits.
bool elbow_pages_have_known(const struct elbow_pages *pages);

// Local. The largest number of bytes that the pages take, as far as it is known before sparse pages are read: the
// budget, or what the windows need if that is more.
size_t elbow_pages_bytes(struct elbow_pages *pages);

// Local. Ends the reader for good, if there is one. Pages are then read when they are held.
void elbow_pages_stop(struct elbow_pages *pages);

// Local. Records the work of the reader in a track (elbow/base/trace.h). Call it before the reader starts.
void elbow_pages_trace(struct elbow_pages *pages, struct elbow_track *track);

ELBOW_C_END

#endif
