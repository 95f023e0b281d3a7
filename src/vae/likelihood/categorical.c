// SPDX-License-Identifier: BSD-3-Clause
// Categorical on k logits a value, for classes x = 0 to k - 1: log p = sum_d y_x - log sum_j exp(y_j).
//
// With the largest logit m and the sum over the other classes, log p = (y_x - m) - log(1 + sum of exp(y_j - m) over the
// others), so that a class of which the decoder is certain has an accurate log-probability. Exponentials are rounded to
// float, to 1 ULP; sums are in double.
//
// Classes have no order, and no mean: the most probable class replaces it, in a tie the first.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return (size_t)options->classes;
}

// The first of the largest.
static size_t largest(size_t classes, const float *y)
{
    size_t best = 0;
    for (size_t j = 1; j < classes; ++j)
        if (y[j] > y[best])
            best = j;
    return best;
}

// exp(y_j - m) of classes [first, first + n).
static void fill_exponentials(size_t n, const float *y, float most, float *exponentials)
{
    for (size_t j = 0; j < n; ++j)
        exponentials[j] = y[j] - most;
    elbow_vector_exp(n, exponentials, exponentials);
}

// The sum of the exponentials of all classes except `best`; stores the exponentials in *kept (which may be y) unless it
// is NULL.
static double sum_others(size_t classes, const float *y, size_t best, float *kept)
{
    float exponentials[ELBOW_TILE], most = y[best];
    double lanes[ELBOW_LANES] = {0};
    for (size_t first = 0; first < classes; first += ELBOW_TILE) {
        size_t n = classes - first < ELBOW_TILE ? classes - first : ELBOW_TILE;
        fill_exponentials(n, y + first, most, exponentials);
        for (size_t j = 0; kept && j < n; ++j)
            kept[first + j] = exponentials[j];
        if (best >= first && best < first + n)
            exponentials[best - first] *= 0; // NaN for a NaN
        for (size_t j = 0; j < n; ++j)
            lanes[j % ELBOW_LANES] += exponentials[j];
    }
    return elbow_lanes_fold(lanes);
}

// The gradient, from the exponentials in dy.
static void normalise(size_t classes, size_t best, double others, bool is_class, size_t class, float *dy)
{
    double all = 1 + others, unknown = is_class ? 0 : NAN;
    for (size_t j = 0; j < classes; ++j)
        dy[j] = (float)(dy[j] / all + unknown);
    if (is_class && class == best)
        dy[class] = (float)(-others / all);
    else if (is_class)
        dy[class] = (float)(dy[class] - 1.0);
}

static double value(size_t classes, float x, const float *y, float *dy)
{
    bool is_class = x >= 0 && x < (float)classes;
    size_t class = is_class ? (size_t)x : 0, best = largest(classes, y);
    double above = (double)y[class] - (double)y[best];
    double others = sum_others(classes, y, best, dy);
    if (dy)
        normalise(classes, best, others, is_class, class, dy);
    return is_class ? above - log1p(others) : NAN;
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_likelihood_call *call = user;
    size_t classes = outputs(call->options);
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0};
        for (size_t d = 0; d < call->values; ++d) {
            size_t at = i * call->values + d;
            float *dy = call->dy ? call->dy + at * classes : NULL;
            lanes[d % ELBOW_LANES] += value(classes, call->x[at], call->y + at * classes, dy);
        }
        call->recon[i] = elbow_lanes_fold(lanes);
    }
}

static void score(const struct elbow_likelihood_call *call)
{
    struct elbow_likelihood_call copy = *call;
    ELBOW_CHECK(call->x && call->y && call->recon && call->options->classes >= 2);
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values * outputs(call->options)), span, &copy);
}

// A class may have all the probability.
static void saturated(const struct elbow_likelihood_call *call)
{
    for (size_t i = 0; i < call->rows; ++i) {
        double nothing = 0; // except for a NaN
        for (size_t d = 0; d < call->values; ++d)
            nothing += 0 * (double)call->x[i * call->values + d];
        call->recon[i] = nothing;
    }
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    size_t classes = outputs(call->options);
    for (size_t k = 0; k < call->rows * call->values; ++k) {
        const float *y = call->y + k * classes;
        float nothing = 0;
        for (size_t j = 0; j < classes; ++j)
            nothing += isnan(y[j]) ? NAN : 0;
        values[k] = (float)largest(classes, y) + nothing;
    }
}

// The first class at which the probabilities so far exceed u; value d takes word d.
static double draw_class(size_t classes, const float *y, double u)
{
    size_t class = 0;
    double most = y[largest(classes, y)], sum = 0, below = 0;
    for (size_t j = 0; j < classes; ++j)
        sum += exp(y[j] - most);
    for (; class + 1 < classes; ++class) {
        below += exp(y[class] - most);
        if (u * sum < below)
            break;
    }
    return isnan(sum) ? sum : (double)class; // a NaN shows in the draws
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    size_t classes = outputs(call->options);
    uint32_t words[ELBOW_TILE];
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
        size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
        elbow_random_words(stream, first, n, words);
        for (size_t d = 0; d < n; ++d)
            x[first + d] = (float)draw_class(classes, call->y + (first + d) * classes, elbow_word_uniform(words[d]));
    }
}

// E[class] where each class is exp(tilt) times as probable as the one before: of a geometric series.
static double tilted_mean(double classes, double tilt)
{
    if (fabs(tilt) * classes < 1e-4)
        return (classes - 1) / 2 + (classes * classes - 1) / 12 * tilt;
    if (tilt > 0)
        return classes - 1 - tilted_mean(classes, -tilt);
    return 1 / expm1(-tilt) - classes / expm1(-classes * tilt);
}

// A mean does not determine the probabilities of classes: of all distributions with this mean, this is the one of the
// largest entropy. The mean is kept within [0.001, 0.999] of the last class.
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    size_t classes = outputs(options);
    double last = (double)(classes - 1), wanted = fmin(fmax(data_mean, 0.001 * last), 0.999 * last);
    double low = -1000, high = 1000;
    for (int i = 0; i < 64; ++i) {
        double middle = 0.5 * (low + high);
        if (tilted_mean((double)classes, middle) < wanted)
            low = middle;
        else
            high = middle;
    }
    for (size_t j = 0; j < classes; ++j)
        bias[j] = (float)(0.5 * (low + high) * ((double)j - last / 2));
}

static elbow_onnx_value onnx_mean(const struct elbow_likelihood_options *options, size_t values,
                                  struct elbow_onnx *onnx, elbow_onnx_value y)
{
    const size_t shape[] = {values, outputs(options)};
    const struct elbow_onnx_attribute attributes[] = {
        {.name = "axis", .kind = ELBOW_ONNX_INTEGER, .integers = {2}, .count = 1},
        {.name = "keepdims", .kind = ELBOW_ONNX_INTEGER, .integers = {0}, .count = 1}};
    y = elbow_onnx_reshape(onnx, y, 2, shape);
    return elbow_onnx_cast(onnx, elbow_onnx_node(onnx, "ArgMax", 1, &y, 2, attributes), ELBOW_ONNX_FLOAT);
}

const struct elbow_likelihood elbow_likelihood_categorical = {.outputs = outputs,
                                                              .score = score,
                                                              .saturated = saturated,
                                                              .mean = mean,
                                                              .draw = draw,
                                                              .output_bias = output_bias,
                                                              .onnx_mean = onnx_mean};
