// SPDX-License-Identifier: BSD-3-Clause
// The evidence lower bound (Kingma and Welling 2014): recon minus the cost of the KL, and minus the penalties; the mean
// over the draws of a sample.
#include "elbow/vae/detail/objective.h"

static void score_draw(const struct elbow_pass *pass, double *value)
{
    elbow_kl_row(pass->terms.kl)->cost(pass, value);
    for (size_t i = 0; i < pass->rows; ++i)
        value[i] = pass->recon[i] - value[i];
    double penalty = pass->terms.penalties != 0 ? elbow_pass_penalty(pass) : 0;
    for (size_t i = 0; pass->terms.penalties != 0 && i < pass->rows; ++i)
        value[i] -= penalty;
}

static void score(const struct elbow_pass *pass, double *value)
{
    size_t draws = elbow_pass_draws(pass);
    for (size_t k = 0; k < draws; ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        double *into = k > 0 ? pass->workspace : value;
        score_draw(&one, into);
        for (size_t i = 0; k > 0 && i < pass->rows; ++i)
            value[i] += into[i];
    }
    for (size_t i = 0; draws > 1 && i < pass->rows; ++i)
        value[i] /= (double)draws;
}

static void price(const struct elbow_pass *pass, double *prices)
{
    elbow_kl_row(pass->terms.kl)->price(pass, prices);
}

static void back(const struct elbow_pass *pass, float *dz, float *dhead)
{
    price(pass, pass->workspace);
    elbow_pass_backward(pass, pass->workspace, dz, dhead);
}

static void backward(const struct elbow_pass *pass, float *dz, float *dhead)
{
    elbow_pass_each(pass, back, dz, dhead);
}

const struct elbow_objective elbow_objective_elbo = {.score = score, .price = price, .backward = backward};
