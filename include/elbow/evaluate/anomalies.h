// SPDX-License-Identifier: BSD-3-Clause
// The anomalies of a dataset, found by its labels.
#ifndef ELBOW_EVALUATE_ANOMALIES_H
#define ELBOW_EVALUATE_ANOMALIES_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

enum elbow_anomaly { ELBOW_ANOMALY_UNKNOWN = -1, ELBOW_ANOMALY_NO, ELBOW_ANOMALY_YES };

struct elbow_anomalies {
    uint64_t rows[3]; // number of rows that are unknown, normal, anomalies
    int8_t *is;       // [samples of the dataset] enum elbow_anomaly; owned. NULL: the dataset has no labels
};

// Local. Classifies all rows by their labels. With class_count 0 the label 1 marks an anomaly and 0 a normal row.
// Otherwise `classes` [class_count] names the normal classes, by name or number, and all others are anomalies. Rows
// with an unknown label are neither. USAGE for a class that no row has and, without classes, for labels other than 0
// and 1; MEMORY.
enum elbow_status elbow_anomalies_find(const struct elbow_dataset *dataset, size_t class_count,
                                       const char *const *classes, struct elbow_anomalies *anomalies,
                                       struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_anomalies_clear(struct elbow_anomalies *anomalies);

ELBOW_C_END

#endif
