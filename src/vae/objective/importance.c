// SPDX-License-Identifier: BSD-3-Clause
// The importance-weighted bound of K draws (Burda et al. 2015, eq. 8):
//   L_K = log (1/K) sum_k w_k,   log w_k = log p(x|z_k) + log p(z_k) - log q(z_k|x).
// With the shares s_k = w_k / sum w its gradient is sum_k s_k d log w_k (eq. 13 and 14). The decoder and a trained
// prior follow that. The encoder's gradient goes through z_k, and through the parameters of q inside log w_k:
//   plain: both; stl: through z_k alone (Roeder et al. 2017);
//   dreg: sum_k s_k^2 (d log w_k / dz_k) (dz_k / dhead), of the same mean as plain (Tucker et al. 2018, eq. 8).
#include "elbow/vae/detail/objective.h"
#include "elbow/vae/detail/prior.h"

#include <math.h>
#include <string.h>

// A prior with a sampled KL has already computed log q - log p at z: K = 1 has the bits of the elbo.
static void weigh_draw(const struct elbow_pass *pass)
{
    struct elbow_prior_call call = elbow_pass_prior(pass);
    if (pass->prior->is_exact)
        pass->prior->log_ratio(&call, pass->scores);
    for (size_t i = 0; i < pass->rows; ++i) {
        double sum = 0;
        for (size_t j = i * pass->latent; !pass->prior->is_exact && j < (i + 1) * pass->latent; ++j)
            sum += pass->kl[j];
        pass->scores[i] = pass->prior->is_exact ? pass->recon[i] + pass->scores[i] : pass->recon[i] - sum;
    }
}

// The weights of row i, from its scores.
static struct elbow_importance sum_weights(const struct elbow_pass *pass, size_t i)
{
    struct elbow_importance weights = {0};
    for (size_t k = 0; k < elbow_pass_draws(pass); ++k)
        elbow_importance_add(&weights, pass->scores[k * pass->rows + i]);
    return weights;
}

static void score(const struct elbow_pass *pass, double *value)
{
    for (size_t k = 0; k < elbow_pass_draws(pass); ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        weigh_draw(&one);
    }
    for (size_t i = 0; i < pass->rows; ++i) {
        struct elbow_importance weights = sum_weights(pass, i);
        value[i] = elbow_importance_log_likelihood(&weights);
    }
}

static void share(const struct elbow_pass *pass)
{
    for (size_t i = 0; i < pass->rows; ++i) {
        struct elbow_importance weights = sum_weights(pass, i);
        for (size_t k = 0; k < elbow_pass_draws(pass); ++k) {
            double score = pass->scores[k * pass->rows + i];
            double weight = score == weights.largest ? 1 : exp(score - weights.largest);
            pass->shares[k * pass->rows + i] = (float)(weight / weights.sum);
        }
    }
}

static void price(const struct elbow_pass *pass, double *prices)
{
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = elbow_pass_weight(pass, k / pass->latent);
}

// Adds the gradient of minus log p(z) and, with its parameters held constant, of log q(z|x) with respect to z.
static void pull(const struct elbow_pass *pass, const struct elbow_prior_call *prior, double *weights, float *dz)
{
    for (size_t i = 0; i < pass->rows; ++i)
        weights[i] = elbow_pass_weight(pass, i);
    pass->prior->pull(prior, weights, dz);
    if (pass->terms.gradient == ELBOW_ESTIMATOR_PLAIN)
        return;
    struct elbow_posterior_call posterior = elbow_prior_posterior(prior);
    pass->posterior->pull(&posterior, weights, dz);
}

static void back(const struct elbow_pass *pass, float *dz, float *dhead)
{
    size_t size = pass->rows * pass->latent, outputs = pass->posterior->outputs(pass->latent);
    double *derivatives = pass->workspace + size;
    struct elbow_prior_call prior = elbow_pass_prior(pass);
    pull(pass, &prior, pass->workspace, dz);
    if (pass->terms.gradient == ELBOW_ESTIMATOR_PLAIN) {
        price(pass, pass->workspace);
        elbow_prior_derivatives_of_draw(&prior, pass->workspace, derivatives); // all of log q: its noise stays
    } else {
        memset(derivatives, 0, pass->rows * outputs * sizeof *derivatives);
    }
    for (size_t k = 0; pass->terms.gradient == ELBOW_ESTIMATOR_DREG && k < size; ++k)
        dz[k] = (float)((double)dz[k] * elbow_pass_share(pass, k / pass->latent));
    pass->posterior->backward(pass->rows, pass->latent, pass->head, pass->noise, dz, derivatives, dhead);
}

static void backward(const struct elbow_pass *pass, float *dz, float *dhead)
{
    elbow_pass_each(pass, back, dz, dhead);
}

const struct elbow_objective elbow_objective_importance = {
    .has_scores = true, .score = score, .share = share, .price = price, .backward = backward};
