// SPDX-License-Identifier: BSD-3-Clause
// Evaluation: the figures of all requested measures over a whole dataset. Sums follow the tree over the dataset's
// microbatches, so they have the same bits on any number of ranks.
#ifndef ELBOW_EVALUATE_EVALUATOR_H
#define ELBOW_EVALUATE_EVALUATOR_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Collective. Evaluates the dataset; all ranks get the same result. The caller clears it. USAGE, DATA, MEMORY, and
// errors of reading.
enum elbow_status elbow_evaluate(const struct elbow_evaluation_request *request, struct elbow_evaluation *evaluation,
                                 struct elbow_error *error);

ELBOW_C_END

#endif
