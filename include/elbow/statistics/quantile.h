// SPDX-License-Identifier: BSD-3-Clause
// Quantiles: of a sample, and of the standard normal distribution.
#ifndef ELBOW_STATISTICS_QUANTILE_H
#define ELBOW_STATISTICS_QUANTILE_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. The value below which a share (0 to 1) of the values lies: values are sorted, rising, at least one; between
// neighbours a straight line (Hyndman and Fan 1996, type 7, numpy's default).
double elbow_quantile_of_values(const float *sorted, size_t count, double share);

// Local. The same for N(0, 1), share above 0 and below 1; exactly 0 for a half, and for 1 - share exactly minus that
// for share if both are doubles.
double elbow_quantile_of_normal(double share);

ELBOW_C_END

#endif
