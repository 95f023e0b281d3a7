// SPDX-License-Identifier: BSD-3-Clause
// The distance of a float from a double reference in units in the last place of the float nearest to the reference.
#ifndef ELBOW_TESTS_ULP_H
#define ELBOW_TESTS_ULP_H

#include <float.h>
#include <math.h>

// 0 for the same NaN-ness or the same infinity, INFINITY where only one is NaN or infinite. A reference above the
// largest float counts as infinity if it rounds there.
static inline double ulp_error(float value, double reference)
{
    if (isnan(value) || isnan(reference))
        return isnan(value) && isnan(reference) ? 0.0 : (double)INFINITY;
    float nearest = (float)reference;
    if (isinf(nearest) || isinf(value))
        return nearest == value ? 0.0 : (double)INFINITY;
    int exponent;
    frexp((double)nearest, &exponent);
    double unit = ldexp(1.0, (nearest == 0.0f || exponent < FLT_MIN_EXP ? FLT_MIN_EXP : exponent) - FLT_MANT_DIG);
    return fabs((double)value - reference) / unit;
}

#endif
