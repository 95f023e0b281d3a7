// SPDX-License-Identifier: BSD-3-Clause
// A KL that is held near a capacity: weight |KL - C| of the mean over the batch (Burgess et al. 2018, eq. 8). The
// previous step determines on which side of the capacity the mean is, so that rows are independent: with the sign s =
// sign(previous mean - C) a row costs weight s (KL - C), whose mean is weight |KL - C| as long as s is right. At the
// first step, and if the two are equal, s is 0.
#include "elbow/vae/detail/objective.h"

static double derivative(const struct elbow_pass *pass)
{
    const struct elbow_terms *terms = &pass->terms;
    double mean = 0;
    if (terms->before == NULL)
        return 0;
    for (size_t j = 0; j < pass->latent; ++j)
        mean += terms->before[j];
    return mean > terms->capacity ? terms->capacity_weight : mean < terms->capacity ? -terms->capacity_weight : 0;
}

// 0 times a KL that is NaN is NaN: it shows.
static void cost(const struct elbow_pass *pass, double *cost)
{
    double each = derivative(pass);
    for (size_t i = 0; i < pass->rows; ++i) {
        const float *kl = pass->kl + i * pass->latent;
        double sum = 0;
        for (size_t j = 0; j < pass->latent; ++j)
            sum += kl[j];
        cost[i] = each * (sum - pass->terms.capacity);
    }
}

static void price(const struct elbow_pass *pass, double *prices)
{
    double each = derivative(pass);
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = each * elbow_pass_weight(pass, k / pass->latent);
}

const struct elbow_kl elbow_kl_capacity = {.cost = cost, .price = price};
