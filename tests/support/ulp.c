// SPDX-License-Identifier: BSD-3-Clause
// Distances in units in the last place.
#include "ulp.h"

#include <float.h>
#include <math.h>

double ulp_error(float value, double reference)
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
