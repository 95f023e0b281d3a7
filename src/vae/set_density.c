// SPDX-License-Identifier: BSD-3-Clause
// The density of a set of samples in latent space.
#include "elbow/vae/set_density.h"

#include "elbow/base/status.h"

#include <math.h>

static const double LOG_2_PI = 1.83787706640934548356;

size_t elbow_set_estimate_workspace(size_t rows, size_t latent)
{
    return rows * latent + rows + latent;
}

struct elbow_set_estimate elbow_set_estimate(size_t rows, size_t latent, double *workspace)
{
    ELBOW_CHECK(workspace != NULL);
    return (struct elbow_set_estimate){
        .density = workspace, .joint = workspace + rows * latent, .marginal = workspace + rows * latent + rows};
}

struct elbow_set_density elbow_set_density(const struct elbow_posterior *posterior,
                                           const struct elbow_posterior_call *call, uint64_t samples, double *precision)
{
    size_t rows = call->rows, latent = call->latent;
    double count = samples > rows ? (double)samples : (double)rows, others = (double)rows - 1;
    struct elbow_set_density density = {.posterior = posterior,
                                        .call = *call,
                                        .own = rows > 1 ? -log(count) : 0,
                                        .other = rows > 1 ? log((count - 1) / (count * others)) : 0,
                                        .precision = precision};
    ELBOW_CHECK(call->head && precision);
    for (size_t j = 0; j < rows; ++j) {
        const float *log_variance = elbow_posterior_log_variance(posterior, call, j);
        for (size_t k = 0; k < latent; ++k)
            precision[j * latent + k] = exp(-(double)log_variance[k]);
    }
    return density;
}

// log sum_j weight_j exp(value_j). A NaN among them gives NaN.
static double mix(const struct elbow_set_density *density, size_t own, const double *values, size_t stride)
{
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < density->call.rows; ++j) {
        double value = values[j * stride] + (j == own ? density->own : density->other);
        most = value > most ? value : most;
    }
    for (size_t j = 0; j < density->call.rows; ++j)
        sum += exp(values[j * stride] + (j == own ? density->own : density->other) - most);
    return most + log(sum);
}

// log q(z|x_j), and that of each dimension.
static double look_at(const struct elbow_set_density *density, size_t j, const float *z, double *of_dimension)
{
    size_t latent = density->call.latent;
    const float *mean = elbow_posterior_mean(density->posterior, &density->call, j), *log_variance = mean + latent;
    const double *precision = density->precision + j * latent;
    double sum = 0;
    if (density->posterior->density != NULL)
        return density->posterior->density(&density->call, j, z, of_dimension);
    for (size_t k = 0; k < latent; ++k) {
        double off = (double)z[k] - (double)mean[k];
        of_dimension[k] = -0.5 * (LOG_2_PI + (double)log_variance[k] + off * off * precision[k]);
        sum += of_dimension[k];
    }
    return sum;
}

void elbow_set_density_at(const struct elbow_set_density *density, size_t own, const float *z,
                          struct elbow_set_estimate *estimate)
{
    size_t latent = density->call.latent;
    for (size_t j = 0; j < density->call.rows; ++j)
        estimate->joint[j] = look_at(density, j, z, estimate->density + j * latent);
    estimate->density_of_set = mix(density, own, estimate->joint, 1);
    estimate->sum_of_marginals = 0;
    for (size_t k = 0; k < latent; ++k) {
        estimate->marginal[k] = mix(density, own, estimate->density + k, latent);
        estimate->sum_of_marginals += estimate->marginal[k];
    }
}

void elbow_set_estimate_parts(const struct elbow_set_estimate *estimate, size_t own, double log_p,
                              double parts[ELBOW_KL_PARTS_COUNT])
{
    parts[ELBOW_KL_PART_INFORMATION] = estimate->joint[own] - estimate->density_of_set;
    parts[ELBOW_KL_PART_TOTAL_CORRELATION] = estimate->density_of_set - estimate->sum_of_marginals;
    parts[ELBOW_KL_PART_DIMENSIONS] = estimate->sum_of_marginals - log_p;
}
