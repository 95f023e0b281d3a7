// SPDX-License-Identifier: BSD-3-Clause
// The file of elbow score: a row for each row of the dataset.
#ifndef ELBOW_EVALUATE_SCORE_TABLE_H
#define ELBOW_EVALUATE_SCORE_TABLE_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/data/dataset.h"
#include "elbow/evaluate/scorer.h"

ELBOW_C_BEGIN

// What the file has. Nothing is owned; what is NULL has no column.
struct elbow_score_table {
    const struct elbow_dataset *dataset;
    const struct elbow_row_scores *own; // of the model
    const double *scores;               // (rows) what is ranked: own->scores, or what another model's are taken from
    const double *against;              // (rows) those
    const double *p_values;             // (rows)
    const bool *is_selected;            // (rows)
    const int8_t *anomalies;            // (rows) enum elbow_anomaly
    int64_t importance;                 // K
};

// Local, rank zero. Writes score, p_value, selected, recon, kl, elbo, deviance, log_likelihood, effective_samples,
// against, labels, anomaly, and where the rows are from, as far as there are such. USAGE for an ending of no format
// that holds that, OUTPUT, MEMORY.
enum elbow_status elbow_score_table_write(const struct elbow_score_table *table, const char *path,
                                          enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
