// SPDX-License-Identifier: BSD-3-Clause
// The output of `elbow score`: a table with a row for each row of the dataset.
#ifndef ELBOW_EVALUATE_SCORE_TABLE_H
#define ELBOW_EVALUATE_SCORE_TABLE_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/data/dataset.h"
#include "elbow/evaluate/scorer.h"

ELBOW_C_BEGIN

// The columns of the file. Nothing is owned; NULL: no such column.
struct elbow_score_table {
    const struct elbow_dataset *dataset;
    const struct elbow_row_scores *own; // of the model
    const double *scores;               // (rows) the ranked scores: own->scores, or these minus `against`
    const double *against;              // (rows) scores of another model
    const double *p_values;             // (rows)
    const bool *is_selected;            // (rows)
    const int8_t *anomalies;            // (rows) enum elbow_anomaly
    int64_t importance;                 // K
};

// Local. Rank zero. Writes the columns score, p_value, selected, recon, kl, elbo, deviance, log_likelihood,
// effective_samples, against, labels, anomaly, and the origins of the rows, as far as they exist. USAGE for an ending
// of a format that cannot hold these columns; OUTPUT, MEMORY.
enum elbow_status elbow_score_table_write(const struct elbow_score_table *table, const char *path,
                                          enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
