// SPDX-License-Identifier: BSD-3-Clause
// Pages of a dataset, read from its files: a second set of the sources of a load, for as long as the dataset is used.
#ifndef ELBOW_DATA_DETAIL_PAGE_LOAD_H
#define ELBOW_DATA_DETAIL_PAGE_LOAD_H

#include "elbow/data/detail/loading.h"
#include "elbow/data/pages.h"

struct elbow_page_load; // opaque

// Local. Makes the source of pages for an open dataset that has a table of them; no file is opened yet.
// elbow_pages_create takes ownership; before that, release it with source->close. MEMORY.
enum elbow_status elbow_page_load_create(const struct elbow_loading *loading, struct elbow_page_source *source,
                                         struct elbow_error *error);

// Local. Sets scaling and transform, once they are known. Pages that are read from now on are checked: DATA for a value
// that the model does not accept.
void elbow_page_load_settle(struct elbow_page_load *load, const struct elbow_dataset *dataset);

#endif
