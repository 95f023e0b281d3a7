// SPDX-License-Identifier: BSD-3-Clause
// Discretised logistic (Salimans et al. 2017, "PixelCNN++"; Kingma et al. 2016), for values x = k / (L - 1), k = 0 to
// L - 1: the probability that a logistic variate of location y and scale s falls into the bin of x, whose half width
// is h = 1/2 / (L - 1); the bins at both ends are open. With F = sigmoid, a = (x + h - y) / s, b = (x - h - y) / s:
//   log p = log(F(a) - F(b)) = log(1 - exp(b - a)) - softplus(-a) - softplus(b)
// exactly, so that nothing cancels for any small probability; the end at 0 has log F(a) = -softplus(-a), the end at 1
// log(1 - F(b)) = -softplus(b).
#include "elbow/vae/detail/location_scale.h"

static const double SCALE_START = 0.1; // default

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return options->scale_from == ELBOW_NUMBER_PREDICTED ? 2 : 1;
}

static bool shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    (void)values;
    return elbow_location_scale_shared(options, false, SCALE_START, tensor);
}

static inline struct elbow_scale_terms density(const struct elbow_location_scale *work, double x, double location,
                                               double scale, double freedom)
{
    double level = rint(x * work->top), width = 1 / (work->top * scale); // x is rounded to float
    double a = ((level + 0.5) / work->top - location) / scale, b = ((level - 0.5) / work->top - location) / scale;
    bool has_lower = level > 0, has_upper = level < work->top; // bounds of its bin, except at the ends
    double nothing = 0 * x;                                    // except for a NaN
    struct elbow_scale_terms terms = {.log_p = nothing, .location = nothing, .scale = nothing};
    (void)freedom;
    if (has_upper) {
        double above = elbow_sigmoid(-a);
        terms.log_p -= elbow_softplus(-a);
        terms.location -= above / scale;
        terms.scale -= a * above / scale;
    }
    if (has_lower) {
        double below = elbow_sigmoid(b);
        terms.log_p -= elbow_softplus(b);
        terms.location += below / scale;
        terms.scale += b * below / scale;
    }
    if (has_lower && has_upper) {
        terms.log_p += log(-expm1(-width));
        terms.scale -= width / expm1(width) / scale; // 0 for a width without bound
    }
    return terms;
}

static struct elbow_location_scale work_of(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = elbow_location_scale(call, false);
    ELBOW_CHECK(call->options->levels >= 2);
    work.top = (double)(call->options->levels - 1);
    return work;
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct elbow_scale_block *block = user;
    (void)part;
    elbow_location_scale_rows(block->work, density, block->first + row, count, block->derivatives);
}

static void score(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = work_of(call);
    elbow_location_scale_score(&work, span);
}

// At y = x: log tanh of a quarter of the bin over s; the ends have log p = 0 where y leaves them behind.
static double largest(const struct elbow_location_scale *work, double x, double scale, double freedom)
{
    double level = rint(x * work->top), half = 0.5 / (work->top * scale);
    (void)freedom;
    return level == 0 || level == work->top ? 0 : 0 * x + log(-expm1(-2 * half)) - 2 * elbow_softplus(-half);
}

static void saturated(const struct elbow_likelihood_call *call)
{
    struct elbow_location_scale work = work_of(call);
    elbow_location_scale_saturated(&work, largest);
}

// E[x] = sum over the bounds between levels of the probability of a larger value: 1 or 0 far from the location.
static double mean_of(const struct elbow_likelihood_options *options, double location, double scale)
{
    const double far = 40;
    double top = (double)(options->levels - 1), sum = 0;
    double first = floor((location - far * scale) * top), last = ceil((location + far * scale) * top);
    if (isnan(location) || isnan(scale))
        return location + scale;
    double below = fmin(fmax(first, 0), top);
    for (double k = below; k < fmin(last, top); ++k)
        sum += elbow_sigmoid((location - (k + 0.5) / top) / scale);
    return (below + sum) / top;
}

// The variance is (pi s)^2 / 3.
static void start(const struct elbow_likelihood_start *start)
{
    elbow_location_scale_start(start, outputs(start->options), sqrt(3) / acos(-1.0));
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    struct elbow_location_scale work = work_of(call);
    for (size_t k = 0; k < call->rows * call->values;
         ++k) { // values may be y: a value is written before the outputs that are still needed
        const float *y = call->y + k * work.outputs;
        values[k] = (float)mean_of(call->options, y[0], elbow_scale_of(&work, y));
    }
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    struct elbow_location_scale work = work_of(call);
    double top = work.top;
    uint32_t words[ELBOW_TILE];
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    for (size_t first = 0; first < call->values; first += ELBOW_TILE) {
        size_t n = call->values - first < ELBOW_TILE ? call->values - first : ELBOW_TILE;
        elbow_random_words(stream, first, n, words);
        for (size_t d = 0; d < n; ++d) {
            const float *y = call->y + (first + d) * work.outputs;
            double u = elbow_word_uniform(words[d]);
            double level = rint((y[0] + elbow_scale_of(&work, y) * log(u / (1 - u))) * top);
            x[first + d] = (float)((level < 0 ? 0 : level > top ? top : level) / top);
        }
    }
}

// The location whose mean it is, by bisection, of a mean within [0.001, 0.999]; a predicted scale begins at 0.1, or
// where start puts it.
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    bool is_predicted = options->scale_from == ELBOW_NUMBER_PREDICTED;
    double scale = options->scale > 0 && !is_predicted ? options->scale : SCALE_START,
           wanted = fmin(fmax(data_mean, 0.001), 0.999);
    double low = -40 * scale, high = 1 + 40 * scale;
    for (int i = 0; i < 60; ++i) {
        double middle = 0.5 * (low + high);
        if (mean_of(options, middle, scale) < wanted)
            low = middle;
        else
            high = middle;
    }
    bias[0] = (float)(0.5 * (low + high));
    if (is_predicted)
        bias[1] = (float)elbow_softplus_inverse(SCALE_START - ELBOW_SCALE_LEAST);
}

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_SCALE, ELBOW_FIGURES};

const struct elbow_likelihood elbow_likelihood_discretized_logistic = {.outputs = outputs,
                                                                       .shared = shared,
                                                                       .figures = figures,
                                                                       .starts_from_data = elbow_location_scale_starts,
                                                                       .start = start,
                                                                       .score = score,
                                                                       .saturated = saturated,
                                                                       .mean = mean,
                                                                       .draw = draw,
                                                                       .output_bias = output_bias};
