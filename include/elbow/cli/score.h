// SPDX-License-Identifier: BSD-3-Clause
// How elbow score tells what it found.
#ifndef ELBOW_CLI_SCORE_H
#define ELBOW_CLI_SCORE_H

#include "elbow/evaluate/findings.h"

// Local, rank zero. To standard output, with the `worst` most unusual rows; json: as one object.
void elbow_score_print(const struct elbow_findings *findings, const char *output, size_t worst, bool json);

#endif
