// SPDX-License-Identifier: BSD-3-Clause
// Poisson: by inversion below a rate of ten, above by Hoermann's transformed rejection (PTRS: Hoermann 1993, "The
// transformed rejection method for generating Poisson random variables"). It accepts by log p itself in Loader's form
// (2000, "Fast and accurate computation of binomial probabilities"), in which no large terms cancel. Gamma: Marsaglia
// and Tsang 2000, "A simple method for generating gamma variables". Binomial: by inversion up to 64 trials; more are
// halved by drawing the median of as many uniform numbers (Devroye 1986, "Non-uniform random variate generation",
// X.4.3).
#include "elbow/math/variates.h"

#include "elbow/math/gamma.h"

#include <math.h>

static const double half_log_2_pi = 0.91893853320467274178, two_pi = 6.28318530717958647693;

// Two numbers in [0, 1), of 53 bits each.
void elbow_draw_uniform(struct elbow_variates *source, double numbers[2])
{
    uint32_t words[4];
    elbow_random_words(source->stream, 4 * (source->tries++ * source->values + source->value), 4, words);
    for (int i = 0; i < 2; ++i)
        numbers[i] = (double)(((uint64_t)words[2 * i] << 32 | words[2 * i + 1]) >> 11) * 0x1p-53;
}

// The smallest k whose cumulative probability exceeds u.
static double invert(double rate, double u)
{
    double p = exp(-rate), below = p, k = 0;
    while (u >= below && below + p > below) { // if the sum no longer grows, u is beyond the precision of doubles
        k += 1;
        p *= rate / k;
        below += p;
    }
    return k;
}

// rate - k + k log(k / rate), the deviance, without cancelling near k = rate.
static double deviance(double k, double rate)
{
    double difference = k - rate, v = difference / (k + rate);
    if (fabs(v) >= 0.1)
        return k * log(k / rate) - difference;
    double sum = difference * v, term = 2 * k * v;
    for (int j = 1; j < 100; ++j) { // 2 k sum_j v^(2j + 1) / (2j + 1)
        term *= v * v;
        double next = sum + term / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

static double log_probability(double k, double rate)
{
    if (k < 16)
        return k * log(rate) - rate - elbow_log_factorial(k);
    return -deviance(k, rate) - elbow_stirling_remainder(k) - half_log_2_pi - 0.5 * log(k);
}

static double reject(double rate, struct elbow_variates *source)
{
    double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), accepted = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double numbers[2];
        elbow_draw_uniform(source, numbers);
        double u = numbers[0] - 0.5, v = 1 - numbers[1], us = 0.5 - fabs(u); // v in (0, 1]
        double k = floor((2 * a / us + b) * u + rate + 0.43);
        if (us >= 0.07 && v <= accepted)
            return k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <= log_probability(k, rate))
            return k;
    }
}

double elbow_draw_poisson(double rate, struct elbow_variates *source)
{
    double numbers[2];
    if (!isfinite(rate))
        return rate;
    if (rate >= 10)
        return reject(rate, source);
    elbow_draw_uniform(source, numbers);
    return invert(rate, numbers[0]);
}

// Box and Muller's.
double elbow_draw_normal(struct elbow_variates *source)
{
    double numbers[2];
    elbow_draw_uniform(source, numbers);
    return sqrt(-2 * log1p(-numbers[0])) * cos(two_pi * numbers[1]);
}

// For a shape of at least 1.
static double draw_large_gamma(double shape, struct elbow_variates *source)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double numbers[2], normal = elbow_draw_normal(source), root = 1 + c * normal, v = root * root * root;
        elbow_draw_uniform(source, numbers);
        if (root > 0 && log1p(-numbers[0]) < 0.5 * normal * normal + d * (1 - v + log(v)))
            return d * v;
    }
}

// A variate of shape a is one of shape a + 1 times u^(1 / a).
double elbow_draw_log_gamma(double shape, struct elbow_variates *source)
{
    double numbers[2];
    if (!isfinite(shape))
        return shape;
    if (shape >= 1)
        return log(draw_large_gamma(shape, source));
    double above = log(draw_large_gamma(shape + 1, source));
    elbow_draw_uniform(source, numbers);
    return above + log1p(-numbers[0]) / shape;
}

// The inverse of the distribution at u.
static double invert_binomial(double trials, double p, double u)
{
    double odds = p / (1 - p), mass = pow(1 - p, trials), below = mass, k = 0;
    while (k < trials && u >= below) {
        mass *= odds * (trials - k) / (k + 1);
        below += mass;
        k += 1;
    }
    return k;
}

static double draw_few_trials(double trials, double p, struct elbow_variates *source)
{
    double numbers[2];
    elbow_draw_uniform(source, numbers);
    return p > 0.5 ? trials - invert_binomial(trials, 1 - p, numbers[0]) : invert_binomial(trials, p, numbers[0]);
}

double elbow_draw_binomial(double trials, double p, struct elbow_variates *source)
{
    enum { FEW = 64 };
    double successes = 0;
    if (isnan(p))
        return p;
    while (trials > FEW && p > 0 && p < 1) { // a trial succeeds where its uniform number is below p
        double middle = floor((trials + 1) / 2);
        double left = elbow_draw_log_gamma(middle, source), right = elbow_draw_log_gamma(trials + 1 - middle, source);
        double number = 1 / (1 + exp(right - left));
        if (number <= p) {
            successes += middle;
            p = (p - number) / (1 - number);
            trials -= middle;
        } else {
            p = p / number;
            trials = middle - 1;
        }
    }
    return successes + draw_few_trials(trials, fmin(p, 1), source);
}
