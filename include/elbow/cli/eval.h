// SPDX-License-Identifier: BSD-3-Clause
// How elbow eval prints what it found.
#ifndef ELBOW_CLI_EVAL_H
#define ELBOW_CLI_EVAL_H

#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/session.h"

#include <stdbool.h>

// Local, rank zero. To standard output; json: as one object.
void elbow_eval_print(const struct elbow_session *session, const struct elbow_evaluation *evaluation, bool json);

#endif
