// SPDX-License-Identifier: BSD-3-Clause
// Data ahead of the step. While one microbatch is computed, a thread gathers, converts, scales and binarizes the next
// one and draws its noise. Without the thread the same function does this work when the microbatch is taken: the bits
// are the same either way.
#ifndef ELBOW_DATA_PREFETCH_H
#define ELBOW_DATA_PREFETCH_H

#include "elbow/base/language.h"
#include "elbow/data/collate.h"
#include "elbow/data/sequence.h"

ELBOW_C_BEGIN

struct elbow_prefetch; // opaque

// A description of the microbatches.
struct elbow_data_source {
    struct elbow_collation collation;
    struct elbow_order order;
    size_t rows_max;
    size_t held;                   // number of microbatches that stay valid when further ones are taken; 0 means 1
    void (*meanwhile)(void *user); // called about every millisecond while a take waits; may be NULL
    void *user;
};

// Local. Allocates a slot for each microbatch that stays valid, and one more if `ahead`. Nothing is allocated later.
// MEMORY. Release the prefetch with elbow_prefetch_destroy.
enum elbow_status elbow_prefetch_create(const struct elbow_data_source *source, bool ahead,
                                        struct elbow_prefetch **prefetch, struct elbow_error *error);

// Local. Starts the thread, if `ahead` was set. MEMORY if there can be no thread: microbatches are then made when they
// are taken.
enum elbow_status elbow_prefetch_start(struct elbow_prefetch *prefetch, struct elbow_error *error);

// Local. Ends the thread, at any moment, and releases the prefetch; a NULL is legal.
void elbow_prefetch_destroy(struct elbow_prefetch *prefetch);

// Local. Returns the microbatch `wanted`: it waits if the thread is making it, and makes it otherwise. Then the thread
// begins with `next` (NULL: nothing). `wanted` may be any range, not only the announced one. The arrays belong to the
// prefetch, and stay valid until `held` more microbatches have been taken.
struct elbow_microbatch elbow_prefetch_take(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted,
                                            const struct elbow_microbatch_range *next);

// Local. Makes the microbatch `wanted` in the calling thread, in place of the one that was taken last.
struct elbow_microbatch elbow_prefetch_make(struct elbow_prefetch *prefetch,
                                            const struct elbow_microbatch_range *wanted);

// Local. Records the work of the thread in a track (elbow/base/trace.h). Call it before the start.
void elbow_prefetch_trace(struct elbow_prefetch *prefetch, struct elbow_track *track);

// Local. Ends the thread for good, if there is one. Microbatches are then made when they are taken.
void elbow_prefetch_stop(struct elbow_prefetch *prefetch);

// Local. Whether the thread runs.
bool elbow_prefetch_is_ahead(const struct elbow_prefetch *prefetch);

// Microbatches taken since the start: made ahead by the thread, and made by the take.
struct elbow_prefetch_counts {
    uint64_t ahead, late;
};
struct elbow_prefetch_counts elbow_prefetch_count(const struct elbow_prefetch *prefetch);

// Local. The bytes that it has allocated.
size_t elbow_prefetch_bytes(const struct elbow_prefetch *prefetch);

// Local. For tests: the thread sleeps a random time, up to 200 microseconds, around each microbatch (seed 0: no
// longer).
void elbow_prefetch_disturb(struct elbow_prefetch *prefetch, uint64_t seed);

ELBOW_C_END

#endif
