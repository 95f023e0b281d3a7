// SPDX-License-Identifier: BSD-3-Clause
// Stopping early, with a checkpoint to go on from, or without one where the run directory is lost. A signal comes to
// any rank at any time, rank zero's clock knows the deadline, and rank zero sees what becomes of the directory: all are
// wishes that ride in the sums of the step, behind the statistics, so that every rank learns of them at the same step.
// They are in no accumulator, no checkpoint and no table.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/base/signals.h"

#include <stdlib.h>
#include <time.h>

// Doubles behind the statistics: how many ranks wish to stop, and why.
enum { WISH_SIGNAL, WISH_TIME, WISH_LOST, WISHES };

_Static_assert((int)WISHES == (int)ELBOW_TRAINER_WISHES, "room for every wish");

void elbow_trainer_set_deadline(struct elbow_trainer *trainer)
{
    double left = 0;
    const char *job = getenv("SLURM_JOB_END_TIME");
    if (trainer->place.rank != 0)
        return;
    bool ends = elbow_deadline_job_left(job, (double)time(NULL), &left);
    if (job != NULL && !ends)
        elbow_log_warn(trainer->log,
                       "SLURM_JOB_END_TIME is '%.40s', expected a time to come in seconds since 1970: it is not used",
                       job);
    trainer->deadline =
        elbow_deadline_at(trainer->opened, trainer->config.run.time_limit, elbow_clock_seconds(), ends ? &left : NULL);
}

void elbow_trainer_wish(struct elbow_trainer *trainer, double *wishes)
{
    wishes[WISH_SIGNAL] = elbow_signals_stop_wanted();
    wishes[WISH_TIME] = trainer->place.rank == 0 && elbow_deadline_is_near(&trainer->deadline, elbow_clock_seconds());
    wishes[WISH_LOST] = trainer->loss.status != ELBOW_OK;
}

enum elbow_stop elbow_trainer_must_stop(const struct elbow_trainer *trainer)
{
    const double *wishes = trainer->sums + trainer->statistics;
    int64_t stop_after = trainer->config.run.stop_after;
    if (trainer->is_finished)
        return ELBOW_STOP_NOT;
    if (wishes[WISH_LOST] > 0)
        return ELBOW_STOP_LOST;
    if (wishes[WISH_SIGNAL] > 0)
        return ELBOW_STOP_SIGNAL;
    if (stop_after > 0 && trainer->state.step >= (uint64_t)stop_after)
        return ELBOW_STOP_AFTER;
    return wishes[WISH_TIME] > 0 ? ELBOW_STOP_TIME : ELBOW_STOP_NOT;
}

enum elbow_status elbow_trainer_tell_stop(struct elbow_trainer *trainer, enum elbow_stop stop, bool saved,
                                          struct elbow_error *error)
{
    char why[128];
    if (stop == ELBOW_STOP_SIGNAL)
        elbow_text_format(why, sizeof why, "as a signal asked");
    else if (stop == ELBOW_STOP_AFTER)
        elbow_text_format(why, sizeof why, "as run.stop_after asks");
    else if (trainer->deadline.is_job)
        elbow_text_format(why, sizeof why, "because the end of the job is near");
    else
        elbow_text_format(why, sizeof why, "because run.time_limit, %lld s, is near",
                          (long long)trainer->config.run.time_limit);
    unsigned long long step = trainer->state.step;
    if (trainer->loss.status != ELBOW_OK)
        *error = trainer->loss;
    else if (!saved)
        elbow_error_set(error, ELBOW_FILE, "stopped after step %llu %s, but its checkpoint could not be written", step,
                        why);
    else
        elbow_error_set(error, ELBOW_STOPPED, "stopped after step %llu %s%s; go on with --resume", step, why,
                        trainer->output_failed ? ", but some output could not be written" : "");
    return elbow_comm_agree_root(trainer->comm, error); // rank zero alone knows its deadline
}

void elbow_trainer_keep_text(const struct elbow_trainer *trainer)
{
    unsigned long long step = trainer->state.step,
                       written = __atomic_load_n(&trainer->writer.written, __ATOMIC_SEQ_CST);
    unsigned long long saved = written > 0 ? written : trainer->first_step;
    if (trainer->place.rank != 0 || trainer->run == NULL)
        return;
    if (saved == step && saved == 0)
        elbow_signals_keep_text(" before the first step: nothing is lost; start again");
    else if (saved == step)
        elbow_signals_keep_text(" after step %llu: nothing is lost, it has a checkpoint; go on with --resume", step);
    else if (saved == 0)
        elbow_signals_keep_text(" after step %llu: all of it is lost, there is no checkpoint yet; start again", step);
    else
        elbow_signals_keep_text(
            " after step %llu: what came after the checkpoint of step %llu is lost; go on from there with --resume",
            step, saved);
}
