// SPDX-License-Identifier: BSD-3-Clause
// When a run must stop to have its last checkpoint on disk in time: before run.time_limit, or the end of the job. Pure
// decisions; the caller passes the clocks.
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
    bool is_job; // the end of the job is earlier than the limit
    double at;   // seconds, on the clock of the calls below
    double margin;
    double step;               // seconds: the longest recent one
    double costs[ELBOW_COSTS]; // seconds: the longest of this start
};

// Local. Reads SLURM_JOB_END_TIME (whole seconds since 1970; NULL: there is none) at `now` of the same count, into the
// seconds that are left. False if the text is not a time, or one that has passed.
bool elbow_deadline_job_left(const char *text, double now, double *left);

// Local. A deadline for a run that began at `start`: `limit` seconds after it (0: none) or `*left` seconds after `now`
// (NULL: none), whichever is earlier. A tenth of this time, at most 10 s, is a reserve.
struct elbow_deadline elbow_deadline_at(double start, int64_t limit, double now, const double *left);

// Local. Records the duration of a step, or of something that follows one.
void elbow_deadline_note_step(struct elbow_deadline *deadline, double seconds);
void elbow_deadline_note_cost(struct elbow_deadline *deadline, enum elbow_cost cost, double seconds);

// Local. Whether a run must stop after the current step, because the following would not fit before the end: one more
// step, everything that may be due after this one, and the work of a stop.
bool elbow_deadline_is_near(const struct elbow_deadline *deadline, double now);

ELBOW_C_END

#endif
