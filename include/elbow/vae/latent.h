// SPDX-License-Identifier: BSD-3-Clause
// The latent variables: q(z|x) = N(mean, diag exp(log_variance)).
//
// A row of `head` is mean (Z), then log_variance (Z): (rows, 2Z). Kingma and Welling 2014, section 2.4:
//   z = mean + exp(log_variance / 2) noise
//
// The functions have no state: threads may call them concurrently with arrays of their own. They use the threads of
// elbow/math/threads.h.
#ifndef ELBOW_VAE_LATENT_H
#define ELBOW_VAE_LATENT_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. z (rows, Z) from head (rows, 2Z) and noise (rows, Z), standard normal. The arrays do not overlap.
void elbow_latent_forward(size_t rows, size_t latent, const float *head, const float *noise, float *z);

// Local. dhead (rows, 2Z) from dz (rows, Z), the gradient by z, and derivatives (rows, 2Z), that of terms that depend
// on the head, but not through z:
//   dmean = dz + derivative_mean;   dlog_variance = dz noise exp(log_variance / 2) / 2 + derivative_log_variance
// in double, rounded once. The arrays do not overlap.
void elbow_latent_backward(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                           const double *derivatives, float *dhead);

ELBOW_C_END

#endif
