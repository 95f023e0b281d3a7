// SPDX-License-Identifier: BSD-3-Clause
// Pages: runs of samples that are read together. A page has the samples whose stored rows lie in one piece of
// `page_rows` rows of one file, pieces counted from the first row of the file; a piece without samples is no page. So
// pages keep to the bounds of chunks whatever is selected, none spans two files, and a page may have any number of
// samples from 1 on. Pages are numbered in the order of the files.
#ifndef ELBOW_DATA_PAGE_TABLE_H
#define ELBOW_DATA_PAGE_TABLE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/selection.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_page_table {
    uint64_t count, page_rows, samples; // P pages of up to so many stored rows; N
    uint64_t row_samples;               // of a stored row: 1, or the windows of a series
    uint64_t *first;                    // [count + 1], owned: page k has the samples [first[k], first[k + 1])
};

struct elbow_page_table_request {
    const struct elbow_selection *selection; // at least one sample
    size_t files;                            // 0: one file of selection->stored rows
    const uint64_t *file_rows;               // stored rows of each file; they add up to selection->stored
    uint64_t page_rows;                      // at least 1
};

// Local. The pages of a selection; the table stands on its own. MEMORY.
enum elbow_status elbow_page_table_create(const struct elbow_page_table_request *request,
                                          struct elbow_page_table *table, struct elbow_error *error);

// Local. Gives its memory back; a zeroed struct is legal.
void elbow_page_table_clear(struct elbow_page_table *table);

// Local. The page of a sample.
uint64_t elbow_page_table_find(const struct elbow_page_table *table, uint64_t sample);

// Local. The automatic page_rows: whole chunks of up to 1 MiB together, and so few of them that each segment has some
// 32 pages; one chunk at least. chunk_rows: of the first file, or 0 or 1 where it is stored in one piece; row_bytes: of
// a stored row, on average; rows: stored rows that are selected; microbatches: of a full batch.
uint64_t elbow_page_rows(uint64_t chunk_rows, uint64_t row_bytes, uint64_t rows, uint64_t microbatches);

ELBOW_C_END

#endif
