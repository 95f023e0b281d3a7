// SPDX-License-Identifier: BSD-3-Clause
// Poisson of log-rate y, for counts x = 0, 1, 2, ...: log p = sum_d x y - exp(y) - log x!; the mean is exp(y).
//
// exp(y) is rounded to float, to 1 ULP; everything else is in double. Draws are exact for any rate: by inversion below
// a rate of ten, above by Hoermann's transformed rejection (PTRS: Hoermann 1993, "The transformed rejection method for
// generating Poisson random variables"), which accepts by log p itself in Loader's form (2000, "Fast and accurate
// computation of binomial probabilities"), where nothing large cancels. Each try of value d has four words of its own.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

static const double HALF_LOG_2_PI = 0.91893853320467274178;

// The remainder of Stirling's formula: log x! = (x + 1/2) log x - x + log(2 pi) / 2 + remainder, for x >= 16 to 1e-14.
static double stirling_remainder(double x)
{
    double square = x * x;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / x;
}

static double log_factorial(double x)
{
    static const double factorials[16] = {
        1,     1,      2,       6,        24,        120,        720,         5040,
        40320, 362880, 3628800, 39916800, 479001600, 6227020800, 87178291200, 1307674368000};
    if (x < 2) // most counts of many data
        return 0;
    if (x < 16)
        return log(factorials[(int)x]);
    return (x + 0.5) * log(x) - x + HALF_LOG_2_PI + stirling_remainder(x); // a NaN, too
}

// Adds the terms of a tile to the lanes.
static void sum(size_t n, const float *x, const float *y, const float *rate, double lanes[ELBOW_LANES])
{
    for (size_t d = 0; d < n; ++d)
        lanes[d % ELBOW_LANES] += (double)x[d] * (double)y[d] - (double)rate[d] - log_factorial(x[d]);
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_likelihood_call *call = user;
    size_t values = call->values;
    float rate[ELBOW_TILE];
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0};
        for (size_t first = 0; first < values; first += ELBOW_TILE) {
            size_t n = values - first < ELBOW_TILE ? values - first : ELBOW_TILE;
            size_t at = i * values + first;
            elbow_vector_exp(n, call->y + at, rate);
            sum(n, call->x + at, call->y + at, rate, lanes);
            for (size_t d = 0; call->dy && d < n; ++d)
                call->dy[at + d] = rate[d] - call->x[at + d];
        }
        call->recon[i] = elbow_lanes_fold(lanes);
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    ELBOW_CHECK(call->x && call->y && call->recon);
    struct elbow_likelihood_call copy = *call;
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &copy);
}

// At exp(y) = x.
static void saturated(const struct elbow_likelihood_call *call)
{
    for (size_t i = 0; i < call->rows; ++i) {
        double most = 0;
        for (size_t d = 0; d < call->values; ++d) {
            double x = call->x[i * call->values + d];
            most += (x == 0 ? 0 : x * log(x) - x) - log_factorial(x);
        }
        call->recon[i] = most;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_vector_exp(call->rows * call->values, call->y, values);
}

// Where a value's random numbers come from.
struct source {
    struct elbow_stream stream;
    uint64_t value, values;
    uint64_t tries; // so far
};

// Two numbers in [0, 1), of 53 bits each.
static void take(struct source *source, double numbers[2])
{
    uint32_t words[4];
    elbow_random_words(source->stream, 4 * (source->tries++ * source->values + source->value), 4, words);
    for (int i = 0; i < 2; ++i)
        numbers[i] = (double)(((uint64_t)words[2 * i] << 32 | words[2 * i + 1]) >> 11) * 0x1p-53;
}

// The smallest k whose probability, and those below it, reach u.
static double invert(double rate, double u)
{
    double p = exp(-rate), below = p, k = 0;
    while (u >= below && below + p > below) { // where nothing is added any more, u is beyond what doubles tell
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
        return k * log(rate) - rate - log_factorial(k);
    return -deviance(k, rate) - stirling_remainder(k) - HALF_LOG_2_PI - 0.5 * log(k);
}

static double reject(double rate, struct source *source)
{
    double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), accepted = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double numbers[2];
        take(source, numbers);
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

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t d = 0; d < call->values; ++d) {
        struct source source = {.stream = stream, .value = d, .values = call->values};
        double rate = exp((double)call->y[d]), numbers[2];
        if (rate < 10) {
            take(&source, numbers);
            x[d] = (float)invert(rate, numbers[0]);
        } else
            x[d] = isfinite(rate) ? (float)reject(rate, &source) : (float)rate; // a NaN shows in the draws
    }
}

// The logarithm, of at least a thousandth: counts that never come leave a gradient.
static float output_bias(double data_mean)
{
    return (float)log(fmax(data_mean, 0.001));
}

const struct elbow_likelihood elbow_likelihood_poisson = {.outputs = elbow_likelihood_one_output,
                                                          .score = score,
                                                          .saturated = saturated,
                                                          .mean = mean,
                                                          .draw = draw,
                                                          .output_bias = output_bias};
