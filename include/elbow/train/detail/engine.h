// SPDX-License-Identifier: BSD-3-Clause
// The engine of a run: makes its steps. It knows no run directory; `elbow bench` uses it without one.
//
// The plan of the engine must be set before any call. `Local.` functions call MPI only through the polls of the
// exchange.
#ifndef ELBOW_TRAIN_DETAIL_ENGINE_H
#define ELBOW_TRAIN_DETAIL_ENGINE_H

#include "elbow/base/deadline.h"
#include "elbow/base/trace.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/prefetch.h"
#include "elbow/nn/average.h"
#include "elbow/nn/optimizer.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/layerwise.h"

#include "elbow/train/detail/audit.h"
#include "elbow/train/detail/plan.h"
#include "elbow/train/detail/sizes.h"

// Seconds that this rank has spent since the last row of metrics.csv.
struct elbow_times {
    double start;                          // clock at the last row
    double compute, data;                  // data: collating microbatches, or waiting for the thread that does
    uint64_t late;                         // count of late pages at the last row
    struct elbow_exchange_counts exchange; // counts at the last row
};

struct elbow_engine {
    const struct elbow_train_plan *plan; // not owned
    struct elbow_model *model;           // owned
    struct elbow_exchange *exchange;     // owned
    struct elbow_optimizer optimizer;
    struct elbow_average average;
    struct elbow_prefetch *prefetch; // owned
    struct elbow_audit audit;
    struct elbow_run_state state;

    // Buffers of a step.
    size_t statistics;                  // doubles of a step; the exchange sums ELBOW_TRAIN_REASONS more
    size_t summed;                      // those that add up from row to row: all but the likelihood's figures
    double label_share;                 // of a classifier: number of all rows / number of rows with a known class
    size_t accumulators;                // the summed ones, and the KL of the step before if the objective needs it
    double *accumulator;                // [accumulators] sums since the last row; owned
    double *sums;                       // [statistics + ELBOW_TRAIN_REASONS] of the last batch; owned
    double *levels;                     // (levels of the tree, statistics) for the sums of a subtree; owned
    struct elbow_microbatch microbatch; // the present one; its arrays belong to the prefetch
    size_t slots;                       // microbatches that pass through the layers together; 0: one at a time
    struct elbow_layerwise *layerwise_passes; // [slots] owned

    // The present step.
    const float *begun; // the parameters of the last elbow_model_begin; NULL: not called in this step
    bool audits;        // this step is audited
    double clip;        // factor of the gradient
    bool is_finite;     // the sums of the last batch were finite

    // Rank zero: its reasons to stop, that is a deadline, or a lost run directory.
    struct elbow_deadline deadline;
    bool is_lost;

    struct elbow_times times;
    struct elbow_track *track; // records the events of this thread; NULL: none; not owned
};

// The reason why a run stops before its end.
enum elbow_stop { ELBOW_STOP_NOT, ELBOW_STOP_AFTER, ELBOW_STOP_SIGNAL, ELBOW_STOP_TIME, ELBOW_STOP_LOST };

// Collective. Creates model, exchange, optimiser and buffers for a plan that has been made. Before the call the rest of
// the engine is zero, except for a deadline. After a failure elbow_engine_clear releases what was created. MEMORY,
// CONFIG.
enum elbow_status elbow_engine_create(struct elbow_engine *engine, struct elbow_error *error);

// Collective. Sets parameters and schedule of a new run (`init`: a checkpoint whose tensors are taken over, or NULL),
// or restores the state of a resumed run.
enum elbow_status elbow_engine_start_new(struct elbow_engine *engine, const char *init, struct elbow_error *error);
enum elbow_status elbow_engine_start_resumed(struct elbow_engine *engine, const struct elbow_checkpoint *checkpoint,
                                             struct elbow_error *error);

// Collective. Prepares a run without outputs for its first step: begins and makes the plan, whose comm, log and config
// are set, and creates the engine, which is zero. The caller clears both, also after a failure.
enum elbow_status elbow_engine_open(struct elbow_engine *engine, struct elbow_train_plan *plan,
                                    struct elbow_error *error);

// Collective. For data that are not all in memory: reads the rows that are kept, or starts to read ahead for the next
// step. The tracks of a trace must have been assigned before. MEMORY, and errors of reading.
enum elbow_status elbow_engine_read(struct elbow_engine *engine, struct elbow_error *error);

// Collective. Logs model, machine and memory, including `trace_bytes` on each rank and `checkpoint_bytes` on rank zero;
// starts the prefetch.
void elbow_engine_introduce(struct elbow_engine *engine, uint64_t trace_bytes, uint64_t checkpoint_bytes);

// Collective. Releases everything except the plan. A zeroed struct is legal.
void elbow_engine_clear(struct elbow_engine *engine);

// Collective. Makes one optimiser step and updates state, accumulator, sums and is_finite. NUMBERS if an audit finds
// that the parameters of a node have changed since the last step; an error of reading if a rank could not read training
// data.
enum elbow_status elbow_engine_step(struct elbow_engine *engine, struct elbow_error *error);

// Collective. Makes the audit that is due, if there is one. NUMBERS as above.
enum elbow_status elbow_engine_audit(struct elbow_engine *engine, struct elbow_error *error);

// Collective. The parameters for evaluations and pictures: the averaged ones if there are any. The pointer is valid
// until the next step.
enum elbow_status elbow_engine_weights(struct elbow_engine *engine, const float **weights, struct elbow_error *error);

// Local. The terms of step `step` (counted from 0), given the steps that were made before it.
struct elbow_terms elbow_engine_terms(const struct elbow_engine *engine, uint64_t step);

// Local. Computes a step up to the exchange: gradients and statistics of this rank's microbatches of the batch at
// `place`, in the buffers of the exchange. `exchanges`: an elbow_exchange_step follows, so complete parts are sent
// during the last backward pass.
void elbow_engine_compute(struct elbow_engine *engine, const struct elbow_step_place *place, bool exchanges);

// Local. Once per step, before this rank uses the prior: waits for all parameters and calls elbow_model_begin.
void elbow_engine_begin(struct elbow_engine *engine);

// Local. Computes all subtrees of this rank. Its last `slots` microbatches pass through the layers together.
void elbow_engine_compute_layers(struct elbow_engine *engine, const struct elbow_step_place *place,
                                 const struct elbow_range *subtrees, int count, bool exchanges);

// Local. Computes node [lo, hi) of the tree over the microbatches of a batch: the sums of their gradients and
// statistics. `level`: of the buffers; 0 for those of a whole subtree.
void elbow_engine_compute_subtree(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t lo,
                                  uint64_t hi, int level, float *gradient, double *statistics);

// Local. Collates microbatch `number` of the batch at `place`: its samples and noise in engine->microbatch. With a
// prefetch the next microbatch of this rank is then requested.
void elbow_engine_gather(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t number);

// Local. Sets the deadline of the run by configuration and job. `opened`: clock at the start of the program, in
// seconds.
void elbow_engine_set_deadline(struct elbow_engine *engine, double opened);

// Local. Writes this rank's reasons to stop, to be summed over the ranks, into reasons [ELBOW_TRAIN_REASONS].
void elbow_engine_give_reasons(const struct elbow_engine *engine, double *reasons);

// Collective. After the sums of a step: the error of a rank that could not read its training data, if there is one.
enum elbow_status elbow_engine_check_data(const struct elbow_engine *engine, struct elbow_error *error);

// Local. If rows are read from files: continues the messages of the exchange while this thread waits for rows. `source`
// is that of the prefetch.
void elbow_engine_await_pages(struct elbow_engine *engine, struct elbow_data_source *source);

// Local, main thread. Warns of reads that failed and are repeated: rank zero in the log, others on stderr.
void elbow_engine_say_pages(const struct elbow_engine *engine);

// Local. Records the work of the thread that reads rows ahead in a track.
void elbow_engine_trace_pages(const struct elbow_engine *engine, struct elbow_track *track);

// Local. Ends the threads that collate and read ahead, if there are any, so that they no longer record events.
void elbow_engine_stop_data(struct elbow_engine *engine);

// Local. Returns the number of pages that this rank has waited for since its start. Writes the number since the last
// row of metrics.csv into `figures`.
uint64_t elbow_engine_count_late(const struct elbow_engine *engine, struct elbow_figures *figures);

// Local. Whether and why a run with steps left stops after this one; the same answer on every rank.
enum elbow_stop elbow_engine_must_stop(const struct elbow_engine *engine);

// Local. The sources of a checkpoint of the present state. They borrow from the engine.
struct elbow_checkpoint_source elbow_engine_source(const struct elbow_engine *engine);

// Local. The buckets in which parameters are sent between two nodes (elbow_exchange_list_buckets).
enum elbow_status elbow_engine_list_buckets(const struct elbow_engine *engine, int most, size_t *parameters, int *count,
                                            struct elbow_error *error);

#endif
