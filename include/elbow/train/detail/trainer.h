// SPDX-License-Identifier: BSD-3-Clause
// What the parts of a training run share: setting up (trainer_setup.c), one step (trainer_step.c), telling
// (trainer_report.c), and the loop (trainer.c).
#ifndef ELBOW_TRAIN_DETAIL_TRAINER_H
#define ELBOW_TRAIN_DETAIL_TRAINER_H

#include "elbow/base/deadline.h"

#include "elbow/base/directory.h"
#include "elbow/base/lock.h"
#include "elbow/base/pending.h"
#include "elbow/checkpoint/writer.h"
#include "elbow/data/prefetch.h"
#include "elbow/data/stage.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/output/metrics.h"
#include "elbow/parallel/binding.h"
#include "elbow/train/trainer.h"
#include "elbow/vae/layerwise.h"

#include "elbow/output/tracer.h"
#include "elbow/train/detail/audit.h"

// Seconds of this rank since the last row, by what they were spent on.
struct elbow_times {
    double start;                          // clock at the last row
    double compute, data;                  // data: gathering, or waiting for what a thread gathers
    struct elbow_exchange_counts exchange; // as they were at the last row
};

// What a run leaves, by what may fail by itself.
enum elbow_trainer_output { ELBOW_OUTPUT_ROWS, ELBOW_OUTPUT_PICTURES, ELBOW_OUTPUT_CHECKPOINT, ELBOW_OUTPUT_KINDS };

// How long checkpoints made training wait.
struct elbow_stalls {
    uint64_t count;
    double seconds, longest;
    double writing; // seconds that the writer took beside it
};

// Doubles that ride behind the statistics of a step: the ranks' wishes to stop.
enum { ELBOW_TRAINER_WISHES = 3 };

// Why a run stops before its end.
enum elbow_stop { ELBOW_STOP_NOT, ELBOW_STOP_AFTER, ELBOW_STOP_SIGNAL, ELBOW_STOP_TIME, ELBOW_STOP_LOST };

struct elbow_trainer {
    struct elbow_comm *comm; // not owned
    struct elbow_log *log;   // not owned
    struct elbow_place place;
    const struct elbow_train_request *request;
    struct elbow_config config;
    const char *run;       // the run directory; NULL: none, for the benchmark
    char *checkpoint_text; // the configuration that checkpoints hold: without run.*; owned

    struct elbow_dataset train, valid;
    bool has_valid;
    struct elbow_data_facts facts;
    struct elbow_stage stage;       // copies of the files while they are read
    struct elbow_sequence sequence; // its batch: train.batch, or all samples there are
    uint64_t epoch_steps;

    bool ranks_differ; // in build or processor

    struct elbow_model *model;
    struct elbow_exchange *exchange;
    struct elbow_optimizer optimizer;
    struct elbow_audit audit;
    bool audits; // the present step is one to be audited
    struct elbow_run_state state;
    size_t statistics;   // doubles; the exchange sums ELBOW_TRAINER_WISHES more
    double *accumulator; // [statistics] since the last row; owned
    double *sums;        // [statistics + wishes] of the last batch; owned
    double *levels;      // (levels, statistics) inside a subtree; owned
    struct elbow_binding binding;
    struct elbow_prefetch *prefetch;          // owned
    struct elbow_prepared prepared;           // the microbatch at hand: of the prefetch
    size_t lanes;                             // microbatches that go through the layers together; 0: each by itself
    struct elbow_layerwise *layerwise_passes; // [lanes] owned
    double clip;                              // factor of the present step
    bool is_finite;                           // the last batch's sums were

    struct elbow_directory directory; // rank zero: the run directory, open
    bool is_former;                   // rank zero: it was a run's before this start
    struct elbow_error loss;          // rank zero: why it is not this run's any more; OK while it is
    off_t receipt_size; // rank zero: bytes of the receipt when this start had written its part; 0: not yet

    struct elbow_lock lock;       // rank zero: of the run directory
    struct elbow_metrics metrics; // rank zero
    struct elbow_pending pending; // rank zero: pictures that could not be written yet
    struct elbow_times times;
    double run_start, last_line;    // clock
    double opened;                  // clock when the program began
    struct elbow_deadline deadline; // rank zero
    uint64_t first_step;            // of this start
    bool shows_progress;
    struct elbow_writer writer; // the thread is rank zero's
    bool is_saved;              // rank zero: the last checkpoint that was waited for is on disk
    struct elbow_stalls stalls;
    struct elbow_tracer tracer;
    struct elbow_track *track;           // where this thread's events go; of the tracer; NULL: nowhere
    bool output_failed;                  // something could not be written; the run goes on
    bool is_failing[ELBOW_OUTPUT_KINDS]; // at its last turn
    bool is_finished;
    int collapsed; // evaluations of this start, in a row, without a dimension in use
};

// Collective. Everything before the first step: run directory, data, model, exchange, start values or checkpoint. OK
// with is_finished set where a resumed run has nothing left to do.
enum elbow_status elbow_trainer_open(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. The parameters and the schedule of a new run; the state of a resumed one. Model, exchange and optimiser
// are there.
enum elbow_status elbow_trainer_start_new(struct elbow_trainer *trainer, struct elbow_error *error);
enum elbow_status elbow_trainer_start_resumed(struct elbow_trainer *trainer, const struct elbow_checkpoint *checkpoint,
                                              struct elbow_error *error);

// Collective. Whether the request and the run directory say that an earlier run goes on; then its checkpoint.
enum elbow_status elbow_trainer_find_former(struct elbow_trainer *trainer, bool *resumes,
                                            struct elbow_checkpoint *checkpoint, struct elbow_error *error);

// Collective. Moves an earlier run aside where the request says so, makes the directory, begins the log file.
enum elbow_status elbow_trainer_enter_directory(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. The configuration and the tables in the directory; tables, pictures and checkpoints cut to where the run
// stands.
enum elbow_status elbow_trainer_open_outputs(struct elbow_trainer *trainer, struct elbow_error *error);

// Local. Rank zero makes best.h5 again, where a start was killed between a checkpoint and its link.
void elbow_trainer_mend_best(const struct elbow_trainer *trainer);

// Local. Rank zero. Whether the run directory still is this run's, to be asked before anything is written: it may have
// been removed, or another run may be at work in it, because the lock's file was removed. Once it is lost nothing is
// written any more, and the run stops after its step.
bool elbow_trainer_may_write(struct elbow_trainer *trainer);

// Local. Rank zero. Remembers the receipt as this start has left it.
void elbow_trainer_note_receipt(struct elbow_trainer *trainer);

// Collective. Gives all back.
void elbow_trainer_close(struct elbow_trainer *trainer);

// Local. Microbatch `number` of the batch at `place`: its samples and noise into `prepared`. The one that this rank
// computes next is then on its way, if data come ahead.
void elbow_trainer_gather(struct elbow_trainer *trainer, const struct elbow_step_place *place, uint64_t number);

// Local. A step up to the exchange: this rank's microbatches of the batch at `place`, into the buffers of the exchange.
// `exchanges`: an elbow_exchange_step follows, and what is complete goes on its way under the last backward pass.
void elbow_trainer_compute(struct elbow_trainer *trainer, const struct elbow_step_place *place, bool exchanges);

// Local. Node [lo, hi) of the tree over a batch's microbatches: the sums of its gradients and statistics. `level`: that
// of the buffers, 0 for a subtree's own.
void elbow_trainer_compute_subtree(struct elbow_trainer *trainer, const struct elbow_step_place *place, uint64_t lo,
                                   uint64_t hi, int level, float *gradient, double *statistics);

// Local. All subtrees of this rank, the last `lanes` microbatches of which go through the layers together.
void elbow_trainer_compute_layers(struct elbow_trainer *trainer, const struct elbow_step_place *place,
                                  const struct elbow_range *subtrees, int count, bool exchanges);

// Collective. One optimiser step; state, accumulator, sums follow. Whether the sums were finite is in is_finite.
// NUMBERS if an audit finds that a node's parameters have changed since the last step.
enum elbow_status elbow_trainer_step(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. The audit that is due, if one is: NUMBERS as above.
enum elbow_status elbow_trainer_audit(struct elbow_trainer *trainer, struct elbow_error *error);

// Local. What a checkpoint of the present state is made of.
struct elbow_checkpoint_source elbow_trainer_source(const struct elbow_trainer *trainer);

// Local. When the run has to stop, by the configuration and the job.
void elbow_trainer_set_deadline(struct elbow_trainer *trainer);

// Local. This rank's wishes to stop, before they are summed.
void elbow_trainer_wish(struct elbow_trainer *trainer, double *wishes);

// Local. Whether and why the run stops after this step: the same answer on every rank.
enum elbow_stop elbow_trainer_must_stop(const struct elbow_trainer *trainer);

// Collective. STOPPED with its sentence; FILE where the checkpoint was not `saved`, or the run directory is lost.
enum elbow_status elbow_trainer_tell_stop(struct elbow_trainer *trainer, enum elbow_stop stop, bool saved,
                                          struct elbow_error *error);

// Local. Rank zero. What a signal that ends the process shall write from now on.
void elbow_trainer_keep_text(const struct elbow_trainer *trainer);

// Collective. Says what runs on what, and what it takes in memory; starts to gather data ahead.
void elbow_trainer_introduce(struct elbow_trainer *trainer);

// Local. Rank zero. The progress line, or a plain line now and then.
void elbow_trainer_show_progress(struct elbow_trainer *trainer);

// Local. What a finished run leaves and where.
void elbow_trainer_tell_end(struct elbow_trainer *trainer);

// Local. Rank zero. Whether the trace, if one is asked for, has a place, before anything is made: as
// elbow_output_check; USAGE too if the run writes something else there.
enum elbow_status elbow_trainer_probe_trace(const struct elbow_trainer *trainer, struct elbow_error *error);

// Local. What the request asks to be traced.
struct elbow_tracer_order elbow_trainer_trace_order(const struct elbow_trainer *trainer);

// Collective. Begins the trace, where one is asked for: after the outputs have been opened, before any thread starts.
enum elbow_status elbow_trainer_begin_trace(struct elbow_trainer *trainer, struct elbow_error *error);

// Collective. Leaves it, at the end of the loop, and tells: OUTPUT if it could not be written.
enum elbow_status elbow_trainer_end_trace(struct elbow_trainer *trainer, struct elbow_error *error);

// Local. Rank zero. A row's figures as a line of the log.
void elbow_trainer_show_row(struct elbow_trainer *trainer, const struct elbow_metrics_row *row);

// Local. Rank zero. Adds to RUN/receipt.txt; `end` is NULL at the start of a run.
void elbow_trainer_write_receipt(struct elbow_trainer *trainer, const char *end);

// Local. Rank zero. Notes how writing some output went: a warning where it begins to fail, a line where it succeeds
// again, and the exit status will tell.
void elbow_trainer_note_output(struct elbow_trainer *trainer, enum elbow_trainer_output kind,
                               const struct elbow_error *trouble);

// Local. Rank zero. Waits for the checkpoint that is being written, and notes what became of it.
void elbow_trainer_settle(struct elbow_trainer *trainer);

// Collective. The same bits are promised for one build on one type of processor: notes whether the ranks
// differ, which is told later; MISMATCH where they do and run.strict is set.
enum elbow_status elbow_trainer_compare_ranks(struct elbow_trainer *trainer, struct elbow_error *error);

// Local. The processor's name as the kernel tells it.
void elbow_trainer_processor(char *name, size_t size);

// Local. The buckets in which the parameters travel between two nodes (elbow_exchange_list_buckets).
enum elbow_status elbow_trainer_list_buckets(const struct elbow_trainer *trainer, int most, size_t *parameters,
                                             int *count, struct elbow_error *error);

// Local. Where layers, and the parts of large ones, begin: at their weights, into sizes. The result, NULL for MEMORY,
// is the caller's.
size_t *elbow_trainer_list_layers(const struct elbow_model *model, struct elbow_exchange_sizes *sizes,
                                  struct elbow_error *error);

#endif
