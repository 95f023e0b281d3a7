// SPDX-License-Identifier: BSD-3-Clause
// Gaussian of mean y and variance v = exp(s): log p = -1/2 sum_d ((x - y)^2 / v + s + log(2 pi)). s is either fixed by
// the options; or likelihood/log_variance, one number for all values, which is trained, or becomes after each step the
// logarithm of its mean square residual (Rybkin, Daniilidis and Levine 2021, "Simple and effective VAE training with
// calibrated decoders", use that of the same step); or a number for each value, which is trained. If the decoder gives
// each value its variance: gaussian_predicted.c.
//
// An s below the logarithm of the floor is replaced by it.
#include "elbow/vae/detail/gaussian.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

static const double LOG_2_PI = 1.83787706640934548356;

static struct elbow_variance variance_of(const struct elbow_likelihood_options *options)
{
    return elbow_likelihood_variance(options);
}

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return variance_of(options).from == ELBOW_NUMBER_PREDICTED ? 2 : 1;
}

static bool shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    struct elbow_variance variance = variance_of(options);
    if (variance.from == ELBOW_NUMBER_FIXED || variance.from == ELBOW_NUMBER_PREDICTED)
        return false;
    bool is_vector = variance.from == ELBOW_NUMBER_PER_VALUE;
    *tensor = (struct elbow_tensor){.name = "likelihood/log_variance",
                                    .rank = 1,
                                    .shape = {is_vector ? values : 1},
                                    .is_weight = false,
                                    .initial = ELBOW_INITIAL_CONSTANT,
                                    .value = variance.value > 0 ? (float)log(variance.value) : 0};
    return true;
}

static bool starts_from_data(const struct elbow_likelihood_options *options)
{
    struct elbow_variance variance = variance_of(options);
    return variance.from != ELBOW_NUMBER_FIXED && variance.value == 0;
}

static float start_of(double variance, double floor)
{
    return (float)log(fmax(variance, floor));
}

static void start(const struct elbow_likelihood_start *start)
{
    struct elbow_variance variance = variance_of(start->options);
    size_t places = start->values / start->channels; // 1 except for a convolution
    switch (variance.from) {
    case ELBOW_NUMBER_LEARNED:
    case ELBOW_NUMBER_OPTIMAL:
        *start->shared = start_of(start->pooled, variance.floor);
        return;
    case ELBOW_NUMBER_PER_VALUE:
        for (size_t d = 0; d < start->values; ++d)
            start->shared[d] = start_of(start->variance[d], variance.floor);
        return;
    case ELBOW_NUMBER_PREDICTED:
        for (size_t c = 0; c < start->channels; ++c) {
            double mean = 0;
            for (size_t place = 0; place < places; ++place)
                mean += start->variance[place * start->channels + c] / (double)places;
            start->bias[2 * c + 1] = start_of(mean - variance.floor, variance.floor);
        }
        return;
    default:
        return;
    }
}

static bool settle(const struct elbow_likelihood_options *options, const double *figures, float *numbers)
{
    struct elbow_variance variance = variance_of(options);
    if (variance.from != ELBOW_NUMBER_OPTIMAL)
        return false;
    if (numbers)
        *numbers = start_of(figures[ELBOW_GAUSSIAN_RESIDUAL], variance.floor);
    return true;
}

static double above_floor(double log_variance, double log_floor)
{
    return log_variance < log_floor ? log_floor : log_variance; // a NaN stays
}

// The one number of all values.
static double log_variance_of(const struct elbow_likelihood_call *call)
{
    struct elbow_variance variance = variance_of(call->options);
    return call->shared ? above_floor((double)*call->shared, log(variance.floor)) : log(variance.value);
}

// Rows to work on. Of numbers for each value only the floor is given.
struct rows {
    const struct elbow_likelihood_call *call;
    double precision;
    float log_floor;
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

// Leaves the squares in recon.
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
        call->recon[i] = elbow_lanes_fold(lanes);
    }
}

static void note(const struct elbow_likelihood_call *call, size_t row, double variance, double squares)
{
    if (!call->notes)
        return;
    call->notes[row * ELBOW_GAUSSIAN_NOTES + ELBOW_GAUSSIAN_VARIANCE] = variance;
    call->notes[row * ELBOW_GAUSSIAN_NOTES + ELBOW_GAUSSIAN_RESIDUAL] = squares / (double)call->values;
}

static void score_alike(const struct elbow_likelihood_call *call)
{
    double log_variance = log_variance_of(call);
    struct rows work = {.call = call, .precision = exp(-log_variance)};
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &work);
    double constant = (double)call->values * (log_variance + LOG_2_PI), variance = exp(log_variance);
    double derivative = 0;
    for (size_t i = 0; i < call->rows; ++i) { // in order, for any assignment of rows to threads
        note(call, i, variance, call->recon[i]);
        double squares = call->recon[i] * work.precision;
        call->recon[i] = -0.5 * (squares + constant);
        derivative += 0.5 * ((double)call->values - squares);
    }
    if (call->dshared)
        *call->dshared = variance_of(call->options).from == ELBOW_NUMBER_OPTIMAL ? 0 : (float)derivative;
}

// Precisions of a tile of values, each with its own.
static void precisions_of(size_t n, const float *log_variance, float log_floor, float *precision)
{
    for (size_t d = 0; d < n; ++d)
        precision[d] = -(log_variance[d] < log_floor ? log_floor : log_variance[d]);
    elbow_vector_exp(n, precision, precision);
}

// Likewise where each value has a variance. Leaves the squares over the variances in recon.
static void span_each(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    const struct elbow_likelihood_call *call = rows->call;
    float precision[ELBOW_TILE], gradient[ELBOW_TILE];
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0}, squares[ELBOW_LANES] = {0};
        for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
            size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
            const float *x = call->x + i * call->values + first, *y = call->y + i * call->values + first;
            precisions_of(n, call->shared + first, rows->log_floor, precision);
            for (size_t d = 0; d < n; ++d) {
                double difference = (double)y[d] - (double)x[d], derivative = difference * (double)precision[d];
                squares[d % ELBOW_LANES] += difference * difference;
                lanes[d % ELBOW_LANES] += difference * derivative;
                gradient[d] = (float)derivative;
            }
            if (call->dy)
                memcpy(call->dy + i * call->values + first, gradient, n * sizeof *gradient);
        }
        call->recon[i] = elbow_lanes_fold(lanes);
        if (call->notes)
            call->notes[i * ELBOW_GAUSSIAN_NOTES + ELBOW_GAUSSIAN_RESIDUAL] = elbow_lanes_fold(squares);
    }
}

// The gradient of each value's number: the rows in order, for any assignment of values to threads.
static void derivative_span(void *user, int part, size_t value, size_t count)
{
    const struct rows *rows = user;
    const struct elbow_likelihood_call *call = rows->call;
    float precision[ELBOW_TILE];
    double squares[ELBOW_TILE];
    (void)part;
    for (size_t first = value; first < value + count; first += ELBOW_TILE) {
        size_t n = value + count - first < ELBOW_TILE ? value + count - first : ELBOW_TILE;
        precisions_of(n, call->shared + first, rows->log_floor, precision);
        memset(squares, 0, sizeof squares);
        for (size_t i = 0; i < call->rows; ++i)
            for (size_t d = 0; d < n; ++d) {
                size_t at = i * call->values + first + d;
                double difference = (double)call->y[at] - (double)call->x[at];
                squares[d] += difference * difference;
            }
        for (size_t d = 0; d < n; ++d)
            call->dshared[first + d] = (float)(0.5 * ((double)call->rows - squares[d] * (double)precision[d]));
    }
}

static void score_each(const struct elbow_likelihood_call *call)
{
    double log_floor = log(variance_of(call->options).floor), constant = 0, variance = 0;
    struct rows work = {.call = call, .log_floor = (float)log_floor};
    if (call->dshared) // before dy, which may be y
        elbow_threads_split(call->values, 1, elbow_likelihood_least_rows(call->rows), derivative_span, &work);
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span_each, &work);
    for (size_t d = 0; d < call->values; ++d) {
        double log_variance = above_floor((double)call->shared[d], (double)work.log_floor);
        constant += log_variance + LOG_2_PI;
        variance += call->notes ? exp(log_variance) / (double)call->values : 0;
    }
    for (size_t i = 0; i < call->rows; ++i) {
        call->recon[i] = -0.5 * (call->recon[i] + constant);
        if (call->notes)
            note(call, i, variance, call->notes[i * ELBOW_GAUSSIAN_NOTES + ELBOW_GAUSSIAN_RESIDUAL]);
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    ELBOW_CHECK(call->x && call->y && call->recon);
    struct elbow_variance variance = variance_of(call->options);
    if (variance.from == ELBOW_NUMBER_PREDICTED)
        elbow_gaussian_score_predicted(call, variance.floor);
    else if (variance.from == ELBOW_NUMBER_PER_VALUE)
        score_each(call);
    else
        score_alike(call);
}

// log v of value d of row i.
static double log_variance_at(const struct elbow_likelihood_call *call, const struct elbow_variance *variance, size_t i,
                              size_t d)
{
    if (variance->from == ELBOW_NUMBER_PREDICTED)
        return log(elbow_gaussian_predicted(call->y[2 * (i * call->values + d) + 1], variance->floor));
    if (variance->from == ELBOW_NUMBER_PER_VALUE)
        return above_floor((double)call->shared[d], log(variance->floor));
    return log_variance_of(call);
}

// At y = x, with the current variances.
static void saturated(const struct elbow_likelihood_call *call)
{
    struct elbow_variance variance = variance_of(call->options);
    bool is_each = variance.from == ELBOW_NUMBER_PREDICTED || variance.from == ELBOW_NUMBER_PER_VALUE;
    double alike = is_each ? 0 : log_variance_of(call) + LOG_2_PI;
    for (size_t i = 0; i < call->rows; ++i) {
        double total = 0, nothing = 0; // except for a NaN
        for (size_t d = 0; d < call->values; ++d) {
            nothing += 0 * (double)call->x[i * call->values + d];
            total += is_each ? log_variance_at(call, &variance, i, d) + LOG_2_PI : 0;
        }
        call->recon[i] = -0.5 * (is_each ? total : (double)call->values * alike) + nothing;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    size_t count = call->rows * call->values;
    if (outputs(call->options) == 1)
        memmove(values, call->y, count * sizeof *values);
    else
        for (size_t k = 0; k < count; ++k)
            values[k] = call->y[2 * k];
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    struct elbow_variance variance = variance_of(call->options);
    size_t width = outputs(call->options);
    bool is_each = variance.from == ELBOW_NUMBER_PREDICTED || variance.from == ELBOW_NUMBER_PER_VALUE;
    float deviation = is_each ? 0 : (float)sqrt(exp(log_variance_of(call)));
    elbow_random_normal(stream, call->values, x);
    for (size_t d = 0; d < call->values; ++d) {
        if (is_each)
            deviation = (float)sqrt(exp(log_variance_at(call, &variance, 0, d)));
        x[d] = call->y[width * d] + deviation * x[d];
    }
}

static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    bias[0] = (float)data_mean;
    if (outputs(options) == 2)
        bias[1] = 0;
}

static const enum elbow_figure_kind figures[] = {[ELBOW_GAUSSIAN_VARIANCE] = ELBOW_FIGURE_VARIANCE,
                                                 [ELBOW_GAUSSIAN_RESIDUAL] = ELBOW_FIGURE_RESIDUAL,
                                                 [ELBOW_GAUSSIAN_NOTES] = ELBOW_FIGURES};

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    return elbow_likelihood_onnx_first(outputs(options), values, onnx, y);
}

const struct elbow_likelihood elbow_likelihood_gaussian = {.outputs = outputs,
                                                           .has_one_mean = true,
                                                           .shared = shared,
                                                           .figures = figures,
                                                           .starts_from_data = starts_from_data,
                                                           .start = start,
                                                           .settle = settle,
                                                           .score = score,
                                                           .saturated = saturated,
                                                           .mean = mean,
                                                           .draw = draw,
                                                           .output_bias = output_bias,
                                                           .onnx_mean = onnx_mean};
