// SPDX-License-Identifier: BSD-3-Clause
// Data ahead of the step: while one microbatch is computed, a thread gathers, converts, scales and binarises the next
// one, and draws its noise. Without the thread the same function does the same work when it is asked for: the bits are
// the same either way.
#ifndef ELBOW_DATA_PREFETCH_H
#define ELBOW_DATA_PREFETCH_H

#include "elbow/base/language.h"
#include "elbow/data/collate.h"
#include "elbow/data/sequence.h"

ELBOW_C_BEGIN

struct elbow_prefetch; // opaque

// What microbatches are made of.
struct elbow_data_source {
    struct elbow_collation collation;
    struct elbow_order order;
    size_t rows_max;
    size_t held;                   // microbatches that stay when further ones are taken; 0 counts as 1
    void (*meanwhile)(void *user); // called about every millisecond while a microbatch is waited for; may be NULL
    void *user;
};

// Local. Allocates the slots that are held, plus one if prefetching. MEMORY. Nothing is allocated later on.
enum elbow_status elbow_prefetch_create(const struct elbow_data_source *source, bool ahead,
                                        struct elbow_prefetch **prefetch, struct elbow_error *error);

// Local. Starts the thread, where microbatches shall come ahead. MEMORY if it cannot be had: what is taken is then made
// when it is taken.
enum elbow_status elbow_prefetch_start(struct elbow_prefetch *prefetch, struct elbow_error *error);

// Local. Ends the thread, at any moment, and gives all back. A NULL is legal.
void elbow_prefetch_destroy(struct elbow_prefetch *prefetch);

// Local. The microbatch `wanted`, waited for if it is on its way, made here if it is not; from now on `next` (NULL:
// nothing) is on its way. Any range may be wanted, whatever was announced. The arrays belong to the prefetch, and stay
// until `held` more have been taken.
struct elbow_microbatch elbow_prefetch_take(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted,
                                            const struct elbow_microbatch_range *next);

// Local. The microbatch `wanted`, made here and now in place of the last one that was taken.
struct elbow_microbatch elbow_prefetch_make(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted);

// Local. Before the start: the thread's work is noted in this track (elbow/base/trace.h).
void elbow_prefetch_trace(struct elbow_prefetch *prefetch, struct elbow_track *track);

// Local. Ends the thread for good, if there is one; what is taken afterwards is made when it is asked for.
void elbow_prefetch_stop(struct elbow_prefetch *prefetch);

// Local. Whether the thread runs.
bool elbow_prefetch_is_ahead(const struct elbow_prefetch *prefetch);

// Local. Microbatches taken since the start: made by the thread; made when they were taken.
struct elbow_prefetch_counts {
    uint64_t ahead, late;
};
struct elbow_prefetch_counts elbow_prefetch_count(const struct elbow_prefetch *prefetch);

// Local. Bytes that it holds.
size_t elbow_prefetch_bytes(const struct elbow_prefetch *prefetch);

// Local. For tests: from now on the thread sleeps a random while, up to 200 microseconds, around each microbatch (0: no
// more).
void elbow_prefetch_disturb(struct elbow_prefetch *prefetch, uint64_t seed);

ELBOW_C_END

#endif
