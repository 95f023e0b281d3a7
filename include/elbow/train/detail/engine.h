// SPDX-License-Identifier: BSD-3-Clause
// The engine of a run: what makes its steps. It knows no run directory; `elbow bench` drives it alone.
//
// All functions take an engine whose plan is set; those that are Local. call no MPI but through the exchange's polls.
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

// Seconds of this rank since the last row, by what they were spent on.
struct elbow_times {
    double start;                          // clock at the last row
    double compute, data;                  // data: gathering, or waiting for what a thread gathers
    uint64_t late;                         // pages that came late, at the last row
    struct elbow_exchange_counts exchange; // as they were at the last row
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
    size_t statistics;                        // doubles; the exchange sums ELBOW_TRAIN_WISHES more
    size_t summed;                            // those that are summed from row to row: without the likelihood's figures
    double label_share;                       // of a classifier: all rows by those whose class is known
    size_t accumulators;                      // these, and the KL of the step before where that is looked back at
    double *accumulator;                      // [accumulators] since the last row; owned
    double *sums;                             // [statistics + wishes] of the last batch; owned
    double *levels;                           // (levels, statistics) inside a subtree; owned
    struct elbow_microbatch microbatch;       // the one at hand: of the prefetch
    size_t slots;                             // microbatches that go through the layers together; 0: each by itself
    struct elbow_layerwise *layerwise_passes; // [slots] owned

    // The present step.
    const float *begun; // the parameters that elbow_model_begin has seen; NULL: it has not been called
    bool audits;        // it is one to be audited
    double clip;        // its factor of the gradient
    bool is_finite;     // the last batch's sums were

    // What this rank wishes for (rank zero): to stop before the deadline, or because the run directory is lost.
    struct elbow_deadline deadline;
    bool is_lost;

    struct elbow_times times;
    struct elbow_track *track; // where this thread's events go; NULL: nowhere; not owned
};

// Why a run stops before its end.
enum elbow_stop { ELBOW_STOP_NOT, ELBOW_STOP_AFTER, ELBOW_STOP_SIGNAL, ELBOW_STOP_TIME, ELBOW_STOP_LOST };

// Collective. Model, exchange, optimiser and buffers, for a plan that has been made; the rest of the engine is zero, or
// its deadline is set. What was made before a failure is given back by elbow_engine_clear.
enum elbow_status elbow_engine_create(struct elbow_engine *engine, struct elbow_error *error);

// Collective. The parameters and the schedule of a new run (`init`: a checkpoint whose tensors are taken over, or
// NULL); the state of a resumed one.
enum elbow_status elbow_engine_start_new(struct elbow_engine *engine, const char *init, struct elbow_error *error);
enum elbow_status elbow_engine_start_resumed(struct elbow_engine *engine, const struct elbow_checkpoint *checkpoint,
                                             struct elbow_error *error);

// Collective. A run without outputs, up to its first step: begins and makes the plan, whose comm, log and config are
// set, and an engine that is zero. In any case both are to be cleared.
enum elbow_status elbow_engine_open(struct elbow_engine *engine, struct elbow_train_plan *plan,
                                    struct elbow_error *error);

// Collective. Where rows are not all in memory: reads those that are kept, or begins to read ahead, from the step on
// that is made next; after the tracks of a trace have been given out. MEMORY, and whatever reading comes to.
enum elbow_status elbow_engine_read(struct elbow_engine *engine, struct elbow_error *error);

// Collective. Says what runs on what, and what it takes in memory, with so many bytes of a rank for a trace and of rank
// zero for checkpoints; starts to gather data ahead.
void elbow_engine_introduce(struct elbow_engine *engine, uint64_t trace_bytes, uint64_t checkpoint_bytes);

// Collective. Gives all back, but not the plan. A zeroed struct is legal.
void elbow_engine_clear(struct elbow_engine *engine);

// Collective. One optimiser step; state, accumulator, sums follow. Whether the sums were finite is in is_finite.
// NUMBERS if an audit finds that a node's parameters have changed since the last step; what a rank could not read of
// the training data.
enum elbow_status elbow_engine_step(struct elbow_engine *engine, struct elbow_error *error);

// Collective. The audit that is due, if one is: NUMBERS as above.
enum elbow_status elbow_engine_audit(struct elbow_engine *engine, struct elbow_error *error);

// Collective. The parameters that evaluations and pictures take: the averaged ones, if there are any, until the next
// step.
enum elbow_status elbow_engine_weights(struct elbow_engine *engine, const float **weights, struct elbow_error *error);

// Local. The terms of a step (from 0), after the steps that have been done.
struct elbow_terms elbow_engine_terms(const struct elbow_engine *engine, uint64_t step);

// Local. A step up to the exchange: this rank's microbatches of the batch at `place`, into the buffers of the exchange.
// `exchanges`: an elbow_exchange_step follows, and what is complete goes on its way under the last backward pass.
void elbow_engine_compute(struct elbow_engine *engine, const struct elbow_step_place *place, bool exchanges);

// Local. Once a step, before this rank asks the prior: elbow_model_begin, for which all parameters are waited for.
void elbow_engine_begin(struct elbow_engine *engine);

// Local. All subtrees of this rank, the last `slots` microbatches of which go through the layers together.
void elbow_engine_compute_layers(struct elbow_engine *engine, const struct elbow_step_place *place,
                                 const struct elbow_range *subtrees, int count, bool exchanges);

// Local. Node [lo, hi) of the tree over a batch's microbatches: the sums of its gradients and statistics. `level`: that
// of the buffers, 0 for a subtree's own.
void elbow_engine_compute_subtree(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t lo,
                                  uint64_t hi, int level, float *gradient, double *statistics);

// Local. Microbatch `number` of the batch at `place`: its samples and noise into `microbatch`. The one that this rank
// computes next is then on its way, if data come ahead.
void elbow_engine_gather(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t number);

// Local. When the run has to stop, by the configuration and the job, for a program that began at `opened` (clock).
void elbow_engine_set_deadline(struct elbow_engine *engine, double opened);

// Local. This rank's wishes to stop, before they are summed: ELBOW_TRAIN_WISHES of them.
void elbow_engine_wish(const struct elbow_engine *engine, double *wishes);

// Collective. After the sums of a step are there: what a rank could not read of the training data, if anything.
enum elbow_status elbow_engine_check_data(const struct elbow_engine *engine, struct elbow_error *error);

// Local. Where rows are read from files: while this thread waits for them, messages of the exchange go on. `source` is
// that of the prefetch.
void elbow_engine_await_pages(struct elbow_engine *engine, struct elbow_data_source *source);

// Local. What the thread that reads rows ahead is busy with is noted in a track.
void elbow_engine_trace_pages(const struct elbow_engine *engine, struct elbow_track *track);

// Local. Ends the threads that collate and read ahead, if there are any: they note into the trace.
void elbow_engine_stop_data(struct elbow_engine *engine);

// Local. The pages that this rank has waited for since its start; those since the last row among the figures.
uint64_t elbow_engine_count_late(const struct elbow_engine *engine, struct elbow_figures *figures);

// Local. Whether and why a run that has steps left stops after this one: the same answer on every rank.
enum elbow_stop elbow_engine_must_stop(const struct elbow_engine *engine);

// Local. What a checkpoint of the present state is made of.
struct elbow_checkpoint_source elbow_engine_source(const struct elbow_engine *engine);

// Local. The buckets in which the parameters travel between two nodes (elbow_exchange_list_buckets).
enum elbow_status elbow_engine_list_buckets(const struct elbow_engine *engine, int most, size_t *parameters, int *count,
                                            struct elbow_error *error);

#endif
