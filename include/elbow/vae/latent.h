// SPDX-License-Identifier: BSD-3-Clause
// The latent variables: q(z|x) = N(mean, diag exp(log_variance)), prior N(0, I).
//
// A row of `head` is mean (Z), then log_variance (Z): (rows, 2Z). Kingma and Welling 2014:
//   z = mean + exp(log_variance / 2) noise                                                     (section 2.4)
//   KL_j = (mean_j^2 + exp(log_variance_j) - 1 - log_variance_j) / 2                            (appendix B)
#ifndef ELBOW_VAE_LATENT_H
#define ELBOW_VAE_LATENT_H

#include "elbow/base/language.h"
#include "elbow/vae/objective.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. z (rows, Z) and kl (rows, Z) from head (rows, 2Z) and noise (rows, Z), standard normal.
void elbow_latent_forward(size_t rows, size_t latent, const float *head, const float *noise, float *z, float *kl);

// Local. dhead (rows, 2Z), the gradient of the loss  L(z) + beta sum_ij max(free_bits, KL_ij), from dz (rows, Z) =
// dL/dz:
//   dmean = dz + beta' mean;   dlog_variance = dz noise exp(log_variance / 2) / 2 + beta' (exp(log_variance) - 1) / 2
// with beta' = beta where KL_ij > free_bits or free_bits = 0, else 0 (free bits: Kingma et al. 2016, appendix C.8, here
// for each sample and dimension, so that samples stay independent).
void elbow_latent_backward(size_t rows, size_t latent, struct elbow_terms terms, const float *head, const float *noise,
                           const float *kl, const float *dz, float *dhead);

ELBOW_C_END

#endif
