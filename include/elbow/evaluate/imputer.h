// SPDX-License-Identifier: BSD-3-Clause
// Imputation: the rows of a dataset with what a model makes of their missing values, by self-normalised importance
// sampling from q(z|known) (as MIWAE, Mattei and Frellsen 2019, does).
#ifndef ELBOW_EVALUATE_IMPUTER_H
#define ELBOW_EVALUATE_IMPUTER_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/output.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

struct elbow_imputation_request {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_dataset *dataset;
    const struct elbow_config *config; // seed, microbatch, binarisation
    struct elbow_log *log;             // rank zero's says how far it is
    int64_t importance;                // K >= 1 draws of z for each row
    int64_t draws;                     // completions of each row, drawn from p(x|z) of the K draws; 0: none
    double hide;                       // this share of the known values is imputed, too; 0: none
};

// What is worth a word; the same on all ranks.
struct elbow_imputation {
    uint64_t rows;   // with missing values
    uint64_t few;    // of them those whose effective number of samples is below ELBOW_IMPUTATION_FEW
    uint64_t values; // that were missing
};

enum { ELBOW_IMPUTATION_IMPORTANCE = 100, ELBOW_IMPUTATION_FEW = 5 };

// Collective. Writes a table (elbow/output/sink.h) in the order of the rows: `imputed`, the values, where they are
// missing the weighted mean of the means of p(x|z), else as they are stored, scaled; `draws` (N, ...), where they are
// asked for; `known`, 1 or 0; `effective_samples`, NaN of a row that misses nothing; names and origins. Transforms are
// inverted, unless values were binarised. The file appears complete or not at all, as elbow/base/output.h tells. USAGE
// for an ending of no format that holds that; MEMORY.
enum elbow_status elbow_impute(const struct elbow_imputation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_imputation *imputation,
                               struct elbow_error *error);

ELBOW_C_END

#endif
