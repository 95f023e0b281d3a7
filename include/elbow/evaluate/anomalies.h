// SPDX-License-Identifier: BSD-3-Clause
// Which rows of a dataset are anomalies, by its labels.
#ifndef ELBOW_EVALUATE_ANOMALIES_H
#define ELBOW_EVALUATE_ANOMALIES_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

enum elbow_anomaly { ELBOW_ANOMALY_UNKNOWN = -1, ELBOW_ANOMALY_NO, ELBOW_ANOMALY_YES };

struct elbow_anomalies {
    uint64_t rows[3]; // how many are unknown, normal, anomalies
    int8_t *is;       // (samples of the dataset) enum elbow_anomaly; owned. NULL: labels do not tell
};

// Local. Without classes an anomaly has the label 1 and a normal row 0; with `normal` classes, given by name or number,
// every other class is one of anomalies. Rows whose label is not known are neither. USAGE for a class that no row has
// and, without classes, for other labels than 0 and 1; MEMORY.
enum elbow_status elbow_anomalies_find(const struct elbow_dataset *dataset, size_t class_count,
                                       const char *const *classes, struct elbow_anomalies *anomalies,
                                       struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_anomalies_clear(struct elbow_anomalies *anomalies);

ELBOW_C_END

#endif
