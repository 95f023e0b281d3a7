// SPDX-License-Identifier: BSD-3-Clause
// A training run: a plan, the engine that makes its steps, and its outputs; and what the parts of the loop share.
#ifndef ELBOW_TRAIN_DETAIL_TRAINER_H
#define ELBOW_TRAIN_DETAIL_TRAINER_H

#include "elbow/train/trainer.h"

#include "elbow/train/detail/engine.h"
#include "elbow/train/detail/outputs.h"
#include "elbow/train/detail/plan.h"

// Engine and outputs point to the plan beside them: a trainer that is open stays where it is.
struct elbow_trainer {
    struct elbow_train_plan plan;
    struct elbow_engine engine;
    struct elbow_run_outputs outputs;
    uint64_t first_step; // of this start
    bool is_finished;
    enum elbow_stop stop; // why this start has stopped before that
    int collapsed;        // evaluations of this start, in a row, without a dimension in use
    bool shows_progress;  // on a line that is rewritten
    double last_line;     // clock: of the progress
};

// Collective. Everything before the first step: run directory, data, model, exchange, start values or checkpoint. OK
// with is_finished set where a resumed run has nothing left to do. The trainer has its plan's comm, log and config, its
// outputs' request and run; the rest is zero.
enum elbow_status elbow_trainer_open(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. Gives all back.
void elbow_trainer_close(struct elbow_trainer *trainer);

// Collective. Says what runs on what, and what it takes in memory; starts to gather data ahead.
void elbow_trainer_introduce(struct elbow_trainer *trainer);

// Local. Rank zero. The progress line, or a plain line now and then.
void elbow_trainer_show_progress(struct elbow_trainer *trainer);

// Local. Rank zero. A row's figures as a line of the log.
void elbow_trainer_show_row(const struct elbow_engine *engine, const struct elbow_metrics_row *row);

// Local. After the first step: warns of a learned variance that starts far below the residual.
void elbow_trainer_watch_start(const struct elbow_trainer *trainer);

// Local. What a finished run leaves and where.
void elbow_trainer_tell_end(const struct elbow_trainer *trainer);

// Collective. The checkpoint of the present step, after all its rows have been written: all wait until rank zero has a
// copy of the state, which then goes to disk while training goes on.
void elbow_trainer_save(struct elbow_trainer *trainer);

// Collective. Whether the last checkpoint is on disk, which is waited for.
bool elbow_trainer_is_saved(struct elbow_trainer *trainer);

// Local. Rank zero. Waits for the checkpoint that is being written, and notes what became of it.
void elbow_trainer_settle(struct elbow_trainer *trainer);

// Collective. STOPPED with its sentence; FILE where the checkpoint was not `saved`, or the run directory is lost.
enum elbow_status elbow_trainer_tell_stop(const struct elbow_trainer *trainer, enum elbow_stop stop, bool saved,
                                          struct elbow_error *error);

// Collective. Writes report.html into the directory of a run that is closed; a warning where that cannot be.
void elbow_trainer_write_report(struct elbow_comm *comm, const char *run, struct elbow_log *log);

// Local. Rank zero. What a signal that ends the process shall write from now on.
void elbow_trainer_keep_text(const struct elbow_trainer *trainer);

#endif
