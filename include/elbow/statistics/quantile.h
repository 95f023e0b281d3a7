// SPDX-License-Identifier: BSD-3-Clause
// Quantiles of a sample and of the standard normal distribution.
#ifndef ELBOW_STATISTICS_QUANTILE_H
#define ELBOW_STATISTICS_QUANTILE_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. The quantile of share 0 to 1 of at least one value, sorted in ascending order, with linear interpolation
// between neighbours (Hyndman and Fan 1996, type 7; numpy's default).
double elbow_quantile_of_values(const float *sorted, size_t count, double share);

// Local. The quantile of N(0, 1) for 0 < share < 1. Exactly 0 for 1/2, and exactly antisymmetric: the quantile of 1 -
// share is minus that of share if both are doubles.
double elbow_quantile_of_normal(double share);

ELBOW_C_END

#endif
