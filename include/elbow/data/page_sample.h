// SPDX-License-Identifier: BSD-3-Clause
// A sample of the pages. Figures and the hash of the rows are computed from these pages if reading all rows would make
// a start too slow. The choice depends on the number of pages alone.
#ifndef ELBOW_DATA_PAGE_SAMPLE_H
#define ELBOW_DATA_PAGE_SAMPLE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/page_table.h"
#include "elbow/parallel/partition.h"

ELBOW_C_BEGIN

enum { ELBOW_PAGE_SAMPLE = 256 }; // largest number of pages; all, if there are fewer

struct elbow_page_sample {
    uint64_t count;
    struct elbow_range *rows; // [count] samples of each page, in file order; owned
    uint64_t *before;         // [count + 1] samples in the pages before each; the last entry: in all of them; owned
};

// Local. Chooses the pages of a table. MEMORY. Release the sample with elbow_page_sample_clear.
enum elbow_status elbow_page_sample_create(const struct elbow_page_table *table, struct elbow_page_sample *sample,
                                           struct elbow_error *error);

// Local. Releases the sample; a zeroed struct is legal.
void elbow_page_sample_clear(struct elbow_page_sample *sample);

// Local. The dataset's sample at index i of the samples of these pages.
uint64_t elbow_page_sample_at(const struct elbow_page_sample *sample, uint64_t i);

ELBOW_C_END

#endif
