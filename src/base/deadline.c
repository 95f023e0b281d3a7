// SPDX-License-Identifier: BSD-3-Clause
// The deadline. Costs are the longest seen, because a run that stops too late has lost what it computed; a step's is
// forgotten slowly, because one that waited long for a late rank says nothing of the next.
#include "elbow/base/deadline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const double RESERVE_SHARE = 0.1, RESERVE_MOST = 10; // of the time there is; seconds
static const double STEP_MEMORY = 0.9;

bool elbow_deadline_job_left(const char *text, double now, double *left)
{
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    long long at = strtoll(text, &end, 10);
    if (*end != 0 || errno == ERANGE || (double)at <= now)
        return false;
    *left = (double)at - now;
    return true;
}

struct elbow_deadline elbow_deadline_at(double start, int64_t limit, double now, const double *left)
{
    struct elbow_deadline deadline = {0};
    if (limit > 0) {
        deadline.is_set = true;
        deadline.at = start + (double)limit;
    }
    if (left != NULL && (!deadline.is_set || now + *left < deadline.at)) {
        deadline.is_set = deadline.is_job = true;
        deadline.at = now + *left;
    }
    if (!deadline.is_set)
        return deadline;
    deadline.margin = fmin(RESERVE_MOST, RESERVE_SHARE * (deadline.at - start));
    return deadline;
}

void elbow_deadline_note_step(struct elbow_deadline *deadline, double seconds)
{
    deadline->step = fmax(seconds, STEP_MEMORY * deadline->step);
}

void elbow_deadline_note_cost(struct elbow_deadline *deadline, enum elbow_cost cost, double seconds)
{
    deadline->costs[cost] = fmax(seconds, deadline->costs[cost]);
}

bool elbow_deadline_is_near(const struct elbow_deadline *deadline, double now)
{
    double costs = 0;
    if (!deadline->is_set)
        return false;
    for (int i = 0; i < ELBOW_COSTS; ++i)
        costs += deadline->costs[i];
    // Once for what may be due after this step, once for the stop after the next.
    return now + 2 * costs + deadline->step + deadline->margin >= deadline->at;
}
