// SPDX-License-Identifier: BSD-3-Clause
// Logarithms of factorials, and differences of the gamma and digamma functions without cancellation.
//
// Stirling's series: Abramowitz and Stegun 1964, 6.1.40 and 6.3.18; small arguments are raised to 16 by the recurrence
// (6.1.15, 6.3.5). Errors are below 1e-13 of the largest term. A NaN gives a NaN.
#ifndef ELBOW_MATH_GAMMA_H
#define ELBOW_MATH_GAMMA_H

#include "elbow/base/language.h"

#include <math.h>

ELBOW_C_BEGIN

// Local. The remainder of Stirling's formula: log x! = (x + 1/2) log x - x + log(2 pi) / 2 + remainder, for x >= 16 to
// 1e-14.
static inline double elbow_stirling_remainder(double x)
{
    double square = x * x;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / x;
}

// Local. log x! of a whole number x >= 0.
static inline double elbow_log_factorial(double x)
{
    static const double half_log_2_pi = 0.91893853320467274178;
    static const double factorials[16] = {
        1,     1,      2,       6,        24,        120,        720,         5040,
        40320, 362880, 3628800, 39916800, 479001600, 6227020800, 87178291200, 1307674368000};
    if (x < 2) // covers most counts in practice
        return 0;
    if (x < 16)
        return log(factorials[(int)x]);
    return (x + 0.5) * log(x) - x + half_log_2_pi + elbow_stirling_remainder(x); // also for a NaN
}

// Local. log Gamma(a + x) - log Gamma(a), for a > 0 and x >= 0.
double elbow_log_gamma_rise(double a, double x);

// Local. psi(a + x) - psi(a), for the same arguments: the derivative of elbow_log_gamma_rise in a.
double elbow_digamma_rise(double a, double x);

ELBOW_C_END

#endif
