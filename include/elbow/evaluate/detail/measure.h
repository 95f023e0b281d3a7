// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of measures (elbow/evaluate/measure.h).
#ifndef ELBOW_EVALUATE_DETAIL_MEASURE_H
#define ELBOW_EVALUATE_DETAIL_MEASURE_H

#include "elbow/evaluate/measure.h"

#define ELBOW_MEASURE_DECLARE(name, word, ...) extern const struct elbow_measure elbow_measure_##word;
ELBOW_MEASURE_LIST(ELBOW_MEASURE_DECLARE)
#undef ELBOW_MEASURE_DECLARE

#endif
