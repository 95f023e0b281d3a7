// SPDX-License-Identifier: BSD-3-Clause
// Sessions: a checkpoint, its model, and a dataset, which eval, encode, sample, reconstruct and other commands work on.
#ifndef ELBOW_EVALUATE_SESSION_H
#define ELBOW_EVALUATE_SESSION_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/evaluate/frozen.h"

ELBOW_C_BEGIN

// A need of a request: the flag as the user wrote it, and the reason, as the end of a sentence.
struct elbow_session_needs {
    const char *what, *why;
};

// Nothing is owned.
struct elbow_session_request {
    const char *checkpoint; // a file or a run directory
    bool best;
    bool is_raw; // use the trained weights even if there are averaged ones
    bool wants_data, wants_names;
    const char *data;       // FILE[:/dataset], all rows of it; NULL: the rows that the configuration holds back, its
                            // validation data, or its training data
    const char *data_flag;  // the flag that gave `data`, for messages; NULL: --data
    bool is_beside;         // another model for the same rows: ignore sizes and conditions that it does not use
    const char *labels;     // FILE:/dataset or /dataset; NULL: those of the configuration for the same data
    const char *names;      // likewise
    const char *mask;       // likewise
    const char *size;       // likewise
    size_t condition_count; // number of condition datasets that replace those of the configuration
    const char *const *condition_from; // [condition_count] [NAME=]FILE:/dataset or /dataset; without data: for samples
    const char *numbers;               // [FILE:]/dataset with a number for each row, read by rank zero; NULL: none
    const char *binarize;              // "none", "threshold", "sample", in place of data.binarize; NULL: data.binarize
    const char *output;                // the output file, checked before the work (elbow/base/output.h), or NULL
    bool is_copy;                      // the output is a copy of a file: the caller checks its ending
    bool draws;                        // the output holds pictures or samples; otherwise it is a table
    bool plots;                        // the output may also be a plot
    bool force;                        // the output may replace an existing file
    bool is_training;                  // without `data`: use the training data even if there are validation data
    bool corrupt;                      // USAGE for a model without model.input.corrupt
    const char *needs_classifier;      // a flag that needs a model with a classifier, or NULL
    struct elbow_session_needs needs_prior; // a flag that needs a model with a prior; zeroed: none
};

// Everything is owned.
struct elbow_session {
    struct elbow_checkpoint checkpoint;
    struct elbow_model *model;
    struct elbow_frozen *frozen; // the model in front of its data (data.through), or NULL
    struct elbow_dataset dataset;
    struct elbow_condition_rows conditions[ELBOW_NAMED_MAX]; // without data: the contents of condition_from
    uint64_t condition_rows;                                 // their number of rows; 0: none
    double *numbers;                                         // [stored rows] on rank zero; NULL: not requested
};

// Collective. Loads the checkpoint, builds its model and loads the data with the checkpoint's scaling. MISMATCH if the
// samples have another number or order of values than the model's, or if the scaling makes no sense for them; USAGE for
// a request with a contradiction; FILE, FORMAT, MEMORY. After a failure there is nothing to close.
enum elbow_status elbow_session_open(struct elbow_comm *comm, const struct elbow_session_request *request,
                                     struct elbow_log *log, struct elbow_session *session, struct elbow_error *error);

// Local. Previews the datasets that elbow_session_open will load (elbow/data/preview.h).
void elbow_session_preview(const struct elbow_session_request *request, char *note);

// Collective. A zeroed struct is legal.
void elbow_session_close(struct elbow_comm *comm, struct elbow_session *session);

// Local. Whether the samples are those that data.valid: SHARE holds back.
bool elbow_session_is_held_back(const struct elbow_session *session, const struct elbow_session_request *request);

// Local. Describes the rows of samples [first, first + count): "rows 0 to 31", or, if not all rows are samples, "the
// first 32 of 150 held-back samples (rows 20, 57, 117, ... of the file)". Cut to `size` bytes.
void elbow_session_name_rows(const struct elbow_session *session, const struct elbow_session_request *request,
                             uint64_t first, uint64_t count, char *text, size_t size);

ELBOW_C_END

#endif
