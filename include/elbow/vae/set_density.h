// SPDX-License-Identifier: BSD-3-Clause
// The density of a set of samples in latent space, q(z) = mean of all q(z|x), and of each dimension, q(z_k), estimated
// from some rows of the set (Chen et al. 2018, section 3; the weights are symmetric): with N samples in the set and B
// rows, the row that z was drawn for has the weight 1 / N, and each of the others (N - 1) / (N (B - 1)). A single row
// is its own set. All sums are in double, in the order of rows and dimensions.
//
// The functions keep nothing: threads may call them at the same time with estimates of their own.
#ifndef ELBOW_VAE_SET_DENSITY_H
#define ELBOW_VAE_SET_DENSITY_H

#include "elbow/base/language.h"
#include "elbow/vae/posterior.h"

#include <stdint.h>

ELBOW_C_BEGIN

// The rows. Nothing is owned.
struct elbow_set_density {
    const struct elbow_posterior *posterior; // with a KL
    struct elbow_posterior_call call;        // rows and heads
    double own, other;                       // log weights
    double *precision;                       // (rows, Z): exp(-log_variance)
};

// The estimate at one z. Nothing is owned.
struct elbow_set_estimate {
    double *density;          // (rows, Z): log q(z_k|x_j)
    double *joint, *marginal; // (rows): log q(z|x_j); (Z): log q(z_k)
    double density_of_set;    // log q(z)
    double sum_of_marginals;  // sum_k log q(z_k)
};

// The parts of log q(z|x) - log p(z), which add up to it: information, total correlation, dimensions.
enum { ELBOW_KL_PART_INFORMATION, ELBOW_KL_PART_TOTAL_CORRELATION, ELBOW_KL_PART_DIMENSIONS, ELBOW_KL_PARTS_COUNT };

// Local. Doubles of an estimate, and an estimate in that memory.
size_t elbow_set_estimate_workspace(size_t rows, size_t latent);
struct elbow_set_estimate elbow_set_estimate(size_t rows, size_t latent, double *workspace);

// Local. The density of a set of that many samples (at least the number of rows), from the rows of a call, whose heads
// must not change while it is used. precision: (rows, Z), overwritten.
struct elbow_set_density elbow_set_density(const struct elbow_posterior *posterior,
                                           const struct elbow_posterior_call *call, uint64_t samples,
                                           double *precision);

// Local. The estimate at z (Z), which was drawn for row `own`.
void elbow_set_density_at(const struct elbow_set_density *density, size_t own, const float *z,
                          struct elbow_set_estimate *estimate);

// Local. The parts, from the estimate at a z, the row it was drawn for, and log p(z).
void elbow_set_estimate_parts(const struct elbow_set_estimate *estimate, size_t own, double log_p,
                              double parts[ELBOW_KL_PARTS_COUNT]);

ELBOW_C_END

#endif
