// SPDX-License-Identifier: BSD-3-Clause
// Tracing: the activities of a thread, and when. Each thread records its events in a track of its own, with space for a
// fixed number: when it is full, a new event replaces the oldest. Recording allocates nothing, and an event costs two
// reads of the clock. Without tracing the track is NULL, and an event costs one branch.
#ifndef ELBOW_BASE_TRACE_H
#define ELBOW_BASE_TRACE_H

#include "elbow/base/clock.h"
#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// X(name, text, category, meaning of its number, whether it overlaps with other events of its track; otherwise it is
// nested in them or disjoint)
#define ELBOW_TRACE_LIST(X)                                                                                            \
    X(STEP, "step", "step", "step", false)                                                                             \
    X(DATA, "data", "data", "rows", false)                                                                             \
    X(FORWARD, "forward", "compute", "rows", false)                                                                    \
    X(LIKELIHOOD, "likelihood", "compute", "rows", false)                                                              \
    X(BACKWARD, "backward", "compute", "rows", false)                                                                  \
    X(SUM, "sum", "compute", "level", false)                                                                           \
    X(EXCHANGE, "exchange", "exchange", NULL, false)                                                                   \
    X(REDUCE, "reduce", "exchange", "bucket", false)                                                                   \
    X(STATISTICS, "statistics", "exchange", NULL, false)                                                               \
    X(OPTIMIZER, "optimizer", "compute", "bucket", false)                                                              \
    X(SHARE, "share", "exchange", NULL, false)                                                                         \
    X(WAIT, "wait", "wait", NULL, false)                                                                               \
    X(AUDIT, "audit", "exchange", "step", false)                                                                       \
    X(ROWS, "rows", "output", "step", false)                                                                           \
    X(EVALUATION, "evaluation", "evaluation", "step", false)                                                           \
    X(PICTURES, "pictures", "output", "step", false)                                                                   \
    X(CHECKPOINT, "checkpoint", "checkpoint", "step", false)                                                           \
    X(SNAPSHOT, "snapshot", "checkpoint", "step", false)                                                               \
    X(GATHER, "gather", "data", "rows", false)                                                                         \
    X(WRITE, "write", "checkpoint", "step", false)                                                                     \
    X(SYNC_TABLES, "sync tables", "checkpoint", NULL, false)                                                           \
    X(WRITE_FILE, "write file", "checkpoint", NULL, false)                                                             \
    X(TIDY, "tidy", "checkpoint", NULL, false)                                                                         \
    X(READ, "read", "data", "page", false)                                                                             \
    X(LATE, "late pages", "wait", "pages", false)                                                                      \
    X(GRADIENTS_IN, "gradients in", "message", "bucket", true)                                                         \
    X(GRADIENTS_OUT, "gradients out", "message", "bucket", true)                                                       \
    X(PARAMETERS_IN, "parameters in", "message", "bucket", true)                                                       \
    X(PARAMETERS_OUT, "parameters out", "message", "bucket", true)

enum elbow_trace_name {
#define ELBOW_TRACE_ENUM(name, text, category, argument, overlaps) ELBOW_TRACE_##name,
    ELBOW_TRACE_LIST(ELBOW_TRACE_ENUM)
#undef ELBOW_TRACE_ENUM
        ELBOW_TRACE_NAMES
};

// The description of an event.
struct elbow_trace_about {
    const char *name, *category;
    const char *argument; // meaning of its number; NULL: it has none
    bool overlaps;
};

struct elbow_trace_event {
    double begin, end; // clock
    uint32_t argument;
    uint32_t name; // enum elbow_trace_name
};

// Zeroed: no space. One thread records; another one may turn it on and off.
struct elbow_track {
    struct elbow_trace_event *events; // [capacity] owned: a ring
    size_t capacity;
    uint64_t count; // events recorded since the start; the newest `capacity` of them are kept
    bool is_on;     // read and written by __atomic_*, which C++ has, too
};

// Local.
const struct elbow_trace_about *elbow_trace_tell(enum elbow_trace_name name);

// Local. Allocates space for `capacity` events, turned off. MEMORY.
enum elbow_status elbow_track_create(struct elbow_track *track, size_t capacity, struct elbow_error *error);
void elbow_track_clear(struct elbow_track *track);

// Local. A NULL is legal.
void elbow_track_turn(struct elbow_track *track, bool on);

// Local. Ends the track, when no thread records in it any more: sorts the events by their beginnings, an event before
// those nested in it, and returns their number.
size_t elbow_track_finish(struct elbow_track *track);

// Local. Records an event that began at `begin` and ends now.
void elbow_track_note(struct elbow_track *track, enum elbow_trace_name name, uint64_t argument, double begin);

// The beginning of an event. Zeroed: of one that is not recorded.
struct elbow_trace_start {
    double clock;
    bool is_noted;
};

// Local. The beginning of an event, for elbow_trace_end; not recorded without tracing.
static inline struct elbow_trace_start elbow_trace_begin(const struct elbow_track *track)
{
    struct elbow_trace_start start = {0, false};
    if (__builtin_expect(track == NULL, 1) || !__atomic_load_n(&track->is_on, __ATOMIC_RELAXED))
        return start;
    start.clock = elbow_clock_seconds();
    start.is_noted = true;
    return start;
}

// Local. Its end. `argument`: its number, as the table says (0 if it has none).
static inline void elbow_trace_end(struct elbow_track *track, enum elbow_trace_name name, uint64_t argument,
                                   struct elbow_trace_start begin)
{
    if (__builtin_expect(begin.is_noted, 0))
        elbow_track_note(track, name, argument, begin.clock);
}

ELBOW_C_END

#endif
