// SPDX-License-Identifier: BSD-3-Clause
// q(z|x) = N(mean, diag exp(log_variance)): elbow/vae/latent.h.
#include "elbow/vae/detail/posterior.h"

#include "elbow/vae/latent.h"

static size_t outputs(size_t latent)
{
    return 2 * latent;
}

const struct elbow_posterior elbow_posterior_diagonal = {
    .outputs = outputs, .draw = elbow_latent_forward, .backward = elbow_latent_backward};
