// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of priors. Private to this folder and to the table.
#ifndef ELBOW_VAE_DETAIL_PRIOR_H
#define ELBOW_VAE_DETAIL_PRIOR_H

#include "elbow/base/status.h"
#include "elbow/vae/prior.h"

#include <string.h>

#define ELBOW_PRIOR_DECLARE(name, word, ...) extern const struct elbow_prior elbow_prior_##word;
ELBOW_PRIOR_LIST(ELBOW_PRIOR_DECLARE)
extern const struct elbow_prior elbow_prior_conditional;

// Local. What the posterior sees of a call.
static inline struct elbow_posterior_call elbow_prior_posterior(const struct elbow_prior_call *call)
{
    ELBOW_CHECK(call->posterior != NULL);
    return (struct elbow_posterior_call){
        .rows = call->rows, .latent = call->latent, .head = call->head, .noise = call->noise, .z = call->z};
}

// Local. The log-variances of q(z|x) of a row (elbow/vae/posterior.h): log q(z|x) = -1/2 sum_j (log(2 pi) +
// log_variance_j + noise_j^2).
static inline const float *elbow_prior_log_variance(const struct elbow_prior_call *call, size_t row)
{
    struct elbow_posterior_call q = elbow_prior_posterior(call);
    return elbow_posterior_log_variance(call->posterior, &q, row);
}

// Local. slopes (rows, outputs of the posterior), overwritten: the gradient of sum_i price_i log q(z_i|x_i) by the
// head, where z follows it, for a KL that is sampled; price (rows, Z) is the same in a row.
static inline void elbow_prior_slopes_of_draw(const struct elbow_prior_call *call, const double *price, double *slopes)
{
    size_t latent = call->latent, outputs = call->posterior->outputs(latent);
    memset(slopes, 0, call->rows * outputs * sizeof *slopes);
    for (size_t i = 0; i < call->rows; ++i)
        for (size_t j = 0; j < latent; ++j)
            slopes[i * outputs + latent + j] = -0.5 * price[i * latent];
}

#endif
