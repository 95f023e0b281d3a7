// SPDX-License-Identifier: BSD-3-Clause
// Bernoulli on logits y: log p = sum_d x y - softplus(y); the mean is sigmoid(y). Values between 0 and 1 are allowed,
// too; the result is then a cross-entropy, not a log-probability.
//
// It uses e = exp(-|y|) instead of softplus and sigmoid:
//   sum_d x y - softplus(y) = sum_d (x y - max(y, 0)) - log prod_d (1 + e),
//   sigmoid(y) = y > 0 ? 1 - s : s  with  s = e / (1 + e).
// One logarithm per tile is enough (a product of 256 factors of up to 2 fits a double). If x is 0 or 1 nothing cancels:
// a pixel of which the decoder is certain has an accurate log-probability (e to 1 ULP of float, plus 1e-16) and
// gradient.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

// One value's x y - max(y, 0). The product of two floats is exact in double.
static inline double term(float x, float y)
{
    double logit = y, positive = 0.5 * (logit + fabs(logit)); // exact, and without a branch
    return (double)x * logit - positive;
}

// Adds the terms of a tile to the lanes; returns the logarithm of the product of 1 + exponential.
static double sum(size_t n, const float *x, const float *y, const float *exponential, double lanes[ELBOW_LANES])
{
    double sums[ELBOW_LANES], products[ELBOW_LANES];
    memcpy(sums, lanes, sizeof sums);
    for (size_t lane = 0; lane < ELBOW_LANES; ++lane)
        products[lane] = 1;
    size_t d = n - n % ELBOW_LANES;
    for (size_t first = 0; first < d; first += ELBOW_LANES) // GCC 12 makes vectors of two loops, not of one
        for (size_t lane = 0; lane < ELBOW_LANES; ++lane)
            sums[lane] += term(x[first + lane], y[first + lane]);
    for (size_t first = 0; first < d; first += ELBOW_LANES)
        for (size_t lane = 0; lane < ELBOW_LANES; ++lane)
            products[lane] *= 1.0 + (double)exponential[first + lane];
    for (size_t lane = 0; d + lane < n; ++lane) {
        sums[lane] += term(x[d + lane], y[d + lane]);
        products[lane] *= 1.0 + (double)exponential[d + lane];
    }
    memcpy(lanes, sums, sizeof sums);
    return log(((products[0] * products[4]) * (products[2] * products[6])) *
               ((products[1] * products[5]) * (products[3] * products[7])));
}

// dy = sigmoid(y) - x. By way of a tile of its own: dy may be y, and a loop that may alias would not vectorise.
static void gradient(size_t n, const float *x, const float *y, const float *exponential, float *dy)
{
    float gradient[ELBOW_TILE];
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

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_likelihood_call *call = user;
    size_t values = call->values;
    const float *x = call->x, *y = call->y;
    float *dy = call->dy, exponential[ELBOW_TILE] = {0};
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0}, logarithms = 0;
        for (size_t first = 0; first < values; first += ELBOW_TILE) {
            size_t n = values - first < ELBOW_TILE ? values - first : ELBOW_TILE;
            size_t at = i * values + first;
            fill_exponential(n, y + at, exponential);
            logarithms += sum(n, x + at, y + at, exponential, lanes);
            if (dy)
                gradient(n, x + at, y + at, exponential, dy + at);
        }
        call->recon[i] = elbow_lanes_fold(lanes) - logarithms;
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    ELBOW_CHECK(call->x && call->y && call->recon);
    struct elbow_likelihood_call copy = *call;
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &copy);
}

// x log x, 0 at 0.
static double entropy_term(double x)
{
    return x == 0 ? 0 : x * log(x);
}

// At sigmoid(y) = x: 0 for values of 0 and 1.
static void saturated(const struct elbow_likelihood_call *call)
{
    for (size_t i = 0; i < call->rows; ++i) {
        double sum = 0;
        for (size_t d = 0; d < call->values; ++d) {
            double x = call->x[i * call->values + d];
            sum += entropy_term(x) + entropy_term(1 - x);
        }
        call->recon[i] = sum;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_vector_sigmoid(call->rows * call->values, call->y, values);
}

// 1 where u < mean.
static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    float pixels[ELBOW_TILE];
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    elbow_random_uniform(stream, call->values, x);
    for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
        size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
        elbow_vector_sigmoid(n, call->y + first, pixels);
        for (size_t d = 0; d < n; ++d)
            x[first + d] = x[first + d] < pixels[d] ? 1.0F : 0.0F;
    }
}

// The logit, of a pixel within [0.001, 0.999] (Burda et al. 2015).
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    (void)options;
    double pixel = fmin(fmax(data_mean, 0.001), 0.999);
    bias[0] = (float)log(pixel / (1 - pixel));
}

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    (void)options;
    (void)values;
    return elbow_onnx_one(onnx, "Sigmoid", y);
}

const struct elbow_likelihood elbow_likelihood_bernoulli = {.outputs = elbow_likelihood_one_output,
                                                            .score = score,
                                                            .saturated = saturated,
                                                            .mean = mean,
                                                            .draw = draw,
                                                            .output_bias = output_bias,
                                                            .onnx_mean = onnx_mean};
