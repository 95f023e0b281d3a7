// SPDX-License-Identifier: BSD-3-Clause
// A microbatch on its way through the model: backward through the cost of the KL, penalties and posterior.
#include "elbow/vae/objective.h"

void elbow_pass_backward(const struct elbow_pass *pass, const double *price, float *dz, float *dhead)
{
    double *derivatives = pass->workspace + pass->rows * pass->latent;
    struct elbow_prior_call call = elbow_pass_prior(pass);
    if (elbow_kl_row(pass->terms.kl)->backward != NULL)
        elbow_kl_row(pass->terms.kl)->backward(pass, dz, derivatives);
    else if (pass->prior != NULL)
        pass->prior->backward(&call, price, dz, derivatives);
    if (pass->terms.penalties != 0)
        elbow_pass_pull(pass, dz, derivatives);
    pass->posterior->backward(pass->rows, pass->latent, pass->head, pass->noise, dz, derivatives, dhead);
}

void elbow_pass_each(const struct elbow_pass *pass, elbow_pass_back *back, float *dz, float *dhead)
{
    size_t draws = elbow_pass_draws(pass), size = pass->rows * pass->posterior->outputs(pass->latent);
    for (size_t k = 0; k < draws; ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        back(&one, dz + k * pass->rows * pass->latent, dhead);
        for (size_t i = 0; draws > 1 && i < size; ++i)
            pass->dheads[i] = (k > 0 ? pass->dheads[i] : 0) + (double)dhead[i];
    }
    for (size_t i = 0; draws > 1 && i < size; ++i)
        dhead[i] = (float)pass->dheads[i];
}
