// SPDX-License-Identifier: BSD-3-Clause
// When a run must stop so that its last checkpoint is on disk before its time is over: by run.time_limit, or by the end
// of the job. Plain decisions over clocks that are handed in.
#ifndef ELBOW_BASE_DEADLINE_H
#define ELBOW_BASE_DEADLINE_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum elbow_cost { ELBOW_COST_CHECKPOINT, ELBOW_COST_EVALUATION, ELBOW_COST_PICTURES, ELBOW_COSTS };

// A zeroed struct is a run without an end.
struct elbow_deadline {
    bool is_set;
    bool is_job; // the job's end came first, not the limit
    double at;   // seconds, on the clock of the calls below
    double margin;
    double step;               // seconds: the longest of late
    double costs[ELBOW_COSTS]; // seconds: the longest of this start
};

// Local. Reads SLURM_JOB_END_TIME (whole seconds since 1970; NULL: there is none) at `now` of the same count, into the
// seconds that are left. False if the text is no time, or one that has passed.
bool elbow_deadline_job_left(const char *text, double now, double *left);

// Local. A deadline for a run that began at `start`: `limit` seconds after it (0: none) or `*left` seconds after `now`
// (NULL: none), what comes first. Of the time between, a tenth, at most 10 s, is kept in reserve.
struct elbow_deadline elbow_deadline_at(double start, int64_t limit, double now, const double *left);

// Local. Learns what a step, or something that follows one, took.
void elbow_deadline_note_step(struct elbow_deadline *deadline, double seconds);
void elbow_deadline_note_cost(struct elbow_deadline *deadline, enum elbow_cost cost, double seconds);

// Local. Whether a run has to stop after the step that ends now, because after one more it might be too late: that
// step, all that may be due after this one and all that a stop takes would not fit before the end.
bool elbow_deadline_is_near(const struct elbow_deadline *deadline, double now);

ELBOW_C_END

#endif
