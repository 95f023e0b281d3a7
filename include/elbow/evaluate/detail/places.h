// SPDX-License-Identifier: BSD-3-Clause
// The data of a command: their places, which follow from the request and the checkpoint's configuration alone and are
// therefore the same on all ranks, and the files at these places.
#ifndef ELBOW_EVALUATE_DETAIL_PLACES_H
#define ELBOW_EVALUATE_DETAIL_PLACES_H

#include "elbow/data/dataset.h"
#include "elbow/data/files.h"
#include "elbow/evaluate/session.h"

// The rows and their companions.
enum elbow_session_part {
    ELBOW_SESSION_ROWS,
    ELBOW_SESSION_LABELS,
    ELBOW_SESSION_NAMES,
    ELBOW_SESSION_CHOSEN, // data.rows
    ELBOW_SESSION_GROUPS,
    ELBOW_SESSION_MASK, // of known values
    ELBOW_SESSION_SIZE,
    ELBOW_SESSION_NUMBERS,
    ELBOW_SESSION_CONDITION, // the first one; the rest follow in the order of data.condition
    ELBOW_SESSION_PARTS = ELBOW_SESSION_CONDITION + ELBOW_NAMED_MAX
};

struct elbow_session_places {
    struct elbow_session_place {
        const char *key; // the key or flag that gives the place
        elbow_path file; // the file of bare datasets
        elbow_places places;
    } parts[ELBOW_SESSION_PARTS];
    struct elbow_selecting select; // the selection of rows, without its companions
    const char *condition_flag;    // the flag that gives conditions
};

// The files of each part. Zeroed: none.
struct elbow_session_files {
    struct elbow_files parts[ELBOW_SESSION_PARTS];
};

// Local. Finds the places. USAGE for a request with a contradiction.
enum elbow_status elbow_session_locate(const struct elbow_session_request *request, const struct elbow_config *config,
                                       struct elbow_session_places *places, struct elbow_error *error);

// Collective, or local without a communicator. Finds the files at the places. FILE, USAGE, MEMORY.
enum elbow_status elbow_session_find(struct elbow_comm *comm, const struct elbow_session_places *places,
                                     struct elbow_session_files *files, struct elbow_error *error);

// Local. The sources of the conditions. They borrow from config, places and files.
void elbow_session_conditions(const struct elbow_config *config, const struct elbow_session_places *places,
                              const struct elbow_session_files *files, struct elbow_condition_sources *sources);

// Local. The source of the numbers that accompany the rows; dataset NULL: none. It borrows from the files.
struct elbow_companion elbow_session_numbers(const struct elbow_session_places *places,
                                             const struct elbow_session_files *files);

// Collective. Reads these numbers into session->numbers, after the dataset has been loaded.
enum elbow_status elbow_session_load_numbers(struct elbow_comm *comm, struct elbow_companion where,
                                             struct elbow_session *session, struct elbow_error *error);

// Local. The request for the dataset. It borrows from the files.
struct elbow_dataset_request elbow_session_dataset(const struct elbow_config *config,
                                                   const struct elbow_session_places *places,
                                                   const struct elbow_session_files *files);

// Collective. Checks that the request's output, if there is one, can be written and is not an input. `files` (or NULL)
// are noted as inputs. USAGE, FILE.
enum elbow_status elbow_session_check_output(struct elbow_comm *comm, const struct elbow_session_request *request,
                                             const struct elbow_session_files *files, struct elbow_error *error);

// Local. Notes the files of a configuration, and the files that they refer to, as inputs, so that no output of the
// command replaces one of them. Missing files are ignored. MEMORY.
enum elbow_status elbow_session_note_training(const struct elbow_session_request *request,
                                              const struct elbow_config *config, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_session_files_clear(struct elbow_session_files *files);

#endif
