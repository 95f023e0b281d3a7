// SPDX-License-Identifier: BSD-3-Clause
// Tracks are rings of whole events, noted at their end: what gives way in a full ring is never half an event.
#include "elbow/base/trace.h"

#include "elbow/base/memory.h"

#include <stdlib.h>

static const struct elbow_trace_about names[] = {
#define ELBOW_TRACE_ROW(name, text, category, argument, overlaps) {text, category, argument, overlaps},
    ELBOW_TRACE_LIST(ELBOW_TRACE_ROW)
#undef ELBOW_TRACE_ROW
};

const struct elbow_trace_about *elbow_trace_tell(enum elbow_trace_name name)
{
    ELBOW_CHECK(name < ELBOW_TRACE_NAMES);
    return &names[name];
}

enum elbow_status elbow_track_create(struct elbow_track *track, size_t capacity, struct elbow_error *error)
{
    ELBOW_CHECK(capacity > 0);
    *track = (struct elbow_track){.capacity = capacity};
    return elbow_allocate(&track->events, capacity, sizeof *track->events, "the trace", error);
}

void elbow_track_clear(struct elbow_track *track)
{
    elbow_release(&track->events);
    *track = (struct elbow_track){0};
}

void elbow_track_turn(struct elbow_track *track, bool on)
{
    if (track != NULL)
        __atomic_store_n(&track->is_on, on, __ATOMIC_RELAXED);
}

void elbow_track_note(struct elbow_track *track, enum elbow_trace_name name, uint64_t argument, double begin)
{
    track->events[track->count % track->capacity] = (struct elbow_trace_event){
        .begin = begin, .end = elbow_clock_seconds(), .argument = (uint32_t)argument, .name = (uint32_t)name};
    track->count += 1;
}

// Events that begin together: the outer one first, which was noted later.
static int compare(const void *left, const void *right)
{
    const struct elbow_trace_event *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end < b->end) - (a->end > b->end);
}

size_t elbow_track_finish(struct elbow_track *track)
{
    size_t count = track->count < track->capacity ? (size_t)track->count : track->capacity;
    elbow_track_turn(track, false);
    qsort(track->events, count, sizeof *track->events, compare);
    return count;
}
