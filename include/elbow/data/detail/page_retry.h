// SPDX-License-Identifier: BSD-3-Clause
// Reads of pages that fail, and are tried again. Private to src/data/page_*.c and pages.c.
#ifndef ELBOW_DATA_DETAIL_PAGE_RETRY_H
#define ELBOW_DATA_DETAIL_PAGE_RETRY_H

#include "elbow/data/detail/page_store.h"

ELBOW_C_BEGIN

// Local, without the mutex. Reads a page into memory that has been taken, again where that may help (see
// elbow_page_source); each read that is made again is noted in store->notes. When the pages end, none is. The error is
// that of the last read, or of the first if both have reasons that may pass: that one may name rows, where opening
// fails later.
enum elbow_status elbow_store_read_patiently(struct elbow_store *store, uint64_t number, struct elbow_page *page,
                                             struct elbow_error *error);

// Local, with the mutex held. Takes the oldest note that nobody has taken; false if there is none.
bool elbow_store_take_note(struct elbow_store *store, char *text, size_t size);

ELBOW_C_END

#endif
