// SPDX-License-Identifier: BSD-3-Clause
// The KL in parts that weigh differently (Chen et al. 2018, eq. 2): with q(z) the mean of all q(z|x) over the set,
//   KL = E log q(z|x) / q(z)  +  E log q(z) / prod_k q(z_k)  +  E log prod_k q(z_k) / p(z),
// mutual information, total correlation, and the KL of the dimensions. The densities of the set are estimated from the
// rows of the microbatch, with weights that add up to one: the row's own posterior has 1 / N, where N are the samples
// of the set, and each of the B - 1 others (N - 1) / (N (B - 1)). The three parts add up to log q(z|x) - log p(z).
//
// All is in double, added up in the order of rows and dimensions.
#include "elbow/vae/detail/objective.h"

#include "elbow/base/status.h"

#include <math.h>
#include <string.h>

static const double LOG_2_PI = 1.83787706640934548356;

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_MUTUAL_INFORMATION, ELBOW_FIGURE_TOTAL_CORRELATION,
                                                 ELBOW_FIGURE_DIMENSION_KL, ELBOW_FIGURES};

// What is at hand for a row i.
struct estimate {
    size_t rows, latent, outputs;
    double own, other;        // log weights
    double *precision;        // (rows, Z): exp(-log_variance)
    double *density;          // (rows, Z): log q(z_ik|x_j)
    double *joint, *marginal; // (rows): log q(z_i|x_j); (Z): log q(z_ik)
    double density_of_set;    // log q(z_i)
    double sum_of_marginals;  // sum_k log q(z_ik)
};

static size_t room(size_t rows, size_t latent)
{
    return 2 * rows * latent + rows + latent;
}

static struct estimate begin(const struct elbow_pass *pass)
{
    size_t rows = pass->rows, latent = pass->latent, size = rows * latent;
    double count = pass->terms.samples > rows ? (double)pass->terms.samples : (double)rows, others = (double)rows - 1;
    struct estimate estimate = {.rows = rows,
                                .latent = latent,
                                .outputs = pass->posterior->outputs(latent),
                                .own = rows > 1 ? -log(count) : 0,
                                .other = rows > 1 ? log((count - 1) / (count * others)) : 0,
                                .precision = pass->coupled,
                                .density = pass->coupled + size,
                                .joint = pass->coupled + 2 * size,
                                .marginal = pass->coupled + 2 * size + rows};
    ELBOW_CHECK(pass->coupled != NULL);
    for (size_t j = 0; j < rows; ++j)
        for (size_t k = 0; k < latent; ++k)
            estimate.precision[j * latent + k] = exp(-(double)pass->head[j * estimate.outputs + latent + k]);
    return estimate;
}

// log sum_j weight_j exp(value_j). A NaN among them comes out.
static double mix(const struct estimate *estimate, size_t own, const double *values, size_t stride)
{
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < estimate->rows; ++j) {
        double value = values[j * stride] + (j == own ? estimate->own : estimate->other);
        most = value > most ? value : most;
    }
    for (size_t j = 0; j < estimate->rows; ++j)
        sum += exp(values[j * stride] + (j == own ? estimate->own : estimate->other) - most);
    return most + log(sum);
}

static void look_at(const struct elbow_pass *pass, size_t i, struct estimate *estimate)
{
    size_t latent = estimate->latent;
    const float *z = pass->z + i * latent;
    for (size_t j = 0; j < estimate->rows; ++j) {
        const float *mean = pass->head + j * estimate->outputs, *log_variance = mean + latent;
        double sum = 0;
        for (size_t k = 0; k < latent; ++k) {
            double off = (double)z[k] - (double)mean[k];
            double density =
                -0.5 * (LOG_2_PI + (double)log_variance[k] + off * off * estimate->precision[j * latent + k]);
            estimate->density[j * latent + k] = density;
            sum += density;
        }
        estimate->joint[j] = sum;
    }
    estimate->density_of_set = mix(estimate, i, estimate->joint, 1);
    estimate->sum_of_marginals = 0;
    for (size_t k = 0; k < latent; ++k) {
        estimate->marginal[k] = mix(estimate, i, estimate->density + k, latent);
        estimate->sum_of_marginals += estimate->marginal[k];
    }
}

static void cost(const struct elbow_pass *pass, double *cost)
{
    const struct elbow_kl_parts *weights = &pass->terms.parts;
    struct estimate estimate = begin(pass);
    struct elbow_prior_call prior = elbow_pass_prior(pass);
    pass->prior->log_p(&prior, cost);
    for (size_t i = 0; i < pass->rows; ++i) {
        look_at(pass, i, &estimate);
        double parts[] = {estimate.joint[i] - estimate.density_of_set,
                          estimate.density_of_set - estimate.sum_of_marginals, estimate.sum_of_marginals - cost[i]};
        cost[i] =
            weights->information * parts[0] + weights->total_correlation * parts[1] + weights->dimensions * parts[2];
        for (size_t p = 0; pass->notes != NULL && p < 3; ++p)
            pass->notes[p] += parts[p];
    }
}

// Of the sampled KL: the prior stands in the last part alone.
static void price(const struct elbow_pass *pass, double *prices)
{
    for (size_t k = 0; k < pass->rows * pass->latent; ++k)
        prices[k] = pass->terms.parts.dimensions * elbow_pass_weight(pass, k / pass->latent);
}

// Row i's cost, by its z and by the head of each row.
static void add_row(const struct elbow_pass *pass, size_t i, const struct estimate *estimate, float *dz, double *slopes)
{
    const struct elbow_kl_parts *weights = &pass->terms.parts;
    size_t latent = estimate->latent;
    double of_joint = weights->total_correlation - weights->information;
    double of_marginals = weights->dimensions - weights->total_correlation, weight = elbow_pass_weight(pass, i);
    for (size_t k = 0; k < latent; ++k) {
        double sum = 0;
        for (size_t j = 0; j < estimate->rows; ++j) {
            double log_weight = j == i ? estimate->own : estimate->other;
            double off = (double)pass->z[i * latent + k] - (double)pass->head[j * estimate->outputs + k];
            double precision = estimate->precision[j * latent + k];
            double share = of_joint * exp(estimate->joint[j] + log_weight - estimate->density_of_set) +
                           of_marginals * exp(estimate->density[j * latent + k] + log_weight - estimate->marginal[k]);
            double slope = weight * (share + (j == i ? weights->information : 0));
            sum -= slope * off * precision;
            slopes[j * estimate->outputs + k] += slope * off * precision;
            slopes[j * estimate->outputs + latent + k] += 0.5 * slope * (off * off * precision - 1);
        }
        dz[i * latent + k] = (float)((double)dz[i * latent + k] + sum);
    }
}

static void backward(const struct elbow_pass *pass, float *dz, double *slopes)
{
    struct estimate estimate = begin(pass);
    struct elbow_prior_call prior = elbow_pass_prior(pass);
    ELBOW_CHECK(pass->prior->pull != NULL);
    memset(slopes, 0, pass->rows * estimate.outputs * sizeof *slopes);
    for (size_t i = 0; i < pass->rows; ++i) {
        look_at(pass, i, &estimate);
        add_row(pass, i, &estimate, dz, slopes);
    }
    for (size_t i = 0; i < pass->rows; ++i)
        estimate.joint[i] = pass->terms.parts.dimensions * elbow_pass_weight(pass, i);
    pass->prior->pull(&prior, estimate.joint, dz);
}

const struct elbow_kl elbow_kl_parts = {
    .figures = figures, .room = room, .cost = cost, .price = price, .backward = backward};
