// SPDX-License-Identifier: BSD-3-Clause
// Principal components as a baseline for the figures of a model.
#ifndef ELBOW_EVALUATE_BASELINE_H
#define ELBOW_EVALUATE_BASELINE_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/statistics/pca.h"

ELBOW_C_BEGIN

// The maximum number of values of training data that are loaded for the baseline alone. A user can ask for more.
#define ELBOW_BASELINE_VALUES (UINT64_C(1) << 29)

// Local. The number of rows of a training set that components are fitted to: all, but at most 10,000, or 2,000 if a row
// has more than 2,000 values. Of a larger set the rows are evenly spaced.
uint64_t elbow_baseline_rows(const struct elbow_dataset *training);

// Local. Computes scores [samples of the dataset]: the squared distance of each row from its projection onto the first
// `components` components of the training set. Rows are scaled and transformed, but not binarised. All values are
// known; `components` is below both elbow_baseline_rows and the number of values. MEMORY, DATA, NUMBERS.
enum elbow_status elbow_baseline_scores(const struct elbow_dataset *training, const struct elbow_dataset *dataset,
                                        size_t components, double *scores, struct elbow_error *error);

// Local. Fits components to elbow_baseline_rows rows of the training set, as a model of the configuration sees them in
// an evaluation. *pca is NULL if one of their values is missing, and after an error. The caller frees it. MEMORY, DATA,
// NUMBERS.
enum elbow_status elbow_baseline_fit_seen(const struct elbow_config *config, const struct elbow_dataset *training,
                                          size_t components, struct elbow_pca **pca, struct elbow_error *error);

ELBOW_C_END

#endif
