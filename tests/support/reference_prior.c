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

// mean, log variance, logit
static double reference_mixture_log_p(size_t latent, const double *z, const float *const *tensors)
{
    double total = 0, sum = 0;
    for (size_t k = 0; k < REFERENCE_COMPONENTS; ++k) {
        double log_density = tensors[2][k];
        for (size_t j = 0; j < latent; ++j) {
            double variance = exp((double)tensors[1][k * latent + j]), off = z[j] - (double)tensors[0][k * latent + j];
            log_density += -off * off / (2 * variance) - log(2 * acos(-1) * variance) / 2;
        }
        total += exp((double)tensors[2][k]);
        sum += exp(log_density + 300); // several hundred dimensions are far below the smallest double
    }
    return log(sum) - 300 - log(total);
}

// heads: mean, log variance
static double reference_vamp_log_p(size_t latent, const double *z, const float *const *tensors)
{
    double sum = 0;
    for (size_t k = 0; k < REFERENCE_COMPONENTS; ++k) {
        const float *mean = tensors[0] + k * 2 * latent;
        double log_density = 0;
        for (size_t j = 0; j < latent; ++j) {
            double variance = exp((double)mean[latent + j]), off = z[j] - (double)mean[j];
            log_density += -off * off / (2 * variance) - log(2 * acos(-1) * variance) / 2;
        }
        sum += exp(log_density + 300);
    }
    return log(sum / REFERENCE_COMPONENTS) - 300;
}

const struct reference_prior REFERENCE_PRIORS[ELBOW_PRIORS] = {
    [ELBOW_PRIOR_STANDARD] = {.log_p = reference_standard_log_p, .reach = 10},
    [ELBOW_PRIOR_MIXTURE] = {.log_p = reference_mixture_log_p, .reach = 10},
    [ELBOW_PRIOR_VAMP] = {.log_p = reference_vamp_log_p, .reach = 10},
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
