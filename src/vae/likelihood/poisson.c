// SPDX-License-Identifier: BSD-3-Clause
// Poisson of log-rate y, for counts x = 0, 1, 2, ...: log p = sum_d x y - exp(y) - log x!; the mean is exp(y).
//
// exp(y) is rounded to float, to 1 ULP; everything else is in double.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/gamma.h"
#include "elbow/math/threads.h"
#include "elbow/math/variates.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

// Adds the terms of a tile to the lanes.
static void sum(size_t n, const float *x, const float *y, const float *rate, double lanes[ELBOW_LANES])
{
    for (size_t d = 0; d < n; ++d)
        lanes[d % ELBOW_LANES] += (double)x[d] * (double)y[d] - (double)rate[d] - elbow_log_factorial(x[d]);
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
            most += (x == 0 ? 0 : x * log(x) - x) - elbow_log_factorial(x);
        }
        call->recon[i] = most;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_vector_exp(call->rows * call->values, call->y, values);
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t d = 0; d < call->values; ++d) {
        struct elbow_variates source = {.stream = stream, .value = d, .values = call->values};
        x[d] = (float)elbow_draw_poisson(exp((double)call->y[d]), &source);
    }
}

// The logarithm, of at least a thousandth: counts that never occur keep a gradient.
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    (void)options;
    bias[0] = (float)log(fmax(data_mean, 0.001));
}

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    (void)options;
    (void)values;
    return elbow_onnx_one(onnx, "Exp", y);
}

const struct elbow_likelihood elbow_likelihood_poisson = {.outputs = elbow_likelihood_one_output,
                                                          .score = score,
                                                          .saturated = saturated,
                                                          .mean = mean,
                                                          .draw = draw,
                                                          .output_bias = output_bias,
                                                          .onnx_mean = onnx_mean};
