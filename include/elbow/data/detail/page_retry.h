// SPDX-License-Identifier: BSD-3-Clause
// Reading pages, with further attempts after failures. Private to src/data/page_retry.c and page_store.c.
#ifndef ELBOW_DATA_DETAIL_PAGE_RETRY_H
#define ELBOW_DATA_DETAIL_PAGE_RETRY_H

#include "elbow/data/detail/page_store.h"

ELBOW_C_BEGIN

// Local, without the mutex. Reads a page into its memory, which must be allocated. After a failure it repeats the read
// as elbow_page_source says, and notes each repetition in store->notes; not while the pages are being closed. Returns
// the error of the last read; that of the first one if both errors may pass, because the first may name rows while the
// last may only say that opening failed.
enum elbow_status elbow_store_read_patiently(struct elbow_store *store, uint64_t number, struct elbow_page *page,
                                             struct elbow_error *error);

// Local, with the mutex held. Takes the oldest note that nobody has taken; false if there is none.
bool elbow_store_take_note(struct elbow_store *store, char *text, size_t size);

ELBOW_C_END

#endif
