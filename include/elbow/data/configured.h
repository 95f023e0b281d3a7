// SPDX-License-Identifier: BSD-3-Clause
// The datasets of a configuration: training and validation data with everything that it names for their rows. All
// commands that load or inspect them use these functions, and so load the same.
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
    ELBOW_CONFIGURED_CHOSEN, // data.rows as a dataset
    ELBOW_CONFIGURED_GROUPS,
    ELBOW_CONFIGURED_WEIGHTS,
    ELBOW_CONFIGURED_NAMES,
    ELBOW_CONFIGURED_MASK,
    ELBOW_CONFIGURED_SIZE,
    ELBOW_CONFIGURED_CONDITION, // the first of the variables that the configuration names
    ELBOW_CONFIGURED_PARTS = ELBOW_CONFIGURED_CONDITION + ELBOW_NAMED_MAX
};

// Files as they were found, and as they are read: staged copies, if there are any. Zeroed: none.
struct elbow_configured {
    struct elbow_files found[ELBOW_CONFIGURED_PARTS], staged[ELBOW_CONFIGURED_PARTS];
};

// Local. Whether the configuration has validation data: a dataset, or a share of the training data.
bool elbow_configured_has_valid(const struct elbow_config *config);

// Collective; local if comm is NULL. Finds the files of the training or the validation data, as elbow_files_share does,
// and copies them to the stage (NULL: no copies). Synthetic data have no files. Errors as of elbow_files_share and
// elbow_stage_take. Release `configured` with elbow_configured_clear, after a failure too.
enum elbow_status elbow_configured_find(struct elbow_comm *comm, const struct elbow_config *config, bool is_valid,
                                        struct elbow_stage *stage, struct elbow_configured *configured,
                                        struct elbow_error *error);

// Local. The request for these data: rows, side of the split, companions. It borrows from both arguments. The caller
// adds the reference that the data must agree with.
struct elbow_dataset_request elbow_configured_request(const struct elbow_config *config, bool is_valid,
                                                      const struct elbow_configured *configured);

// Collective. Loads the dataset and compares it between the nodes. Neither training nor inspection needs the names of
// the rows: they are only checked, so that an error in them is found early. Errors as of elbow_dataset_load and
// elbow_dataset_compare. Release `dataset` with elbow_dataset_unload, after a failure too.
enum elbow_status elbow_configured_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                        struct elbow_log *log, struct elbow_dataset *dataset,
                                        struct elbow_error *error);

// Local. Releases the files; a zeroed struct is legal.
void elbow_configured_clear(struct elbow_configured *configured);

ELBOW_C_END

#endif
