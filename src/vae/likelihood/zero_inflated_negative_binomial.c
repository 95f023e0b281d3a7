// SPDX-License-Identifier: BSD-3-Clause
// Zero-inflated negative binomial: with probability s = sigmoid(q) a count is dropped, and is 0; otherwise it is one of
// the negative binomial p' (negative_binomial.c); q is an output of the decoder.
//   log p(0) = log(s + (1 - s) p'(0)),  log p(x) = log(1 - s) + log p'(x) for x > 0;  the mean is (1 - s) m.
// For q without end below it is the negative binomial.
#include "elbow/vae/detail/counts.h"

#include <math.h>

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return elbow_counts_outputs(options, true);
}

static void score(const struct elbow_likelihood_call *call)
{
    elbow_counts_score(call, true);
}

static void saturated(const struct elbow_likelihood_call *call)
{
    elbow_counts_saturated(call, true);
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_counts_mean(call, true, values);
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    elbow_counts_draw(stream, call, true, x);
}

// About one in eight is dropped at first. At q = 0 it would be a half, which would turn counts into zeros.
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    const double drop = -2;
    bias[0] = (float)(log(fmax(data_mean, 0.001)) + log1p(exp(drop)));
    bias[1] = (float)drop;
    if (outputs(options) > 2)
        bias[2] = 0;
}

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_DISPERSION, ELBOW_FIGURES};

const struct elbow_likelihood elbow_likelihood_zero_inflated_negative_binomial = {.outputs = outputs,
                                                                                  .size = elbow_counts_size,
                                                                                  .shared = elbow_counts_shared,
                                                                                  .figures = figures,
                                                                                  .score = score,
                                                                                  .saturated = saturated,
                                                                                  .mean = mean,
                                                                                  .draw = draw,
                                                                                  .output_bias = output_bias};
