// SPDX-License-Identifier: BSD-3-Clause
// The datasets of a configuration: training and validation data with all that it names beside their rows. Whoever loads
// them, to train or to look at them, loads the same.
#ifndef ELBOW_DATA_CONFIGURED_H
#define ELBOW_DATA_CONFIGURED_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/data/files.h"
#include "elbow/data/stage.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum elbow_configured_part {
    ELBOW_CONFIGURED_ROWS,
    ELBOW_CONFIGURED_LABELS,
    ELBOW_CONFIGURED_CHOSEN, // rows that a dataset names
    ELBOW_CONFIGURED_GROUPS,
    ELBOW_CONFIGURED_WEIGHTS,
    ELBOW_CONFIGURED_NAMES,
    ELBOW_CONFIGURED_MASK,
    ELBOW_CONFIGURED_SIZE,
    ELBOW_CONFIGURED_CONDITION, // the first of those that the configuration names
    ELBOW_CONFIGURED_PARTS = ELBOW_CONFIGURED_CONDITION + ELBOW_NAMED_MAX
};

// Files as they were found, and as they are read where copies of them are. Zeroed: none.
struct elbow_configured {
    struct elbow_files found[ELBOW_CONFIGURED_PARTS], staged[ELBOW_CONFIGURED_PARTS];
};

// Local. Whether there are validation data: a dataset of their own, or a share of the training data.
bool elbow_configured_has_valid(const struct elbow_config *config);

// Collective; local without a communicator. Finds the files of the training or the validation data, as
// elbow_files_share does, and copies them to a stage, where there is one (else NULL). Of noise there are none. What was
// found is given back with elbow_configured_clear, even after a failure.
enum elbow_status elbow_configured_find(struct elbow_comm *comm, const struct elbow_config *config, bool is_valid,
                                        struct elbow_stage *stage, struct elbow_configured *configured,
                                        struct elbow_error *error);

// Local. What is to be loaded from there: of which rows, on which side of the split, with what beside them. Borrows
// from both. What it has to agree with is the caller's to add.
struct elbow_dataset_request elbow_configured_request(const struct elbow_config *config, bool is_valid,
                                                      const struct elbow_configured *configured);

// Collective. Loads and compares. Names, which neither training nor a look needs, are read, as wrong ones must not wait
// for the day that a run is evaluated, and given back. What was loaded before a failure is the caller's to unload.
enum elbow_status elbow_configured_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                        struct elbow_log *log, struct elbow_dataset *dataset,
                                        struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_configured_clear(struct elbow_configured *configured);

ELBOW_C_END

#endif
