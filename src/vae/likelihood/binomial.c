// SPDX-License-Identifier: BSD-3-Clause
// Binomial on logits y, for counts x = 0 to n: log p = sum_d log (n choose x) + x y - n softplus(y); the mean is n
// sigmoid(y). With n = 1 it is the Bernoulli.
//
// exp(-|y|) is rounded to float, to 1 ULP, and one logarithm per tile is enough, as in bernoulli.c; everything else is
// in double.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/gamma.h"
#include "elbow/math/threads.h"
#include "elbow/math/variates.h"
#include "elbow/math/vector.h"

#include <math.h>

enum { TABLE = 256 }; // trials up to which log (n choose x) is looked up

struct work {
    const struct elbow_likelihood_call *call;
    double trials;
    double choose[TABLE + 1];
};

static double log_choose(double n, double x)
{
    return elbow_log_factorial(n) - elbow_log_factorial(x) - elbow_log_factorial(n - x);
}

static void begin(const struct elbow_likelihood_call *call, struct work *work)
{
    work->call = call;
    work->trials = (double)call->options->trials;
    ELBOW_CHECK(work->trials >= 1);
    for (int x = 0; work->trials <= TABLE && x <= work->trials; ++x)
        work->choose[x] = log_choose(work->trials, x);
}

static inline double choose(const struct work *work, double x)
{
    if (work->trials <= TABLE && x >= 0 && x <= work->trials)
        return work->choose[(int)x];
    return log_choose(work->trials, x); // a NaN, too
}

static void tile(const struct work *work, size_t n, const float *x, const float *y, double lanes[ELBOW_LANES],
                 double *logarithms, float *dy)
{
    float exponential[ELBOW_TILE];
    double products[ELBOW_LANES] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t d = 0; d < n; ++d)
        exponential[d] = -fabsf(y[d]);
    elbow_vector_exp(n, exponential, exponential);
    for (size_t d = 0; d < n; ++d) {
        double count = x[d], logit = y[d], positive = 0.5 * (logit + fabs(logit)), small = exponential[d];
        lanes[d % ELBOW_LANES] += count * logit - work->trials * positive + choose(work, count);
        products[d % ELBOW_LANES] *= 1 + small;
        if (!dy)
            continue;
        double lower = work->trials * (small / (1 + small)); // n sigmoid(-|y|)
        dy[d] = (float)(logit > 0 ? (work->trials - count) - lower : lower - count);
    }
    *logarithms += log(((products[0] * products[4]) * (products[2] * products[6])) *
                       ((products[1] * products[5]) * (products[3] * products[7])));
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct work *work = user;
    const struct elbow_likelihood_call *call = work->call;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0}, logarithms = 0;
        for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
            size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
            size_t at = i * call->values + first;
            tile(work, n, call->x + at, call->y + at, lanes, &logarithms, call->dy ? call->dy + at : NULL);
        }
        call->recon[i] = elbow_lanes_fold(lanes) - work->trials * logarithms;
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    struct work work;
    ELBOW_CHECK(call->x && call->y && call->recon);
    begin(call, &work);
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &work);
}

// x log(x / n), 0 at 0.
static double entropy_term(double x, double n)
{
    return x == 0 ? 0 : x * log(x / n);
}

// At n sigmoid(y) = x.
static void saturated(const struct elbow_likelihood_call *call)
{
    struct work work;
    begin(call, &work);
    for (size_t i = 0; i < call->rows; ++i) {
        double sum = 0;
        for (size_t d = 0; d < call->values; ++d) {
            double x = call->x[i * call->values + d];
            sum += choose(&work, x) + entropy_term(x, work.trials) + entropy_term(work.trials - x, work.trials);
        }
        call->recon[i] = sum;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_vector_sigmoid(call->rows * call->values, call->y, values);
    for (size_t k = 0; k < call->rows * call->values; ++k)
        values[k] *= (float)call->options->trials;
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t d = 0; d < call->values; ++d) {
        struct elbow_variates source = {.stream = stream, .value = d, .values = call->values};
        x[d] = (float)elbow_draw_binomial((double)call->options->trials, 1 / (1 + exp(-(double)call->y[d])), &source);
    }
}

// The logit, of a share within [0.001, 0.999].
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    double share = fmin(fmax(data_mean / (double)options->trials, 0.001), 0.999);
    bias[0] = (float)log(share / (1 - share));
}

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    (void)values;
    return elbow_onnx_two(onnx, "Mul", elbow_onnx_one(onnx, "Sigmoid", y),
                          elbow_onnx_float(onnx, (float)options->trials));
}

const struct elbow_likelihood elbow_likelihood_binomial = {.outputs = elbow_likelihood_one_output,
                                                           .score = score,
                                                           .saturated = saturated,
                                                           .mean = mean,
                                                           .draw = draw,
                                                           .output_bias = output_bias,
                                                           .onnx_mean = onnx_mean};
