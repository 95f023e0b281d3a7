// SPDX-License-Identifier: BSD-3-Clause
// The memory of a node that the pages of a dataset take, and the settings that would fit if it is too much. Private to
// src/data/dataset_place.c and page_budget.c.
#ifndef ELBOW_DATA_DETAIL_PAGE_BUDGET_H
#define ELBOW_DATA_DETAIL_PAGE_BUDGET_H

#include "elbow/data/detail/loading.h"
#include "elbow/data/pages.h"

// The figures that decide the place, the same on all ranks.
struct elbow_page_budget {
    struct elbow_placing_machine machine;
    uint64_t all;       // bytes of all rows
    uint64_t of_rank;   // bytes that a rank must keep in this place, at most
    uint64_t beside;    // bytes of a rank for the list of its pages and for a page without rows
    uint64_t unpacking; // bytes of a rank that reading takes in addition to the pages
};

// Local. The number of microbatches of a full batch; 1 for rows that are used in file order.
uint64_t elbow_page_budget_segments(const struct elbow_placing *placing, uint64_t samples);

// Local. Sets of_rank and beside for the rank with the most pages. MEMORY.
enum elbow_status elbow_page_budget_find(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                         struct elbow_page_budget *budget, struct elbow_error *error);

// Local. The bytes that the pages of a rank may take: its share of data.memory, less unpacking and the list of pages.
// Without this limit, and for rows that are used in file order, the bytes of the pages that a walk through the file
// uses at a time.
uint64_t elbow_page_budget_bytes(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                 const struct elbow_page_budget *budget);

// Local. MEMORY if the ranks of a node must keep more than is free, or more than data.memory. The message names values
// of the keys that would fit, and is_short of the dataset is set.
enum elbow_status elbow_page_budget_check(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                          const struct elbow_page_budget *budget, struct elbow_error *error);

#endif
