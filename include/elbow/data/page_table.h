// SPDX-License-Identifier: BSD-3-Clause
// Pages: runs of samples that are read together. Each file is cut into pieces of `page_rows` stored rows, and the
// samples of one piece are a page; a piece without samples is not a page. So pages end at chunk boundaries whatever
// rows are selected, none spans two files, and a page may have any number of samples from 1 on. Pages are numbered in
// file order.
#ifndef ELBOW_DATA_PAGE_TABLE_H
#define ELBOW_DATA_PAGE_TABLE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/data/selection.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_page_table {
    uint64_t count, page_rows, samples; // P pages of at most page_rows stored rows; N samples
    uint64_t row_samples;               // samples of a stored row: 1, or the windows of a series
    uint64_t *first;                    // [count + 1], owned: page k has samples [first[k], first[k + 1])
};

struct elbow_page_table_request {
    const struct elbow_selection *selection; // has at least one sample
    size_t files;                            // 0: one file of selection->stored rows
    const uint64_t *file_rows;               // [files] stored rows of each file; their sum is selection->stored
    uint64_t page_rows;                      // at least 1
};

// Local. Creates the table of a selection, which need not outlive it. MEMORY. Release it with elbow_page_table_clear.
enum elbow_status elbow_page_table_create(const struct elbow_page_table_request *request,
                                          struct elbow_page_table *table, struct elbow_error *error);

// Local. Releases the table; a zeroed struct is legal.
void elbow_page_table_clear(struct elbow_page_table *table);

// Local. The page of a sample.
uint64_t elbow_page_table_find(const struct elbow_page_table *table, uint64_t sample);

// Local. The automatic page_rows: whole chunks of at most 1 MiB together, but few enough that each segment has about 32
// pages; at least one chunk. chunk_rows: of the first file, or 0 or 1 if it is contiguous. row_bytes: mean bytes of a
// stored row. rows: selected stored rows. microbatches: of a full batch.
uint64_t elbow_page_rows(uint64_t chunk_rows, uint64_t row_bytes, uint64_t rows, uint64_t microbatches);

ELBOW_C_END

#endif
