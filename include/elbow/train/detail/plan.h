// SPDX-License-Identifier: BSD-3-Clause
// The plan of a run: its data, the sequence of its steps and its ranks. It does not change after the setup.
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
    bool ranks_differ; // the ranks have different builds or processors

    struct elbow_frozen *frozen; // the model in front of the data (data.through), or NULL; owned
    struct elbow_dataset train, valid;
    bool has_valid;
    struct elbow_data_facts facts;
    struct elbow_stage stage;       // copies of the files in node-local storage
    elbow_path stage_directory;     // data.stage with its variables expanded by rank zero
    struct elbow_sequence sequence; // its batch: train.batch, or all samples if there are fewer
    uint64_t epoch_steps;
    struct elbow_page_order *page_order; // of data.order: segments, windows; NULL: order full; owned
    char *checkpoint_text;               // the configuration that checkpoints hold, without run.*; owned
};

// Collective. Begins a plan, whose comm, log and config are set and whose rest is zero: finds the nodes of the ranks
// (or takes those of run.nodes) and starts the watch over the ranks.
enum elbow_status elbow_train_plan_begin(struct elbow_train_plan *plan, struct elbow_error *error);

// Collective. Settles threads, data and steps. `former`: the checkpoint of a resumed run, whose scaling and
// missing-value rules hold; NULL for a new run.
enum elbow_status elbow_train_plan_make(struct elbow_train_plan *plan, const struct elbow_checkpoint *former,
                                        struct elbow_error *error);

// Local. The order of the training samples. It borrows from the plan.
struct elbow_order elbow_train_plan_order(const struct elbow_train_plan *plan);

// Local. Whether progress goes to a line that is rewritten (run.progress), by this rank.
bool elbow_train_shows_line(const struct elbow_config *config, int rank);

// Local. Logs training and validation data, and warns of values far from unit scale.
void elbow_train_plan_log(const struct elbow_train_plan *plan);

// Collective. Releases everything. The engine that uses the plan must be cleared before.
void elbow_train_plan_clear(struct elbow_train_plan *plan);

#endif
