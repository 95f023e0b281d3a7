// SPDX-License-Identifier: BSD-3-Clause
// The outputs of a run: its directory and all files that rank zero writes there.
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

// Outputs that can fail independently of each other.
enum elbow_output_kind {
    ELBOW_OUTPUT_ROWS,
    ELBOW_OUTPUT_PICTURES,
    ELBOW_OUTPUT_EVENTS,
    ELBOW_OUTPUT_CHECKPOINT,
    ELBOW_OUTPUT_KINDS
};

// Time that training waited for checkpoints.
struct elbow_stalls {
    uint64_t count;
    double seconds, longest; // in all; the longest
    double writing;          // seconds of the writer in the background
};

struct elbow_run_outputs {
    const struct elbow_train_plan *plan;       // not owned
    const struct elbow_run_state *state;       // present state of the run; belongs to the engine
    const struct elbow_train_request *request; // not owned
    const char *run;                           // the path of the run directory; not owned
    double run_start;                          // clock at the start of the loop, in seconds

    // On rank zero.
    struct elbow_directory directory; // the run directory, open
    bool is_former;                   // it was a run directory before this start
    struct elbow_error loss;          // why it no longer belongs to this run; OK while it does
    off_t receipt_size;               // bytes of the receipt after this start wrote its part; 0: not written yet
    struct elbow_lock lock;           // of the run directory
    struct elbow_metrics metrics;
    struct elbow_events events;   // for TensorBoard, if the configuration asks for them
    struct elbow_pending pending; // pictures that could not be written so far
    bool is_saved;                // the last checkpoint that was waited for is on disk

    struct elbow_writer writer; // with a thread on rank zero
    struct elbow_tracer tracer;
    struct elbow_stalls stalls;
    bool has_failed;                     // an output could not be written; the run continues
    bool is_failing[ELBOW_OUTPUT_KINDS]; // the last attempt failed
};

// Collective. Whether an earlier run is to be resumed, by the request and the contents of the run directory; if so,
// loads its checkpoint. USAGE or FILE if request and directory do not fit.
enum elbow_status elbow_outputs_find_former(struct elbow_run_outputs *outputs, bool *resumes,
                                            struct elbow_checkpoint *checkpoint, struct elbow_error *error);

// Collective. Moves an earlier run aside if the request says so, makes the directory and begins the log file.
enum elbow_status elbow_outputs_enter(struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. Writes the configuration, opens the tables for the latent dimensions of the model, removes rows, pictures
// and checkpoints of later steps than the present one, and opens the writer for checkpoints of `source`.
enum elbow_status elbow_outputs_open(struct elbow_run_outputs *outputs, const struct elbow_model *model,
                                     const struct elbow_checkpoint_source *source, struct elbow_error *error);

// Local. Ends the writer and closes everything. Parts that were never opened are legal.
void elbow_outputs_close(struct elbow_run_outputs *outputs);

// Local. Rank zero makes the link best.h5 again, which is missing if a start was killed between checkpoint and link.
void elbow_outputs_mend_best(const struct elbow_run_outputs *outputs);

// Local. Rank zero. Whether the run directory still belongs to this run; to be called before each output. The directory
// may have been removed, or another run may use it because somebody removed the lock file. Once the directory is lost
// the run writes nothing more and stops after its step.
bool elbow_outputs_may_write(struct elbow_run_outputs *outputs);

// Local. Rank zero. Notes the size of the receipt as this start has left it.
void elbow_outputs_note_receipt(struct elbow_run_outputs *outputs);

// Local. Rank zero. Appends to RUN/receipt.txt; `end`: how the run ended, NULL at its start.
void elbow_outputs_write_receipt(struct elbow_run_outputs *outputs, const char *end);

// Local. Rank zero. Notes the result of writing an output. Logs a warning when the output begins to fail and a line
// when it succeeds again. A failure changes the exit status of the run.
void elbow_outputs_note(struct elbow_run_outputs *outputs, enum elbow_output_kind kind,
                        const struct elbow_error *trouble);

// Local. Rank zero. Adds a row for the present step to the tables and the events.
void elbow_outputs_add_row(struct elbow_run_outputs *outputs, const struct elbow_metrics_row *row, const double *kl);

// Local. Rank zero. Adds the pictures of the present step, which have been drawn, to the events.
void elbow_outputs_add_pictures(struct elbow_run_outputs *outputs);

// Local. Rank zero. Checks the path of the requested trace, if there is one, before the run makes anything. Errors of
// elbow_output_check; also USAGE if the run writes another file there.
enum elbow_status elbow_outputs_probe_trace(const struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. Opens the requested trace, if there is one, after the outputs have been opened.
enum elbow_status elbow_outputs_open_trace(struct elbow_run_outputs *outputs, struct elbow_error *error);

// Collective. Writes the trace at the end of the loop, when no thread records events any more, and logs its size.
// OUTPUT if it could not be written.
enum elbow_status elbow_outputs_write_trace(struct elbow_run_outputs *outputs, struct elbow_error *error);

#endif
