// SPDX-License-Identifier: BSD-3-Clause
// The likelihoods: one pass from the decoder's output to log p(x|z) and its gradient, in tiles that stay in the first
// cache.
//
// The sum over a row's D values is in double and in an order fixed by D alone: value d goes to partial sum d % 8, and
// the eight are folded pairwise. The Bernoulli works on e = exp(-|y|) in place of softplus and sigmoid:
//   sum_d x y - softplus(y) = sum_d (x y - max(y, 0)) - log prod_d (1 + e),
//   sigmoid(y) = y > 0 ? 1 - s : s  with  s = e / (1 + e).
// One logarithm a tile is enough (a product of 256 factors of up to 2 fits a double). Where x is 0 or 1 nothing
// cancels: a pixel that the decoder is sure of keeps an accurate log-probability (e to 1 ULP of float, plus 1e-16) and
// gradient.
#include "elbow/vae/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

enum { TILE = 256, LANES = 8 }; // TILE is a multiple of LANES, so that a value's lane does not depend on its tile

static const double LOG_2_PI = 1.83787706640934548356;

static double fold(const double lanes[LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// One value's x y - max(y, 0). The product of two floats is exact in double.
static inline double bernoulli_term(float x, float y)
{
    double logit = y, positive = 0.5 * (logit + fabs(logit)); // exact, and without a branch
    return (double)x * logit - positive;
}

// Adds the terms of a tile to the lanes; gives back the logarithm of the product of 1 + exponential.
static double bernoulli_sum(size_t n, const float *x, const float *y, const float *exponential, double lanes[LANES])
{
    double sums[LANES], products[LANES];
    memcpy(sums, lanes, sizeof sums);
    for (size_t lane = 0; lane < LANES; ++lane)
        products[lane] = 1;
    size_t d = 0;
    for (; d + LANES <= n; d += LANES)
        for (size_t lane = 0; lane < LANES; ++lane) {
            sums[lane] += bernoulli_term(x[d + lane], y[d + lane]);
            products[lane] *= 1.0 + (double)exponential[d + lane];
        }
    for (size_t lane = 0; d + lane < n; ++lane) {
        sums[lane] += bernoulli_term(x[d + lane], y[d + lane]);
        products[lane] *= 1.0 + (double)exponential[d + lane];
    }
    memcpy(lanes, sums, sizeof sums);
    return log(((products[0] * products[4]) * (products[2] * products[6])) *
               ((products[1] * products[5]) * (products[3] * products[7])));
}

// dy = sigmoid(y) - x. By way of a tile of its own: dy may be y, and a loop that may alias would not vectorise.
static void bernoulli_gradient(size_t n, const float *x, const float *y, const float *exponential, float *dy)
{
    float gradient[TILE];
    for (size_t d = 0; d < n; ++d) {
        float small = exponential[d] / (1.0F + exponential[d]);
        float if_positive = (1.0F - x[d]) - small;
        float if_negative = small - x[d];
        gradient[d] = y[d] > 0 ? if_positive : if_negative;
    }
    memcpy(dy, gradient, n * sizeof *dy);
}

static void fill_exponential(size_t n, const float *y, float *exponential)
{
    for (size_t d = 0; d < n; ++d)
        exponential[d] = -fabsf(y[d]);
    elbow_vector_exp(n, exponential, exponential);
}

// Rows to work on.
struct rows {
    size_t values;
    const float *x, *y;
    double *recon;
    float *dy;        // may be NULL
    double precision; // Gaussian
};

// Rows that are worth a thread.
static size_t least_rows(size_t values)
{
    enum { VALUES_LEAST = 1 << 12 };
    return VALUES_LEAST / (values + 1) + 1;
}

static void bernoulli_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t values = rows->values;
    const float *x = rows->x, *y = rows->y;
    float *dy = rows->dy, exponential[TILE] = {0};
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[LANES] = {0}, logarithms = 0;
        for (size_t first = 0; first < values; first += TILE) {
            size_t n = values - first < TILE ? values - first : TILE;
            size_t at = i * values + first;
            fill_exponential(n, y + at, exponential);
            logarithms += bernoulli_sum(n, x + at, y + at, exponential, lanes);
            if (dy)
                bernoulli_gradient(n, x + at, y + at, exponential, dy + at);
        }
        rows->recon[i] = fold(lanes) - logarithms;
    }
}

void elbow_likelihood_bernoulli(size_t rows, size_t values, const float *x, const float *y, double *recon, float *dy)
{
    ELBOW_CHECK(x && y && recon);
    struct rows call = {.values = values, .x = x, .y = y, .recon = recon, .dy = dy};
    elbow_threads_split(rows, 1, least_rows(values), bernoulli_span, &call);
}

static void gaussian_sum(size_t n, const float *x, const float *y, double lanes[LANES])
{
    double sums[LANES];
    memcpy(sums, lanes, sizeof sums);
    size_t d = 0;
    for (; d + LANES <= n; d += LANES)
        for (size_t lane = 0; lane < LANES; ++lane) {
            double difference = (double)y[d + lane] - (double)x[d + lane];
            sums[lane] += difference * difference;
        }
    for (size_t lane = 0; d + lane < n; ++lane) {
        double difference = (double)y[d + lane] - (double)x[d + lane];
        sums[lane] += difference * difference;
    }
    memcpy(lanes, sums, sizeof sums);
}

static void gaussian_tile(size_t n, double precision, const float *x, const float *y, double lanes[LANES], float *dy)
{
    gaussian_sum(n, x, y, lanes);
    if (!dy)
        return;
    float gradient[TILE]; // as above: dy may be y
    for (size_t d = 0; d < n; ++d)
        gradient[d] = (float)(((double)y[d] - (double)x[d]) * precision);
    memcpy(dy, gradient, n * sizeof *dy);
}

// Leaves the squares over the variance in recon.
static void gaussian_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t values = rows->values;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[LANES] = {0};
        for (size_t first = 0; first < values; first += TILE) {
            size_t n = values - first < TILE ? values - first : TILE;
            size_t at = i * values + first;
            gaussian_tile(n, rows->precision, rows->x + at, rows->y + at, lanes, rows->dy ? rows->dy + at : NULL);
        }
        rows->recon[i] = fold(lanes) * rows->precision;
    }
}

void elbow_likelihood_gaussian(size_t rows, size_t values, double log_variance, const float *x, const float *y,
                               double *recon, float *dy, double *dlog_variance)
{
    ELBOW_CHECK(x && y && recon);
    struct rows call = {.values = values, .x = x, .y = y, .recon = recon, .dy = dy, .precision = exp(-log_variance)};
    elbow_threads_split(rows, 1, least_rows(values), gaussian_span, &call);
    double constant = (double)values * (log_variance + LOG_2_PI);
    double slope = 0;
    for (size_t i = 0; i < rows; ++i) { // in order, whatever threads did the rows
        double squares = recon[i];
        recon[i] = -0.5 * (squares + constant);
        slope += 0.5 * ((double)values - squares);
    }
    if (dlog_variance)
        *dlog_variance = slope;
}

void elbow_likelihood_draw(struct elbow_stream stream, double variance, size_t n, const float *mean, float *x)
{
    ELBOW_CHECK(mean && x && mean != x && !(variance < 0));
    if (variance != 0) { // a NaN too: it shows in the draws
        elbow_random_normal(stream, n, x);
        float deviation = (float)sqrt(variance);
        for (size_t d = 0; d < n; ++d)
            x[d] = mean[d] + deviation * x[d];
        return;
    }
    elbow_random_uniform(stream, n, x);
    for (size_t d = 0; d < n; ++d)
        x[d] = x[d] < mean[d] ? 1.0F : 0.0F;
}
