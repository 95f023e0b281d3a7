// SPDX-License-Identifier: BSD-3-Clause
// A training run: its plan, the engine that makes its steps, its outputs, and the functions that the parts of the loop
// share.
#ifndef ELBOW_TRAIN_DETAIL_TRAINER_H
#define ELBOW_TRAIN_DETAIL_TRAINER_H

#include "elbow/train/trainer.h"

#include "elbow/train/detail/engine.h"
#include "elbow/train/detail/outputs.h"
#include "elbow/train/detail/plan.h"

// Engine and outputs point to the plan beside them: an open trainer must not move.
struct elbow_trainer {
    struct elbow_train_plan plan;
    struct elbow_engine engine;
    struct elbow_run_outputs outputs;
    uint64_t first_step; // of this start
    bool is_finished;
    enum elbow_stop stop; // why this start stopped before the end
    int collapsed;        // number of the latest evaluations in a row without a latent dimension in use
    struct elbow_divergence {
        double least;    // the smallest residual of this start, including that of its first step
        double residual; // of the previous evaluation, if it was far above the variance of the data; else 0
        bool is_said;
    } divergence;
    bool shows_progress; // on a line that is rewritten
    double last_line;    // clock at the last progress line, in seconds
};

// Collective. Prepares everything before the first step: run directory, data, model, exchange, initial values or
// checkpoint. Before the call comm, log and config of the plan and request and run of the outputs are set; the rest is
// zero. OK with is_finished set if a resumed run has no steps left.
enum elbow_status elbow_trainer_open(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. Releases everything. A trainer that failed to open is legal.
void elbow_trainer_close(struct elbow_trainer *trainer);

// Collective. Logs model, machine and memory; starts the prefetch.
void elbow_trainer_introduce(struct elbow_trainer *trainer);

// Local. Rank zero. Updates the progress line, or logs a plain line from time to time.
void elbow_trainer_show_progress(struct elbow_trainer *trainer);

// Local. Rank zero. Logs the figures of a row as one line.
void elbow_trainer_show_row(const struct elbow_engine *engine, const struct elbow_metrics_row *row);

// Local. To be called after the first step: warns if a learned variance starts far below the residual.
void elbow_trainer_watch_start(const struct elbow_trainer *trainer);

// Local. To be called after each step: notes the residual of the first step of a start.
void elbow_trainer_begin_divergence(struct elbow_trainer *trainer);

// Local. To be called after an evaluation with the figures `valid`; without validation data after each epoch, with
// NULL. Warns, once per start, that training with a Gaussian diverges: the residuals of the evaluation and of the last
// batch are both far above the variance of the data and above the smallest residual so far, twice in a row without a
// recovery, or at the last step.
void elbow_trainer_watch_divergence(struct elbow_trainer *trainer, const struct elbow_figures *valid);

// Local. Logs where a finished run has left its outputs, and the time it took.
void elbow_trainer_log_end(const struct elbow_trainer *trainer);

// Collective. Saves a checkpoint of the present step, after all its rows have been written. All ranks wait until rank
// zero has a copy of the state, which is then written while training continues.
void elbow_trainer_save(struct elbow_trainer *trainer);

// Collective. Waits for the last checkpoint; whether it is on disk.
bool elbow_trainer_is_saved(struct elbow_trainer *trainer);

// Local. Rank zero. Waits for the checkpoint that is being written and notes the result.
void elbow_trainer_settle(struct elbow_trainer *trainer);

// Collective. The status of a stopped run: STOPPED with its sentence; FILE if the checkpoint was not `saved` or the run
// directory is lost.
enum elbow_status elbow_trainer_report_stop(const struct elbow_trainer *trainer, enum elbow_stop stop, bool saved,
                                            struct elbow_error *error);

// Collective. Whether a run that ends with this status writes its report (run.report): it has made steps, and there is
// time. Without time a line says how to make the report later.
bool elbow_trainer_has_report(const struct elbow_trainer *trainer, enum elbow_status status);

// Collective. Writes report.html into the directory of a run that is closed; warns if that is not possible.
void elbow_trainer_write_report(struct elbow_comm *comm, const char *run, struct elbow_log *log);

// Local. Rank zero. Sets the text that is written if a signal ends the process from now on.
void elbow_trainer_keep_text(const struct elbow_trainer *trainer);

#endif
