// SPDX-License-Identifier: BSD-3-Clause
// The confusion matrix of a classifier as a table: for each pair of a label's class and a most probable class the
// number of rows.
#ifndef ELBOW_EVALUATE_CONFUSION_H
#define ELBOW_EVALUATE_CONFUSION_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/data/classes.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Local. Writes the confusion matrix of an evaluation, which must have one, to the file `path`. names: of the classes.
// OUTPUT, FILE, MEMORY.
enum elbow_status elbow_confusion_write(const struct elbow_evaluation *evaluation, const struct elbow_conditions *names,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
