// SPDX-License-Identifier: BSD-3-Clause
// The output of elbow eval.
#ifndef ELBOW_CLI_EVAL_H
#define ELBOW_CLI_EVAL_H

#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/session.h"

#include <stdbool.h>

// Local. Rank zero: prints an evaluation to standard output; json: as one JSON object.
void elbow_eval_print(const struct elbow_session *session, const struct elbow_evaluation *evaluation, bool json);

#endif
