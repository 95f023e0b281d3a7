// SPDX-License-Identifier: BSD-3-Clause
// Negative binomial of mean m = exp(y) and dispersion t, for counts x = 0, 1, 2, ...: the variance is m + m^2 / t.
//   log p = sum_d log Gamma(x + t) - log Gamma(t) - log x! + t log(t / (t + m)) + x log(m / (t + m))
// For t without end it is the Poisson. t is trained for each value, or an output of the decoder; m may be a share of
// the row's total (size: total), as single-cell tools have it (Lopez et al. 2018, "Deep generative modeling for
// single-cell transcriptomics").
#include "elbow/vae/detail/counts.h"

#include <math.h>

static size_t outputs(const struct elbow_likelihood_options *options)
{
    return elbow_counts_outputs(options, false);
}

static void score(const struct elbow_likelihood_call *call)
{
    elbow_counts_score(call, false);
}

static void saturated(const struct elbow_likelihood_call *call)
{
    elbow_counts_saturated(call, false);
}

static void mean(const struct elbow_likelihood_call *call, float *values)
{
    elbow_counts_mean(call, false, values);
}

static void draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, float *x)
{
    elbow_counts_draw(stream, call, false, x);
}

// The logarithm, of at least a thousandth; a predicted dispersion begins at 1, as a trained one does.
static void output_bias(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    bias[0] = (float)log(fmax(data_mean, 0.001));
    if (outputs(options) > 1)
        bias[1] = 0;
}

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_DISPERSION, ELBOW_FIGURES};

const struct elbow_likelihood elbow_likelihood_negative_binomial = {.outputs = outputs,
                                                                    .size = elbow_counts_size,
                                                                    .shared = elbow_counts_shared,
                                                                    .figures = figures,
                                                                    .score = score,
                                                                    .saturated = saturated,
                                                                    .mean = mean,
                                                                    .draw = draw,
                                                                    .output_bias = output_bias};
