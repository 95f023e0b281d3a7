// SPDX-License-Identifier: BSD-3-Clause
// Laplace of location y and scale b: log p = -sum_d |x - y| / b + log(2 b). The location is mean and median; the
// largest log p is that of the median of the data, which outliers do not move.
#include "elbow/vae/detail/location_scale.h"

#include <string.h>

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return options->scale_from == ELBOW_NUMBER_PREDICTED ? 2 : 1;
}

static bool shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    (void)values;
    return elbow_location_scale_shared(options, false, 1, tensor);
}

static inline struct elbow_scale_terms density(const struct elbow_location_scale *work, double x, double location,
                                               double scale, double freedom)
{
    double difference = x - location, away = fabs(difference) / scale;
    double sign = difference > 0 ? 1 : difference < 0 ? -1 : difference; // 0, or NaN
    (void)work;
    (void)freedom;
    return (struct elbow_scale_terms){
        .log_p = -away - log(2 * scale), .location = sign / scale, .scale = (away - 1) / scale};
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_scale_block *block = user;
    (void)part;
    elbow_location_scale_rows(block->work, density, block->first + row, count, block->derivatives);
}

static void score(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = elbow_location_scale(call, false);
    elbow_location_scale_score(&work, span);
}

// At y = x.
static double largest(const struct elbow_location_scale *work, double x, double scale, double freedom)
{
    (void)work;
    (void)freedom;
    return 0 * x - log(2 * scale);
}

static void saturated(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = elbow_location_scale(call, false);
    elbow_location_scale_saturated(&work, largest);
}

// The variance is 2 b^2.
static void start(const struct elbow_likelihood_start *start)
{
    elbow_location_scale_start(start, outputs(start->options), sqrt(0.5));
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_location_scale_mean(call, outputs(call->options), values);
}

// By the inverse of the distribution function, from its nearer end.
static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    struct elbow_location_scale work = elbow_location_scale(call, false);
    uint32_t words[ELBOW_TILE];
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
        size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
        elbow_random_words(stream, first, n, words);
        for (size_t d = 0; d < n; ++d) {
            const float *y = call->y + (first + d) * work.outputs;
            double u = elbow_word_uniform(words[d]), size = log(2 * (u < 0.5 ? u : 1 - u)); // at most 0
            x[first + d] = (float)(y[0] + elbow_scale_of(&work, y) * (u < 0.5 ? size : -size));
        }
    }
}

static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    elbow_location_scale_bias(data_mean, outputs(options), bias);
}

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_SCALE, ELBOW_FIGURES};

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    return elbow_likelihood_onnx_first(outputs(options), values, onnx, y);
}

const struct elbow_likelihood elbow_likelihood_laplace = {.outputs = outputs,
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
