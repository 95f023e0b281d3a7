// SPDX-License-Identifier: BSD-3-Clause
// Continuous Bernoulli on logits y, for values x in [0, 1] (Loaiza-Ganem and Cunningham 2019, "The continuous
// Bernoulli: fixing a pervasive error in variational autoencoders"): a density that is exponential in x,
//   log p = sum_d x y + log(y / (exp(y) - 1)),  mean = 1 / (1 - exp(-y)) - 1 / y,
// which is not sigmoid(y). In a = |y|, so that nothing overflows:
//   log p = x y - max(y, 0) + log(a / (1 - exp(-a))).
// Near y = 0 Taylor series take the place of the quotients. All is in double.
//
// At x = 0 and x = 1 the density has no largest value over y: it grows as |y|.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <string.h>

// log(a / (1 - exp(-a))), a >= 0: a / 2 - a^2 / 24 + a^4 / 2880 - a^6 / 181440 + ...
static inline double log_normaliser(double a)
{
    double square = a * a;
    if (a < 0.02)
        return a / 2 - square * (1.0 / 24 - square * (1.0 / 2880 - square / 181440));
    return log(a / -expm1(-a));
}

// The mean at y = -a, a >= 0: 1 / a - 1 / (exp(a) - 1) = 1 / 2 - a / 12 + a^3 / 720 - a^5 / 30240 + ...
static inline double lower_mean(double a)
{
    double square = a * a;
    if (a < 0.25)
        return 0.5 - a * (1.0 / 12 - square * (1.0 / 720 - square * (1.0 / 30240 - square / 1209600)));
    return 1 / a - 1 / expm1(a);
}

static inline double mean_of(double y)
{
    return y > 0 ? 1 - lower_mean(y) : lower_mean(-y);
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_likelihood_call *call = user;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0};
        for (size_t d = 0; d < call->values; ++d) {
            size_t at = i * call->values + d;
            double x = call->x[at], y = call->y[at], a = fabs(y);
            lanes[d % ELBOW_LANES] += x * y - 0.5 * (y + a) + log_normaliser(a);
            if (call->dy) // mean - x, whose parts are not rounded to 1 first
                call->dy[at] = (float)(y > 0 ? (1 - x) - lower_mean(a) : lower_mean(a) - x);
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

// The a at which lower_mean is x, 0 < x <= 1/2: by Newton's steps within a bracket.
static double invert(double x)
{
    double low = 0, high = 1 / x; // the mean at -a lies below 1 / a
    double a = x < 0.2 ? high : 12 * (0.5 - x);
    for (int i = 0; i < 100 && low < high; ++i) {
        double difference = lower_mean(a) - x;
        if (difference > 0)
            low = a;
        else
            high = a;
        double half = a / 2, sine = sinh(half);
        double derivative = a < 0.25 ? a * a / 240 - 1.0 / 12 : 0.25 / (sine * sine) - 1 / (a * a); // 0.25 / inf is 0
        double next = a - difference / derivative;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - a) <= 1e-15 * a)
            return next;
        a = next;
    }
    return a;
}

// The largest log p of one value: at the y whose mean it is.
static double largest(double x)
{
    double nearer = x > 0.5 ? 1 - x : x; // exact
    if (nearer == 0)
        return INFINITY;
    if (nearer == 0.5)
        return 0;
    if (isnan(x))
        return x;
    double a = invert(nearer);
    return log_normaliser(a) - nearer * a;
}

// Data of bytes have few distinct values: results are cached.
static void saturated(const struct elbow_likelihood_call *call)
{
    enum { KEPT = 512 };
    struct {
        float x;
        double most;
    } kept[KEPT];
    for (size_t k = 0; k < KEPT; ++k) {
        kept[k].x = 0.5F;
        kept[k].most = 0;
    }
    for (size_t i = 0; i < call->rows; ++i) {
        double sum = 0;
        for (size_t d = 0; d < call->values; ++d) {
            float x = call->x[i * call->values + d];
            uint32_t bits;
            memcpy(&bits, &x, sizeof bits);
            size_t k = (bits * UINT32_C(2654435769)) >> 23;
            if (kept[k].x != x) {
                kept[k].x = x;
                kept[k].most = largest(x);
            }
            sum += kept[k].most;
        }
        call->recon[i] = sum;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    for (size_t k = 0; k < call->rows * call->values; ++k)
        values[k] = (float)mean_of(call->y[k]);
}

// The inverse of the distribution function (exp(y x) - 1) / (exp(y) - 1), from its nearer end.
static double invert_distribution(double u, double y)
{
    if (y == 0)
        return u;
    if (y > 0)
        return 1 - log1p(u * expm1(-y)) / -y;
    return log1p(u * expm1(y)) / y;
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    uint32_t words[ELBOW_TILE];
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
        size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
        elbow_random_words(stream, first, n, words);
        for (size_t d = 0; d < n; ++d)
            x[first + d] = (float)invert_distribution(elbow_word_uniform(words[d]), call->y[first + d]);
    }
}

// The y whose mean it is, of a mean within [0.001, 0.999].
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    double value = fmin(fmax(data_mean, 0.001), 0.999);
    (void)options;
    bias[0] = (float)(value > 0.5 ? invert(1 - value) : -invert(value));
}

const struct elbow_likelihood elbow_likelihood_continuous_bernoulli = {.outputs = elbow_likelihood_one_output,
                                                                       .score = score,
                                                                       .saturated = saturated,
                                                                       .mean = mean,
                                                                       .draw = draw,
                                                                       .output_bias = output_bias};
