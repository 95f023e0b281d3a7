// SPDX-License-Identifier: BSD-3-Clause
// The output of elbow score.
#ifndef ELBOW_CLI_SCORE_H
#define ELBOW_CLI_SCORE_H

#include "elbow/evaluate/findings.h"

// Local. Rank zero: prints the findings to standard output, with the `worst` most unusual rows; json: as one JSON
// object. `output`: the name of the file with the scores.
void elbow_score_print(const struct elbow_findings *findings, const char *output, size_t worst, bool json);

#endif
