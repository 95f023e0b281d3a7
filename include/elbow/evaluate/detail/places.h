// SPDX-License-Identifier: BSD-3-Clause
// Which data a command is for: places, by the request and the checkpoint's configuration alone, hence alike on all
// ranks; and the files that they mean.
#ifndef ELBOW_EVALUATE_DETAIL_PLACES_H
#define ELBOW_EVALUATE_DETAIL_PLACES_H

#include "elbow/data/dataset.h"
#include "elbow/data/files.h"
#include "elbow/evaluate/session.h"

// Where rows and what lies beside them are.
enum elbow_session_part {
    ELBOW_SESSION_ROWS,
    ELBOW_SESSION_LABELS,
    ELBOW_SESSION_NAMES,
    ELBOW_SESSION_CHOSEN, // data.rows
    ELBOW_SESSION_GROUPS,
    ELBOW_SESSION_MASK, // which values are known
    ELBOW_SESSION_SIZE,
    ELBOW_SESSION_NUMBERS,
    ELBOW_SESSION_CONDITION, // the first of those of data.condition, in its order
    ELBOW_SESSION_PARTS = ELBOW_SESSION_CONDITION + ELBOW_NAMED_MAX
};

struct elbow_session_places {
    struct elbow_session_place {
        const char *key; // that says so
        elbow_path file; // of bare datasets
        elbow_places places;
    } parts[ELBOW_SESSION_PARTS];
    struct elbow_selecting select; // but for the companions
    const char *condition_flag;    // which gives conditions
};

// Of each part. Zeroed: none.
struct elbow_session_files {
    struct elbow_files parts[ELBOW_SESSION_PARTS];
};

// Local. USAGE for what cannot be meant.
enum elbow_status elbow_session_locate(const struct elbow_session_request *request, const struct elbow_config *config,
                                       struct elbow_session_places *places, struct elbow_error *error);

// Collective, or local without a communicator.
enum elbow_status elbow_session_find(struct elbow_comm *comm, const struct elbow_session_places *places,
                                     struct elbow_session_files *files, struct elbow_error *error);

// Local. Where conditions are to be loaded from; borrows from all three.
void elbow_session_conditions(const struct elbow_config *config, const struct elbow_session_places *places,
                              const struct elbow_session_files *files, struct elbow_condition_sources *sources);

// Local. Where the numbers beside the rows are; dataset NULL: nowhere. Borrows from the files.
struct elbow_companion elbow_session_numbers(const struct elbow_session_places *places,
                                             const struct elbow_session_files *files);

// Collective. Reads them into session->numbers, whose dataset is loaded.
enum elbow_status elbow_session_load_numbers(struct elbow_comm *comm, struct elbow_companion where,
                                             struct elbow_session *session, struct elbow_error *error);

// Local. What is to be loaded of them; borrows from the files.
struct elbow_dataset_request elbow_session_dataset(const struct elbow_config *config,
                                                   const struct elbow_session_places *places,
                                                   const struct elbow_session_files *files);

// Collective. Whether a request's output, if there is one, has a place, and is none of the files that are known to be
// read, those given here among them (NULL: none). USAGE, FILE.
enum elbow_status elbow_session_check_output(struct elbow_comm *comm, const struct elbow_session_request *request,
                                             const struct elbow_session_files *files, struct elbow_error *error);

// Local. Notes the files of a configuration, and those that they refer to, as inputs, so that no output of the
// command replaces one of them. MEMORY; what is not found is passed over.
enum elbow_status elbow_session_note_training(const struct elbow_session_request *request,
                                              const struct elbow_config *config, struct elbow_error *error);

// Local.
void elbow_session_files_clear(struct elbow_session_files *files);

#endif
