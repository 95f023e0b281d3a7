// SPDX-License-Identifier: BSD-3-Clause
// What principal components make of rows, to set beside what a model makes of them.
#ifndef ELBOW_EVALUATE_BASELINE_H
#define ELBOW_EVALUATE_BASELINE_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/dataset.h"
#include "elbow/statistics/pca.h"

ELBOW_C_BEGIN

// Training data of more values are not loaded for its sake, unless a user asks.
#define ELBOW_BASELINE_VALUES (UINT64_C(1) << 29)

// Local. How many rows of a training set components are fitted to: all of them up to 10,000, or 2,000 where a row has
// more than 2,000 values; else so many, evenly spread.
uint64_t elbow_baseline_rows(const struct elbow_dataset *training);

// Local. The scores (samples of the dataset): sums of the squares of what is left of each row when it is projected on
// the first components of the training set; both scaled and transformed, before they are binarised. Values are all
// known; components below the number of elbow_baseline_rows and of values. MEMORY, NUMBERS.
enum elbow_status elbow_baseline_scores(const struct elbow_dataset *training, const struct elbow_dataset *dataset,
                                        size_t components, double *scores, struct elbow_error *error);

// Local. The components of the rows of a training set as a model of the configuration sees them in an evaluation, of as
// many as elbow_baseline_rows tells; *pca stays NULL where a value of them is missing. The caller frees it. MEMORY,
// DATA, NUMBERS.
enum elbow_status elbow_baseline_fit_seen(const struct elbow_config *config, const struct elbow_dataset *training,
                                          size_t components, struct elbow_pca **pca, struct elbow_error *error);

ELBOW_C_END

#endif
