// SPDX-License-Identifier: BSD-3-Clause
// The outputs of a run: its directory, and all that is written there, by rank zero.
#ifndef ELBOW_TRAIN_DETAIL_OUTPUTS_H
#define ELBOW_TRAIN_DETAIL_OUTPUTS_H

#include "elbow/base/directory.h"
#include "elbow/base/lock.h"
#include "elbow/base/pending.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/checkpoint/writer.h"
#include "elbow/output/events.h"
#include "elbow/output/metrics.h"
#include "elbow/output/tracer.h"
#include "elbow/train/trainer.h"

#include "elbow/train/detail/plan.h"

// What a run leaves, by what may fail by itself.
enum elbow_output_kind {
    ELBOW_OUTPUT_ROWS,
    ELBOW_OUTPUT_PICTURES,
    ELBOW_OUTPUT_EVENTS,
    ELBOW_OUTPUT_CHECKPOINT,
    ELBOW_OUTPUT_KINDS
};

// How long checkpoints made training wait.
struct elbow_stalls {
    uint64_t count;
    double seconds, longest;
    double writing; // seconds that the writer took beside it
};

struct elbow_run_outputs {
    const struct elbow_train_plan *plan;       // not owned
    const struct elbow_run_state *state;       // where the run stands; of the engine
    const struct elbow_train_request *request; // not owned
    const char *run;                           // the path of the run directory; not owned
    double run_start;                          // clock: when the loop began

    // Rank zero's.
    struct elbow_directory directory; // the run directory, open
    bool is_former;                   // it was a run's before this start
    struct elbow_error loss;          // why it is not this run's any more; OK while it is
    off_t receipt_size;               // bytes of the receipt when this start had written its part; 0: not yet
    struct elbow_lock lock;           // of the run directory
    struct elbow_metrics metrics;
    struct elbow_events events;   // for TensorBoard, where it is asked for
    struct elbow_pending pending; // pictures that could not be written yet
    bool is_saved;                // the last checkpoint that was waited for is on disk

    struct elbow_writer writer; // the thread is rank zero's
    struct elbow_tracer tracer;
    struct elbow_stalls stalls;
    bool has_failed;                     // something could not be written; the run goes on
    bool is_failing[ELBOW_OUTPUT_KINDS]; // at its last turn
};

// Collective. Whether the request and the run directory say that an earlier run goes on; then its checkpoint.
enum elbow_status elbow_outputs_find_former(struct elbow_run_outputs *outputs, bool *resumes,
                                            struct elbow_checkpoint *checkpoint, struct elbow_error *error);

// Collective. Moves an earlier run aside where the request says so, makes the directory, begins the log file.
enum elbow_status elbow_outputs_enter(struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. The configuration and the tables in the directory, for so many latent dimensions; tables, pictures and
// checkpoints cut to where the run stands; the writer, for checkpoints of `source`.
enum elbow_status elbow_outputs_open(struct elbow_run_outputs *outputs, const struct elbow_model *model,
                                     const struct elbow_checkpoint_source *source, struct elbow_error *error);

// Local. Ends the writer and closes all. What was never opened is legal.
void elbow_outputs_close(struct elbow_run_outputs *outputs);

// Local. Rank zero makes best.h5 again, where a start was killed between a checkpoint and its link.
void elbow_outputs_mend_best(const struct elbow_run_outputs *outputs);

// Local. Rank zero. Whether the run directory still is this run's, to be asked before anything is written: it may have
// been removed, or another run may be at work in it, because the lock's file was removed. Once it is lost nothing is
// written any more, and the run stops after its step.
bool elbow_outputs_may_write(struct elbow_run_outputs *outputs);

// Local. Rank zero. Remembers the receipt as this start has left it.
void elbow_outputs_note_receipt(struct elbow_run_outputs *outputs);

// Local. Rank zero. Adds to RUN/receipt.txt; `end` is NULL at the start of a run.
void elbow_outputs_write_receipt(struct elbow_run_outputs *outputs, const char *end);

// Local. Rank zero. Notes how writing some output went: a warning where it begins to fail, a line where it succeeds
// again, and the exit status will tell.
void elbow_outputs_note(struct elbow_run_outputs *outputs, enum elbow_output_kind kind,
                        const struct elbow_error *trouble);

// Local. Rank zero. A row into the tables, and among the events, of the present step.
void elbow_outputs_add_row(struct elbow_run_outputs *outputs, const struct elbow_metrics_row *row, const double *kl);

// Local. Rank zero. The pictures of the present step, which have been drawn, among the events.
void elbow_outputs_add_pictures(struct elbow_run_outputs *outputs);

// Local. Rank zero. Whether the trace, if one is asked for, has a place, before anything is made: as
// elbow_output_check; USAGE too if the run writes something else there.
enum elbow_status elbow_outputs_probe_trace(const struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. Opens the trace, where one is asked for: after the outputs have been opened.
enum elbow_status elbow_outputs_open_trace(struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. Writes it, at the end of the loop, when no thread notes anything any more, and tells: OUTPUT if it could
// not be written.
enum elbow_status elbow_outputs_write_trace(struct elbow_run_outputs *outputs, struct elbow_error *error);

#endif
