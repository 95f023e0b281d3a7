// SPDX-License-Identifier: BSD-3-Clause
// The evidence lower bound with one draw a sample: recon - beta sum_j max(free_bits, KL_j) (Kingma and Welling 2014;
// beta: Higgins et al. 2017; free bits: Kingma et al. 2016, here for each sample and dimension).
#include "elbow/vae/detail/objective.h"

// A KL that is sampled may be negative, and free bits of 0 are none. A KL that is NaN is not free: it shows.
static bool is_free(const struct elbow_pass *pass, double kl)
{
    return pass->terms.free_bits > 0 && kl <= pass->terms.free_bits;
}

static void score(const struct elbow_pass *pass, double *value)
{
    for (size_t i = 0; i < pass->rows; ++i) {
        const float *kl = pass->kl + i * pass->latent;
        double sum = 0;
        for (size_t j = 0; j < pass->latent; ++j)
            sum += is_free(pass, kl[j]) ? pass->terms.free_bits : kl[j];
        value[i] = pass->recon[i] - pass->terms.beta * sum;
    }
}

static void price(const struct elbow_pass *pass, double *prices)
{
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = is_free(pass, pass->kl[k]) ? 0 : pass->terms.beta * elbow_pass_weight(pass, k / pass->latent);
}

static void backward(const struct elbow_pass *pass, float *dz, float *dhead)
{
    price(pass, pass->room);
    elbow_pass_backward(pass, pass->room, dz, dhead);
}

const struct elbow_objective elbow_objective_elbo = {.score = score, .price = price, .backward = backward};
