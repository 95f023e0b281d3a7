// SPDX-License-Identifier: BSD-3-Clause
// Priors in double, from textbook formulas, sharing no code with the library. A new kind adds a row to
// REFERENCE_PRIORS.
#ifndef ELBOW_TESTS_REFERENCE_PRIOR_H
#define ELBOW_TESTS_REFERENCE_PRIOR_H

#include "elbow/vae/prior.h"

enum { REFERENCE_COMPONENTS = 3 }; // of mixtures

struct reference_prior {
    double (*log_p)(size_t latent, const double *z, const float *const *tensors);
    double reach; // the density is negligible beyond it
};

// By enum elbow_prior_kind.
extern const struct reference_prior REFERENCE_PRIORS[ELBOW_PRIORS];

// log q(z|x) at z = mean + deviation noise.
double reference_log_q(const float *of_head, const float *of_noise, size_t latent);

// In one dimension, the integral of q log (q / p) in double.
double reference_kl(const struct reference_prior *prior, const float *const *tensors, double mean, double log_variance);

#endif
