// SPDX-License-Identifier: BSD-3-Clause
// Stopping early, with a checkpoint to go on from, or without one where the run directory is lost. A signal comes to
// any rank at any time, rank zero's clock knows the deadline, rank zero sees what becomes of the directory, and a rank
// may not be able to read its rows: all are wishes that ride in the sums of the step, behind the statistics, so that
// every rank learns of them at the same step. They are in no accumulator, no checkpoint and no table.
#include "elbow/train/detail/engine.h"

#include "elbow/base/clock.h"
#include "elbow/base/signals.h"
#include "elbow/data/pages.h"

#include <stdlib.h>
#include <time.h>

// Doubles behind the statistics: how many ranks wish to stop, and why.
enum { WISH_SIGNAL, WISH_TIME, WISH_LOST, WISH_DATA, WISHES };

_Static_assert((int)WISHES == (int)ELBOW_TRAIN_WISHES, "room for every wish");

void elbow_engine_set_deadline(struct elbow_engine *engine, double opened)
{
    double left = 0;
    const char *job = getenv("SLURM_JOB_END_TIME");
    if (engine->plan->place.rank != 0)
        return;
    bool ends = elbow_deadline_job_left(job, (double)time(NULL), &left);
    if (job != NULL && !ends)
        elbow_log_warn(engine->plan->log,
                       "SLURM_JOB_END_TIME is '%.40s', expected a future time in seconds since 1970: it is ignored",
                       job);
    engine->deadline =
        elbow_deadline_at(opened, engine->plan->config.run.time_limit, elbow_clock_seconds(), ends ? &left : NULL);
}

void elbow_engine_wish(const struct elbow_engine *engine, double *wishes)
{
    wishes[WISH_SIGNAL] = elbow_signals_stop_wanted();
    wishes[WISH_TIME] =
        engine->plan->place.rank == 0 && elbow_deadline_is_near(&engine->deadline, elbow_clock_seconds());
    wishes[WISH_LOST] = engine->is_lost;
    struct elbow_pages *pages = elbow_dataset_pages(&engine->plan->train);
    wishes[WISH_DATA] = pages != NULL && elbow_pages_trouble(pages, NULL) != ELBOW_OK;
}

enum elbow_status elbow_engine_check_data(const struct elbow_engine *engine, struct elbow_error *error)
{
    struct elbow_pages *pages = elbow_dataset_pages(&engine->plan->train);
    struct elbow_error trouble = {0};
    if (!(engine->sums[engine->statistics + WISH_DATA] > 0))
        return ELBOW_OK;
    *error = (struct elbow_error){0};
    if (pages != NULL && elbow_pages_trouble(pages, &trouble) != ELBOW_OK)
        elbow_error_set(error, trouble.status,
                        "%.1200s; step %llu was not made: when the rows can be read again, continue from the last "
                        "checkpoint with --resume",
                        trouble.message, (unsigned long long)engine->state.step + 1);
    return elbow_comm_agree(engine->plan->comm, error);
}

enum elbow_stop elbow_engine_must_stop(const struct elbow_engine *engine)
{
    const double *wishes = engine->sums + engine->statistics;
    int64_t stop_after = engine->plan->config.run.stop_after;
    if (wishes[WISH_LOST] > 0)
        return ELBOW_STOP_LOST;
    if (wishes[WISH_SIGNAL] > 0)
        return ELBOW_STOP_SIGNAL;
    if (stop_after > 0 && engine->state.step >= (uint64_t)stop_after)
        return ELBOW_STOP_AFTER;
    return wishes[WISH_TIME] > 0 ? ELBOW_STOP_TIME : ELBOW_STOP_NOT;
}
