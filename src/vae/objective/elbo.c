// SPDX-License-Identifier: BSD-3-Clause
// The evidence lower bound with one draw a sample (Kingma and Welling 2014): recon minus what the KL costs, and minus
// the penalties.
#include "elbow/vae/detail/objective.h"

static void score(const struct elbow_pass *pass, double *value)
{
    elbow_kl_row(pass->terms.kl)->cost(pass, value);
    for (size_t i = 0; i < pass->rows; ++i)
        value[i] = pass->recon[i] - value[i];
    double penalty = pass->terms.penalties != 0 ? elbow_pass_penalty(pass) : 0;
    for (size_t i = 0; pass->terms.penalties != 0 && i < pass->rows; ++i)
        value[i] -= penalty;
}

static void price(const struct elbow_pass *pass, double *prices)
{
    elbow_kl_row(pass->terms.kl)->price(pass, prices);
}

static void backward(const struct elbow_pass *pass, float *dz, float *dhead)
{
    price(pass, pass->room);
    elbow_pass_backward(pass, pass->room, dz, dhead);
}

const struct elbow_objective elbow_objective_elbo = {.score = score, .price = price, .backward = backward};
