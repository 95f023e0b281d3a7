// SPDX-License-Identifier: BSD-3-Clause
// The KL in parts that weigh differently (Chen et al. 2018, eq. 2): with q(z) the mean of all q(z|x) over the set,
//   KL = E log q(z|x) / q(z)  +  E log q(z) / prod_k q(z_k)  +  E log prod_k q(z_k) / p(z),
// mutual information, total correlation, and the KL of the dimensions. The densities of the set are estimated from the
// rows of the microbatch, with weights that add up to one: the row's own posterior has 1 / N, where N is the number of
// samples of the set, and each of the B - 1 others (N - 1) / (N (B - 1)). The three parts add up to log q(z|x) - log
// p(z).
//
// All is in double, added up in the order of rows and dimensions.
#include "elbow/vae/detail/objective.h"

#include "elbow/base/status.h"
#include "elbow/vae/set_density.h"

#include <math.h>
#include <string.h>

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_MUTUAL_INFORMATION, ELBOW_FIGURE_TOTAL_CORRELATION,
                                                 ELBOW_FIGURE_DIMENSION_KL, ELBOW_FIGURES};

static size_t workspace(size_t rows, size_t latent)
{
    return rows * latent + elbow_set_estimate_workspace(rows, latent);
}

// The density of the set, estimated from the rows of a pass, and memory for its values at one row.
static struct elbow_set_density begin(const struct elbow_pass *pass, struct elbow_set_estimate *estimate)
{
    struct elbow_posterior_call call = {.rows = pass->rows, .latent = pass->latent, .head = pass->head};
    ELBOW_CHECK(pass->coupled != NULL);
    *estimate = elbow_set_estimate(pass->rows, pass->latent, pass->coupled + pass->rows * pass->latent);
    return elbow_set_density(pass->posterior, &call, pass->terms.samples, pass->coupled);
}

static void cost(const struct elbow_pass *pass, double *cost)
{
    const struct elbow_kl_parts *weights = &pass->terms.parts;
    struct elbow_set_estimate estimate;
    struct elbow_set_density density = begin(pass, &estimate);
    struct elbow_prior_call prior = elbow_pass_prior(pass);
    pass->prior->log_p(&prior, cost);
    for (size_t i = 0; i < pass->rows; ++i) {
        double parts[ELBOW_KL_PARTS_COUNT];
        elbow_set_density_at(&density, i, pass->z + i * pass->latent, &estimate);
        elbow_set_estimate_parts(&estimate, i, cost[i], parts);
        cost[i] =
            weights->information * parts[0] + weights->total_correlation * parts[1] + weights->dimensions * parts[2];
        for (size_t p = 0; pass->notes != NULL && p < 3; ++p)
            pass->notes[p] += parts[p];
    }
}

// Of the sampled KL: only the last part contains the prior.
static void price(const struct elbow_pass *pass, double *prices)
{
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = pass->terms.parts.dimensions * elbow_pass_weight(pass, k / pass->latent);
}

// Row i's cost, by its z and by the head of each row.
static void add_row(const struct elbow_pass *pass, size_t i, const struct elbow_set_density *density,
                    const struct elbow_set_estimate *estimate, float *dz, double *derivatives)
{
    const struct elbow_kl_parts *weights = &pass->terms.parts;
    size_t latent = pass->latent, outputs = pass->posterior->outputs(latent);
    double of_joint = weights->total_correlation - weights->information;
    double of_marginals = weights->dimensions - weights->total_correlation, weight = elbow_pass_weight(pass, i);
    for (size_t k = 0; k < latent; ++k) {
        double sum = 0;
        for (size_t j = 0; j < pass->rows; ++j) {
            double log_weight = j == i ? density->own : density->other;
            double off = (double)pass->z[i * latent + k] - (double)pass->head[j * outputs + k];
            double precision = density->precision[j * latent + k];
            double share = of_joint * exp(estimate->joint[j] + log_weight - estimate->density_of_set) +
                           of_marginals * exp(estimate->density[j * latent + k] + log_weight - estimate->marginal[k]);
            double derivative = weight * (share + (j == i ? weights->information : 0));
            sum -= derivative * off * precision;
            derivatives[j * outputs + k] += derivative * off * precision;
            derivatives[j * outputs + latent + k] += 0.5 * derivative * (off * off * precision - 1);
        }
        dz[i * latent + k] = (float)((double)dz[i * latent + k] + sum);
    }
}

static void backward(const struct elbow_pass *pass, float *dz, double *derivatives)
{
    struct elbow_set_estimate estimate;
    struct elbow_set_density density = begin(pass, &estimate);
    struct elbow_prior_call prior = elbow_pass_prior(pass);
    ELBOW_CHECK(pass->prior->pull != NULL);
    memset(derivatives, 0, pass->rows * pass->posterior->outputs(pass->latent) * sizeof *derivatives);
    for (size_t i = 0; i < pass->rows; ++i) {
        elbow_set_density_at(&density, i, pass->z + i * pass->latent, &estimate);
        add_row(pass, i, &density, &estimate, dz, derivatives);
    }
    for (size_t i = 0; i < pass->rows; ++i)
        estimate.joint[i] = pass->terms.parts.dimensions * elbow_pass_weight(pass, i);
    pass->prior->pull(&prior, estimate.joint, dz);
}

const struct elbow_kl elbow_kl_parts = {
    .figures = figures, .workspace = workspace, .cost = cost, .price = price, .backward = backward};
