// SPDX-License-Identifier: BSD-3-Clause
// The trace of a run: the tracks of its ranks' threads, and their file, in Chrome's trace format (a JSON object;
// Perfetto and chrome://tracing show it). Without tracing, all functions do nothing.
//
// A rank keeps at most ELBOW_TRACER_EVENTS events of 24 bytes, the newest ones of each thread; rank zero has memory for
// those of one more thread, to merge them. All of it is allocated before the first step.
#ifndef ELBOW_OUTPUT_TRACER_H
#define ELBOW_OUTPUT_TRACER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/base/text.h"
#include "elbow/base/trace.h"
#include "elbow/parallel/clocks.h"

ELBOW_C_BEGIN

enum elbow_tracer_thread {
    ELBOW_TRACER_MAIN,
    ELBOW_TRACER_DATA,   // collates data ahead of the step
    ELBOW_TRACER_WRITER, // writes checkpoints
    ELBOW_TRACER_READER, // reads pages of the data ahead
    ELBOW_TRACER_THREADS
};

enum {
    ELBOW_TRACER_MAIN_EVENTS = 32768,
    ELBOW_TRACER_DATA_EVENTS = 8192,
    ELBOW_TRACER_WRITER_EVENTS = 256,
    ELBOW_TRACER_READER_EVENTS = 2048,
    ELBOW_TRACER_EVENTS =
        ELBOW_TRACER_MAIN_EVENTS + ELBOW_TRACER_DATA_EVENTS + ELBOW_TRACER_WRITER_EVENTS + ELBOW_TRACER_READER_EVENTS
};

// A request to trace a run.
struct elbow_tracer_order {
    const char *path; // NULL: nothing
    enum elbow_publish publish;
    uint64_t first, last; // steps, counted from one
};

// Information of rank zero about a rank.
struct elbow_tracer_rank {
    char host[64];
    int32_t node;
    uint64_t noted[ELBOW_TRACER_THREADS], held[ELBOW_TRACER_THREADS]; // events: in all; kept
    struct elbow_clock_tie ties[2];
};

struct elbow_tracer {
    bool is_open;
    elbow_path path;
    enum elbow_publish publish;
    uint64_t first, last;
    struct elbow_track tracks[ELBOW_TRACER_THREADS];
    struct elbow_clock_tie opened;
    // For the merge.
    size_t *parts;                    // [size + 1] owned
    struct elbow_tracer_rank *ranks;  // [size] rank zero; owned
    struct elbow_trace_event *events; // [ELBOW_TRACER_MAIN_EVENTS] rank zero, of the rank at hand; owned
};

// Local. Rank zero. Like elbow_output_check, for the file of the trace. Before the run directory exists (not
// has_directory), its directory may be missing.
enum elbow_status elbow_tracer_probe(const struct elbow_tracer_order *order, bool has_directory,
                                     struct elbow_error *error);

// Collective. Allocates memory, and checks that the file can be written: FILE if not. The request of rank zero holds
// for all.
enum elbow_status elbow_tracer_open(struct elbow_comm *comm, const struct elbow_tracer_order *order,
                                    struct elbow_tracer *tracer, struct elbow_error *error);

// Local. The track of a thread; NULL without tracing.
struct elbow_track *elbow_tracer_track(struct elbow_tracer *tracer, enum elbow_tracer_thread thread);

// Local. A step, counted from one, begins: events are recorded from now on, or not any more.
void elbow_tracer_begin_step(struct elbow_tracer *tracer, uint64_t step);

// Collective. The file, which appears complete or not at all: OUTPUT if it cannot be written. All threads that record
// events have ended. *held and *noted, on rank zero: the number of events in the file, and of all.
enum elbow_status elbow_tracer_write(struct elbow_comm *comm, struct elbow_tracer *tracer, uint64_t *held,
                                     uint64_t *noted, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_tracer_close(struct elbow_tracer *tracer);

ELBOW_C_END

#endif
