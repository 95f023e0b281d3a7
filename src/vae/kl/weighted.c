// SPDX-License-Identifier: BSD-3-Clause
// The KL times beta, with free nats: beta sum_j max(free_bits, KL_j) (beta: Higgins et al. 2017; free bits: Kingma et
// al. 2016). Free is the KL of each sample and dimension, or that of a dimension whose mean over the batch of the
// previous step was at most free_bits (such a dimension costs free_bits, and has no gradient).
#include "elbow/vae/detail/objective.h"

// A KL that is sampled may be negative, and free bits of 0 are none. A KL that is NaN is not free: it shows.
static bool is_free(const struct elbow_pass *pass, size_t j, double kl)
{
    const struct elbow_terms *terms = &pass->terms;
    if (terms->free_of == ELBOW_FREE_BATCH)
        return terms->free_bits > 0 && terms->before != NULL && terms->before[j] <= terms->free_bits;
    return terms->free_bits > 0 && kl <= terms->free_bits;
}

static void cost(const struct elbow_pass *pass, double *cost)
{
    for (size_t i = 0; i < pass->rows; ++i) {
        const float *kl = pass->kl + i * pass->latent;
        double sum = 0;
        for (size_t j = 0; j < pass->latent; ++j)
            sum += is_free(pass, j, kl[j]) ? pass->terms.free_bits : kl[j];
        cost[i] = pass->terms.beta * sum;
    }
}

static void price(const struct elbow_pass *pass, double *prices)
{
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = is_free(pass, k % pass->latent, pass->kl[k])
                        ? 0
                        : pass->terms.beta * elbow_pass_weight(pass, k / pass->latent);
}

const struct elbow_kl elbow_kl_weighted = {.cost = cost, .price = price};
