// SPDX-License-Identifier: BSD-3-Clause
// The formulas, and the table of them.
#include "reference_prior.h"

#include <math.h>

static double reference_standard_log_p(size_t latent, const double *z, const float *const *tensors)
{
    double sum = 0;
    (void)tensors;
    for (size_t j = 0; j < latent; ++j)
        sum += log(exp(-z[j] * z[j] / 2) / sqrt(2 * acos(-1)));
    return sum;
}

const struct reference_prior REFERENCE_PRIORS[ELBOW_PRIORS] = {
    [ELBOW_PRIOR_STANDARD] = {.log_p = reference_standard_log_p, .reach = 10},
};

double reference_log_q(const float *of_head, const float *of_noise, size_t latent)
{
    double sum = 0;
    for (size_t j = 0; j < latent; ++j)
        sum -= 0.5 * ((double)of_noise[j] * of_noise[j] + (double)of_head[latent + j] + log(2 * acos(-1)));
    return sum;
}

double reference_kl(const struct reference_prior *prior, const float *const *tensors, double mean, double log_variance)
{
    enum { POINTS = 4000 };
    const double reach = 10, deviation = exp(log_variance / 2), pi = acos(-1);
    double sum = 0;
    for (int k = 0; k <= POINTS; ++k) {
        double draw = -reach + 2 * reach * k / POINTS, point = mean + deviation * draw;
        double q = -0.5 * (draw * draw + log_variance + log(2 * pi));
        sum += exp(-0.5 * draw * draw) / sqrt(2 * pi) * (q - prior->log_p(1, &point, tensors));
    }
    return sum * 2 * reach / POINTS;
}
