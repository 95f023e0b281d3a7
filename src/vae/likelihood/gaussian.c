// SPDX-License-Identifier: BSD-3-Clause
// Gaussian of mean y and variance v = exp(s): log p = -1/2 sum_d ((x - y)^2 / v + s + log(2 pi)). s is fixed by the
// options, or trained: likelihood/log_variance, one number for all values.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LOG_2_PI = 1.83787706640934548356;

static bool shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    (void)values;
    ELBOW_CHECK(options->variance > 0);
    if (!options->learn_variance)
        return false;
    *tensor = (struct elbow_tensor){.name = "likelihood/log_variance",
                                    .rank = 1,
                                    .shape = {1},
                                    .is_weight = false,
                                    .initial = ELBOW_INITIAL_CONSTANT,
                                    .value = (float)log(options->variance)};
    return true;
}

static double log_variance_of(const struct elbow_likelihood_call *call)
{
    return call->shared ? (double)*call->shared : log(call->options->variance);
}

// Rows to work on.
struct rows {
    const struct elbow_likelihood_call *call;
    double precision;
};

static void sum(size_t n, const float *x, const float *y, double lanes[ELBOW_LANES])
{
    double sums[ELBOW_LANES];
    memcpy(sums, lanes, sizeof sums);
    size_t d = 0;
    for (; d + ELBOW_LANES <= n; d += ELBOW_LANES)
        for (size_t lane = 0; lane < ELBOW_LANES; ++lane) {
            double difference = (double)y[d + lane] - (double)x[d + lane];
            sums[lane] += difference * difference;
        }
    for (size_t lane = 0; d + lane < n; ++lane) {
        double difference = (double)y[d + lane] - (double)x[d + lane];
        sums[lane] += difference * difference;
    }
    memcpy(lanes, sums, sizeof sums);
}

static void tile(size_t n, double precision, const float *x, const float *y, double lanes[ELBOW_LANES], float *dy)
{
    sum(n, x, y, lanes);
    if (!dy)
        return;
    float gradient[ELBOW_TILE]; // of its own: dy may be y, and a loop that may alias would not vectorise
    for (size_t d = 0; d < n; ++d)
        gradient[d] = (float)(((double)y[d] - (double)x[d]) * precision);
    memcpy(dy, gradient, n * sizeof *dy);
}

// Leaves the squares over the variance in recon.
static void span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    const struct elbow_likelihood_call *call = rows->call;
    size_t values = call->values;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0};
        for (size_t first = 0; first < values; first += ELBOW_TILE) {
            size_t n = values - first < ELBOW_TILE ? values - first : ELBOW_TILE;
            size_t at = i * values + first;
            tile(n, rows->precision, call->x + at, call->y + at, lanes, call->dy ? call->dy + at : NULL);
        }
        call->recon[i] = elbow_lanes_fold(lanes) * rows->precision;
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    ELBOW_CHECK(call->x && call->y && call->recon);
    double log_variance = log_variance_of(call);
    struct rows work = {.call = call, .precision = exp(-log_variance)};
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &work);
    double constant = (double)call->values * (log_variance + LOG_2_PI);
    double slope = 0;
    for (size_t i = 0; i < call->rows; ++i) { // in order, whatever threads did the rows
        double squares = call->recon[i];
        call->recon[i] = -0.5 * (squares + constant);
        slope += 0.5 * ((double)call->values - squares);
    }
    if (call->dshared)
        *call->dshared = (float)slope;
}

// At y = x.
static void saturated(const struct elbow_likelihood_call *call)
{
    double most = -0.5 * (double)call->values * (log_variance_of(call) + LOG_2_PI);
    for (size_t i = 0; i < call->rows; ++i) {
        double nothing = 0; // but for a NaN
        for (size_t d = 0; d < call->values; ++d)
            nothing += 0 * (double)call->x[i * call->values + d];
        call->recon[i] = most + nothing;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    memmove(values, call->y, call->rows * call->values * sizeof *values);
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    elbow_random_normal(stream, call->values, x);
    float deviation = (float)sqrt(exp(log_variance_of(call)));
    for (size_t d = 0; d < call->values; ++d)
        x[d] = call->y[d] + deviation * x[d];
}

static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    (void)options;
    bias[0] = (float)data_mean;
}

const struct elbow_likelihood elbow_likelihood_gaussian = {.outputs = elbow_likelihood_one_output,
                                                           .shared = shared,
                                                           .score = score,
                                                           .saturated = saturated,
                                                           .mean = mean,
                                                           .draw = draw,
                                                           .output_bias = output_bias};
