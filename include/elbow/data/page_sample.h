// SPDX-License-Identifier: BSD-3-Clause
// Some pages that stand for all: figures and the hash of the rows are taken from them where a start that reads every
// row would take too long. The choice depends on the number of pages alone.
#ifndef ELBOW_DATA_PAGE_SAMPLE_H
#define ELBOW_DATA_PAGE_SAMPLE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/page_table.h"
#include "elbow/parallel/partition.h"

ELBOW_C_BEGIN

enum { ELBOW_PAGE_SAMPLE = 256 }; // pages; all, where there are fewer

struct elbow_page_sample {
    uint64_t count;
    struct elbow_range *rows; // [count] samples of each page, in the order of the file; owned
    uint64_t *before;         // [count + 1] samples in the pages before it; the last one: in all; owned
};

// Local. The sample of a table's pages. MEMORY.
enum elbow_status elbow_page_sample_create(const struct elbow_page_table *table, struct elbow_page_sample *sample,
                                           struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_page_sample_clear(struct elbow_page_sample *sample);

// Local. Sample number i, counted through these pages.
uint64_t elbow_page_sample_at(const struct elbow_page_sample *sample, uint64_t i);

ELBOW_C_END

#endif
