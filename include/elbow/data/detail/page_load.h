// SPDX-License-Identifier: BSD-3-Clause
// Pages of a dataset, read from its files: the sources of the loading once more, for as long as the dataset is used.
#ifndef ELBOW_DATA_DETAIL_PAGE_LOAD_H
#define ELBOW_DATA_DETAIL_PAGE_LOAD_H

#include "elbow/data/detail/loading.h"
#include "elbow/data/pages.h"

struct elbow_page_load; // opaque

// Local. What makes the pages of a dataset that is open, and has a table of them; nothing is opened yet. The pages own
// it from elbow_pages_create on; else it is given back with source->close. MEMORY.
enum elbow_status elbow_page_load_create(const struct elbow_loading *loading, struct elbow_page_source *source,
                                         struct elbow_error *error);

// Local. Scaling and transform of the dataset are known: pages that are read from now on are checked by them, and fail
// with DATA for a value that the model does not take.
void elbow_page_load_settle(struct elbow_page_load *load, const struct elbow_dataset *dataset);

#endif
