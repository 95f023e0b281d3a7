// SPDX-License-Identifier: BSD-3-Clause
// What the pages of a dataset take of a node's memory, and what to change where that is too much. Private to
// src/data/dataset_place.c and dataset_room.c.
#ifndef ELBOW_DATA_DETAIL_ROOM_H
#define ELBOW_DATA_DETAIL_ROOM_H

#include "elbow/data/detail/loading.h"
#include "elbow/data/pages.h"

// What the placing goes by, alike on all ranks.
struct elbow_room {
    struct elbow_placing_machine machine;
    uint64_t all;       // bytes of all rows
    uint64_t of_rank;   // bytes of what a rank has to keep in this place, at most
    uint64_t beside;    // bytes of a rank for the list of its pages, and for one without rows
    uint64_t unpacking; // bytes that reading takes of a rank, beside the pages
};

// Local. Microbatches of a full batch; 1 for rows that are used in the order of the file.
uint64_t elbow_room_segments(const struct elbow_placing *placing, uint64_t samples);

// Local. Finds of_rank and beside, of pages that are there: those of the rank that has most of them. MEMORY.
enum elbow_status elbow_room_find(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                  struct elbow_room *room, struct elbow_error *error);

// Local. Bytes that the pages of a rank may take beyond what they must: what is left of data.memory beside that
// and unpacking. Without such a limit, and for rows that are used in the order of the file, as many as a walk through
// the file has in hand.
uint64_t elbow_room_budget(const struct elbow_loading *loading, const struct elbow_page_source *source,
                           const struct elbow_room *room);

// Local. MEMORY where the ranks of a node have to keep more than there is, or than data.memory: with values of the keys
// that would fit, and is_short of the dataset set.
enum elbow_status elbow_room_check(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                   const struct elbow_room *room, struct elbow_error *error);

#endif
