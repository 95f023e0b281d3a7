// SPDX-License-Identifier: BSD-3-Clause
// Imputation: estimates of the missing values of a dataset, by self-normalised importance sampling from q(z|known), as
// in MIWAE (Mattei and Frellsen 2019).
#ifndef ELBOW_EVALUATE_IMPUTER_H
#define ELBOW_EVALUATE_IMPUTER_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/output.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

// Nothing is owned.
struct elbow_imputation_request {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_dataset *dataset;
    const struct elbow_config *config; // seed, microbatch, binarisation
    struct elbow_log *log;             // rank zero reports its progress there
    int64_t importance;                // K >= 1 draws of z for each row
    int64_t draws;                     // completions of each row, drawn from p(x|z) at the K draws of z; 0: none
    double hide;                       // share of the known values that are also imputed; 0: none
};

// A summary; the same on all ranks.
struct elbow_imputation {
    uint64_t rows;   // with missing values
    uint64_t few;    // of these, with fewer effective samples than ELBOW_IMPUTATION_FEW
    uint64_t values; // missing values
};

enum { ELBOW_IMPUTATION_IMPORTANCE = 100, ELBOW_IMPUTATION_FEW = 5 };

// Collective. Writes a table (elbow/output/sink.h) in the order of the rows: `imputed`, the stored, scaled values, or
// for missing ones the weighted mean of the means of p(x|z); `draws` (draws, ...) if requested; `known`, 1 or 0;
// `effective_samples`, NaN for a row without missing values; names and origins. Transforms are inverted, unless values
// were binarised. The file appears complete or not at all (elbow/base/output.h). USAGE for an ending of a format that
// cannot hold these columns; OUTPUT, MEMORY.
enum elbow_status elbow_impute(const struct elbow_imputation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_imputation *imputation,
                               struct elbow_error *error);

ELBOW_C_END

#endif
