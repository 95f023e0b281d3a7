// SPDX-License-Identifier: BSD-3-Clause
// Student's t of location y, scale s and n degrees of freedom: with t = (x - y) / s
//   log p = log Gamma((n + 1) / 2) - log Gamma(n / 2) - log(n pi) / 2 - log s - (n + 1) / 2 log(1 + t^2 / n).
// The location is the mean for n > 1 (the median for any n); the variance s^2 n / (n - 2) exists for n > 2. Lange,
// Little and Taylor 1989, "Robust statistical modeling using the t distribution", find n = 4 a good choice if there are
// too few data to estimate it.
#include "elbow/vae/detail/location_scale.h"

#include "elbow/math/gamma.h"
#include "elbow/math/variates.h"

#include <float.h>

static const double HALF_LOG_PI = 0.57236494292470008707, FREEDOM_START = 4; // predicted ones

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return 1 + (options->scale_from == ELBOW_NUMBER_PREDICTED) + (options->df_from == ELBOW_NUMBER_PREDICTED);
}

static bool shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    (void)values;
    return elbow_location_scale_shared(options, true, 1, tensor);
}

// The part that does not depend on x, and its derivative with respect to the degrees of freedom.
static inline double constant_of(double freedom)
{
    return elbow_log_gamma_rise(freedom / 2, 0.5) - 0.5 * log(freedom) - HALF_LOG_PI;
}

static inline double constant_derivative_of(double freedom)
{
    return 0.5 * (elbow_digamma_rise(freedom / 2, 0.5) - 1 / freedom);
}

static inline struct elbow_scale_terms density(const struct elbow_location_scale *work, double x, double location,
                                               double scale, double freedom)
{
    bool is_predicted = work->freedom.output > 0;
    double t = (x - location) / scale, part = t * t / freedom, tail = log1p(part);
    double constant = is_predicted ? constant_of(freedom) : work->constant;
    double derivative = is_predicted ? constant_derivative_of(freedom) : work->constant_derivative;
    double pull = (freedom + 1) / (freedom + t * t); // weight of an outlier
    return (struct elbow_scale_terms){.log_p = constant - log(scale) - 0.5 * (freedom + 1) * tail,
                                      .location = pull * t / scale,
                                      .scale = (pull * t * t - 1) / scale,
                                      .freedom = derivative + 0.5 * (pull * part - tail)};
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_scale_block *block = user;
    (void)part;
    elbow_location_scale_rows(block->work, density, block->first + row, count, block->derivatives);
}

static struct elbow_location_scale work_of(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = elbow_location_scale(call, true);
    if (work.freedom.output)
        return work;
    work.constant = constant_of(work.freedom.value);
    work.constant_derivative = constant_derivative_of(work.freedom.value);
    return work;
}

static void score(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = work_of(call);
    elbow_location_scale_score(&work, span);
}

// At y = x.
static double largest(const struct elbow_location_scale *work, double x, double scale, double freedom)
{
    return 0 * x + (work->freedom.output ? constant_of(freedom) : work->constant) - log(scale);
}

static void saturated(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = work_of(call);
    elbow_location_scale_saturated(&work, largest);
}

// The variance is s^2 n / (n - 2); if there is none, or nearly none, that of 3 degrees of freedom.
static void start(const struct elbow_likelihood_start *start)
{
    const struct elbow_likelihood_options *options = start->options;
    double freedom = options->df_from == ELBOW_NUMBER_PREDICTED ? FREEDOM_START : fmax(options->df, 3);
    elbow_location_scale_start(start, outputs(options), sqrt((freedom - 2) / freedom));
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_location_scale_mean(call, outputs(call->options), values);
}

// A normal number over the root of a gamma variate; within the range of float, which few degrees of freedom leave.
static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    struct elbow_location_scale work = elbow_location_scale(call, true);
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t d = 0; d < call->values; ++d) {
        const float *y = call->y + d * work.outputs;
        struct elbow_variates source = {.stream = stream, .value = d, .values = call->values};
        double freedom = elbow_freedom_of(&work, y), normal = elbow_draw_normal(&source);
        double log_gamma = elbow_draw_log_gamma(freedom / 2, &source);
        double t = normal * exp(0.5 * (log(freedom / 2) - log_gamma));
        double drawn = y[0] + elbow_scale_of(&work, y) * t;
        x[d] = (float)(drawn > FLT_MAX ? FLT_MAX : drawn < -FLT_MAX ? -FLT_MAX : drawn);
    }
}

static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    elbow_location_scale_bias(data_mean, outputs(options), bias);
    if (options->df_from == ELBOW_NUMBER_PREDICTED)
        bias[outputs(options) - 1] = (float)elbow_softplus_inverse(FREEDOM_START - ELBOW_FREEDOM_LEAST);
}

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_SCALE, ELBOW_FIGURE_DF, ELBOW_FIGURES};

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    return elbow_likelihood_onnx_first(outputs(options), values, onnx, y);
}

const struct elbow_likelihood elbow_likelihood_student_t = {.outputs = outputs,
                                                            .shared = shared,
                                                            .figures = figures,
                                                            .starts_from_data = elbow_location_scale_starts,
                                                            .start = start,
                                                            .score = score,
                                                            .saturated = saturated,
                                                            .mean = mean,
                                                            .draw = draw,
                                                            .output_bias = output_bias,
                                                            .onnx_mean = onnx_mean};
