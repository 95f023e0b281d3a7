// SPDX-License-Identifier: BSD-3-Clause
// Evaluation: the figures of all measures that are asked for, over a whole dataset; summed along the tree over the
// dataset's microbatches, so to the same bits on any number of ranks.
#ifndef ELBOW_EVALUATE_EVALUATOR_H
#define ELBOW_EVALUATE_EVALUATOR_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Collective. The same result on every rank.
enum elbow_status elbow_evaluate(const struct elbow_evaluation_request *request, struct elbow_evaluation *evaluation,
                                 struct elbow_error *error);

ELBOW_C_END

#endif
