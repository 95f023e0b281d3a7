// SPDX-License-Identifier: BSD-3-Clause
// The plan of a run: what does not change after it has been set up. Its data, the sequence of its steps, its ranks.
#ifndef ELBOW_TRAIN_DETAIL_PLAN_H
#define ELBOW_TRAIN_DETAIL_PLAN_H

#include "elbow/checkpoint/checkpoint.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/data/facts.h"
#include "elbow/data/page_order.h"
#include "elbow/data/sequence.h"
#include "elbow/data/stage.h"
#include "elbow/evaluate/frozen.h"
#include "elbow/parallel/binding.h"
#include "elbow/parallel/comm.h"

struct elbow_train_plan {
    struct elbow_comm *comm; // not owned
    struct elbow_log *log;   // not owned
    struct elbow_config config;

    struct elbow_place place;
    struct elbow_binding binding;
    bool ranks_differ; // in build or processor

    struct elbow_frozen *frozen; // in front of the data (data.through); owned; NULL: nothing is
    struct elbow_dataset train, valid;
    bool has_valid;
    struct elbow_data_facts facts;
    struct elbow_stage stage;       // copies of the files while they are read
    elbow_path stage_directory;     // data.stage, as rank zero expands it
    struct elbow_sequence sequence; // its batch: train.batch, or all samples there are
    uint64_t epoch_steps;
    struct elbow_page_order *page_order; // data.order: segments, windows; owned; NULL: all rows are shuffled together
    char *checkpoint_text;               // the configuration that checkpoints hold: without run.*; owned
};

// Collective. The first thing of a plan, whose comm, log and config are set and all else is zero: where the ranks are,
// or are pretended to be (run.nodes), and the watch over them.
enum elbow_status elbow_train_plan_begin(struct elbow_train_plan *plan, struct elbow_error *error);

// Collective. Threads, data and steps. `former`: where a run that goes on left off, whose scaling and
// missing-value rules hold; NULL for a new one.
enum elbow_status elbow_train_plan_make(struct elbow_train_plan *plan, const struct elbow_checkpoint *former,
                                        struct elbow_error *error);

// Local. The order of the training samples; the plan outlives it.
struct elbow_order elbow_train_plan_order(const struct elbow_train_plan *plan);

// Local. Logs what the data are.
void elbow_train_plan_log(const struct elbow_train_plan *plan);

// Collective. Gives all back, after whatever was made by the plan.
void elbow_train_plan_clear(struct elbow_train_plan *plan);

#endif
