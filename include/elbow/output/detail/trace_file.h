// SPDX-License-Identifier: BSD-3-Clause
// A trace as a file in Chrome's trace format: the JSON object form, times in microseconds. A rank is a process of the
// trace, with its threads. An event that is nested in or disjoint from others of its thread is a complete event ("X"),
// one that overlaps with them a pair of asynchronous ones ("b", "e").
#ifndef ELBOW_OUTPUT_DETAIL_TRACE_FILE_H
#define ELBOW_OUTPUT_DETAIL_TRACE_FILE_H

#include "elbow/base/json.h"
#include "elbow/output/tracer.h"

struct elbow_trace_file {
    struct elbow_json json;
    double origin; // rank zero's clock at time zero
    uint64_t id;   // of the last pair of asynchronous events
};

// Local. The head of the file, up to the events; `ranks` (size) are their places.
void elbow_trace_file_begin(struct elbow_trace_file *file, FILE *out, const struct elbow_tracer_rank *ranks, int size);

// Local. The events of a thread of a rank, as elbow_track_finish leaves them.
void elbow_trace_file_put(struct elbow_trace_file *file, int rank, enum elbow_tracer_thread thread,
                          const struct elbow_clock_tie ties[2], const struct elbow_trace_event *events, size_t count);

// Local.
void elbow_trace_file_end(struct elbow_trace_file *file);

#endif
