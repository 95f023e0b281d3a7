// SPDX-License-Identifier: BSD-3-Clause
// What eval, encode, sample and reconstruct begin with: a checkpoint, its model, and a dataset to look at.
#ifndef ELBOW_EVALUATE_SESSION_H
#define ELBOW_EVALUATE_SESSION_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/evaluate/frozen.h"

ELBOW_C_BEGIN

// What a request needs: as the user wrote it, and why, the end of a sentence.
struct elbow_session_needs {
    const char *what, *why;
};

struct elbow_session_request {
    const char *checkpoint; // a file or a run directory
    bool best;
    bool is_raw; // the weights that are trained, where there are averaged ones, too
    bool wants_data, wants_names;
    const char *data; // FILE[:/dataset], all rows of it; or NULL: what the configuration holds back of the training
                      // data, its validation data, or its training data
    const char *data_flag; // what that was given by, for sentences; NULL: --data
    bool is_beside;     // of another model for the same rows: sizes and conditions that it has no use for are left out
    const char *labels; // FILE:/dataset or /dataset, or NULL: what the configuration has for the same data
    const char *names;  // likewise
    const char *mask;   // likewise
    const char *size;   // likewise
    size_t condition_count; // datasets of what the model is told of the rows, [NAME=]FILE:/dataset or /dataset, in
    const char *const *condition_from; // place of those of the configuration; without data: of samples
    const char *numbers;  // [FILE:]/dataset of a number beside each row, to be read by rank zero; NULL: none
    const char *binarize; // "none", "threshold", "sample": in place of the configuration's data.binarize; NULL: that
    const char *output; // a file that will be written, or NULL: looked at as elbow/base/output.h tells, before the work
    bool is_copy;       // the output is a copy of a file: its ending is the caller's business
    bool draws;         // the output is of pictures or samples, else a table
    bool plots;         // it may be a plot, too
    bool force;         // it may replace one that is there
    bool is_training;   // without `data`: the training data, whatever else there is
    bool corrupt;       // for models with model.input.corrupt alone
    const char *needs_classifier;           // a flag that is only for models with one; NULL: none is
    struct elbow_session_needs needs_prior; // what is only for models with one; zeroed: nothing is
};

// Everything owned.
struct elbow_session {
    struct elbow_checkpoint checkpoint;
    struct elbow_model *model;
    struct elbow_frozen *frozen; // in front of its data (data.through); NULL: nothing is
    struct elbow_dataset dataset;
    struct elbow_condition_rows conditions[ELBOW_NAMED_MAX]; // without data: what condition_from has
    uint64_t condition_rows;                                 // so many rows of it; 0: none
    double *numbers;                                         // of the stored rows, on rank zero; NULL: none asked for
};

// Collective. Loads the checkpoint, builds its model, loads the data with the checkpoint's scaling; MISMATCH if a
// sample has another number of values, or their order is another one, or its scaling makes no sense for them; USAGE for
// a request that cannot be meant.
enum elbow_status elbow_session_open(struct elbow_comm *comm, const struct elbow_session_request *request,
                                     struct elbow_log *log, struct elbow_session *session, struct elbow_error *error);

// Local. Looks at the datasets that elbow_session_open will load (elbow/data/preview.h).
void elbow_session_preview(const struct elbow_session_request *request, char *note);

// Collective. A zeroed struct is legal.
void elbow_session_close(struct elbow_comm *comm, struct elbow_session *session);

// Local. Whether the samples are what data.valid: SHARE has held back.
bool elbow_session_is_held_back(const struct elbow_session *session, const struct elbow_session_request *request);

// Local. Which rows `count` samples from number `first` on are: "rows 0 to 31"; where not all rows are samples "the
// first 32 of 150 held-back samples (rows 20, 57, 117, ... of the file)".
void elbow_session_name_rows(const struct elbow_session *session, const struct elbow_session_request *request,
                             uint64_t first, uint64_t count, char *text, size_t size);

ELBOW_C_END

#endif
