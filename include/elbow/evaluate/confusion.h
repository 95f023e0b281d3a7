// SPDX-License-Identifier: BSD-3-Clause
// The confusion matrix of a classifier as a table: a row for each pair of classes, that of the labels and the likeliest
// one, with the number of rows.
#ifndef ELBOW_EVALUATE_CONFUSION_H
#define ELBOW_EVALUATE_CONFUSION_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/data/classes.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Local. Writes that of an evaluation, which has one, to path. OUTPUT, FILE, MEMORY.
enum elbow_status elbow_confusion_write(const struct elbow_evaluation *evaluation, const struct elbow_conditions *names,
                                        const char *path, enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
