// SPDX-License-Identifier: BSD-3-Clause
// The evidence lower bound with one draw a sample: recon - beta sum_j max(free_bits, KL_j) (Kingma and Welling 2014;
// beta: Higgins et al. 2017; free bits: Kingma et al. 2016, here for each sample and dimension).
#include "elbow/vae/detail/objective.h"

#include "elbow/vae/latent.h"

static void score(const struct elbow_pass *pass, double *value)
{
    double free_bits = pass->terms.free_bits;
    for (size_t i = 0; i < pass->rows; ++i) {
        const float *kl = pass->kl + i * pass->latent;
        double price = 0;
        for (size_t j = 0; j < pass->latent; ++j) {
            double part = kl[j];
            price += part <= free_bits ? free_bits : part; // so that a NaN stays one
        }
        value[i] = pass->recon[i] - pass->terms.beta * price;
    }
}

static void backward(const struct elbow_pass *pass, const float *dz, float *dhead)
{
    elbow_latent_backward(pass->rows, pass->latent, pass->terms, pass->head, pass->noise, pass->kl, dz, dhead);
}

const struct elbow_objective elbow_objective_elbo = {score, backward};
