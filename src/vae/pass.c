// SPDX-License-Identifier: BSD-3-Clause
// A microbatch on its way through the model: its draws, and the call of its prior.
#include "elbow/vae/objective.h"

#include <string.h>

struct elbow_prior_call elbow_pass_prior(const struct elbow_pass *pass)
{
    struct elbow_prior_call call = {.rows = pass->rows,
                                    .latent = pass->latent,
                                    .posterior = pass->posterior,
                                    .head = pass->head,
                                    .noise = pass->noise,
                                    .z = pass->z,
                                    .workspace = pass->prior_workspace,
                                    .components = pass->components,
                                    .conditions = pass->conditions,
                                    .condition = pass->condition};
    memcpy(call.tensors, pass->tensors, sizeof call.tensors);
    return call;
}

struct elbow_pass elbow_pass_draw(const struct elbow_pass *pass, size_t draw)
{
    struct elbow_pass one = *pass;
    size_t row = draw * pass->rows, value = row * pass->latent;
    if (elbow_pass_draws(pass) == 1)
        return one;
    one.draws = 1;
    one.noise += value;
    one.z += value;
    one.kl += value;
    one.recon += row;
    one.scores = pass->scores != NULL ? pass->scores + row : NULL;
    one.shares = pass->shares != NULL ? pass->shares + row : NULL;
    one.weights = one.worth = pass->worth != NULL ? pass->worth + row : NULL;
    return one;
}

void elbow_pass_share_alike(const struct elbow_pass *pass)
{
    size_t draws = elbow_pass_draws(pass);
    for (size_t i = 0; draws > 1 && i < draws * pass->rows; ++i)
        pass->shares[i] = (float)(1 / (double)draws);
}

void elbow_pass_weigh(const struct elbow_pass *pass)
{
    size_t draws = elbow_pass_draws(pass);
    for (size_t i = 0; draws > 1 && i < draws * pass->rows; ++i)
        pass->worth[i] = (float)((double)pass->shares[i] * elbow_pass_weight(pass, i % pass->rows));
}
