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

// Local. The call of the posterior for a call.
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

// Local. log q(z_j|x) at the draw of a row, of its log-variances.
static inline double elbow_prior_log_q(const struct elbow_prior_call *call, size_t row, size_t j,
                                       const float *log_variance)
{
    const double log_2_pi = 1.83787706640934548356, draw = call->noise[row * call->latent + j];
    return -0.5 * (log_2_pi + (double)log_variance[j] + draw * draw);
}

// Local. log_ratio from log p(z): takes log q(z|x) from each of ratio (rows).
static inline void elbow_prior_less_log_q(const struct elbow_prior_call *call, double *ratio)
{
    ELBOW_CHECK(call->head && call->noise);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *log_variance = elbow_prior_log_variance(call, i);
        double sum = 0;
        for (size_t j = 0; j < call->latent; ++j)
            sum += elbow_prior_log_q(call, i, j, log_variance);
        ratio[i] -= sum;
    }
}

// Local. derivatives (rows, outputs of the posterior), overwritten: the gradient of sum_i price_i log q(z_i|x_i) by the
// head, where z depends on it, for a sampled KL; price (rows, Z) is the same in a row.
static inline void elbow_prior_derivatives_of_draw(const struct elbow_prior_call *call, const double *price,
                                                   double *derivatives)
{
    size_t latent = call->latent, outputs = call->posterior->outputs(latent);
    memset(derivatives, 0, call->rows * outputs * sizeof *derivatives);
    for (size_t i = 0; i < call->rows; ++i)
        for (size_t j = 0; j < latent; ++j)
            derivatives[i * outputs + latent + j] = -0.5 * price[i * latent];
}

#endif
