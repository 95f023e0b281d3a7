// SPDX-License-Identifier: BSD-3-Clause
// Stopping early, with a checkpoint to continue from, or without one if the run directory is lost. A signal may reach
// any rank at any time, rank zero's clock knows the deadline, rank zero notices a lost directory, and any rank may fail
// to read its rows. These reasons are summed over the ranks together with the statistics of the step, so every rank
// learns of them at the same step. They are in no accumulator, no checkpoint and no table.
#include "elbow/train/detail/engine.h"

#include "elbow/base/clock.h"
#include "elbow/base/signals.h"
#include "elbow/data/pages.h"

#include <stdlib.h>
#include <time.h>

// Doubles after the statistics: the number of ranks that have to stop, for each reason.
enum { REASON_SIGNAL, REASON_TIME, REASON_LOST, REASON_DATA, REASONS };

_Static_assert((int)REASONS == (int)ELBOW_TRAIN_REASONS, "space for every reason");

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

void elbow_engine_give_reasons(const struct elbow_engine *engine, double *reasons)
{
    reasons[REASON_SIGNAL] = elbow_signals_stop_wanted();
    reasons[REASON_TIME] =
        engine->plan->place.rank == 0 && elbow_deadline_is_near(&engine->deadline, elbow_clock_seconds());
    reasons[REASON_LOST] = engine->is_lost;
    struct elbow_pages *pages = elbow_dataset_pages(&engine->plan->train);
    reasons[REASON_DATA] = pages != NULL && elbow_pages_trouble(pages, NULL) != ELBOW_OK;
}

enum elbow_status elbow_engine_check_data(const struct elbow_engine *engine, struct elbow_error *error)
{
    struct elbow_pages *pages = elbow_dataset_pages(&engine->plan->train);
    struct elbow_error trouble = {0};
    if (!(engine->sums[engine->statistics + REASON_DATA] > 0))
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
    const double *reasons = engine->sums + engine->statistics;
    int64_t stop_after = engine->plan->config.run.stop_after;
    if (reasons[REASON_LOST] > 0)
        return ELBOW_STOP_LOST;
    if (reasons[REASON_SIGNAL] > 0)
        return ELBOW_STOP_SIGNAL;
    if (stop_after > 0 && engine->state.step >= (uint64_t)stop_after)
        return ELBOW_STOP_AFTER;
    return reasons[REASON_TIME] > 0 ? ELBOW_STOP_TIME : ELBOW_STOP_NOT;
}
