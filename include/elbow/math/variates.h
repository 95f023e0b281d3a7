// SPDX-License-Identifier: BSD-3-Clause
// Draws that need an unknown number of random words: each value has words of its own, so that the draw of a value
// depends on its place alone. All are exact up to rounding. A NaN gives a NaN.
#ifndef ELBOW_MATH_VARIATES_H
#define ELBOW_MATH_VARIATES_H

#include "elbow/base/language.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// The random numbers of value `value` of `values`: each try has four words; those of the next try are 4 values later.
struct elbow_variates {
    struct elbow_stream stream;
    uint64_t value, values;
    uint64_t tries; // so far
};

// Local. Two numbers in [0, 1), of 53 bits each.
void elbow_draw_uniform(struct elbow_variates *source, double numbers[2]);

// Local. A standard normal number.
double elbow_draw_normal(struct elbow_variates *source);

// Local. A count with this rate; an infinite rate gives infinity.
double elbow_draw_poisson(double rate, struct elbow_variates *source);

// Local. The logarithm of a gamma variate of shape > 0 and scale 1: it is finite even if the variate is too small for a
// double.
double elbow_draw_log_gamma(double shape, struct elbow_variates *source);

// Local. The number of `trials` that succeed, each with probability p.
double elbow_draw_binomial(double trials, double p, struct elbow_variates *source);

ELBOW_C_END

#endif
