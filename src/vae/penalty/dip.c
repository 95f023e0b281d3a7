// SPDX-License-Identifier: BSD-3-Clause
// Disentangled inferred prior (Kumar et al. 2018, eq. 6 and 7): the covariance C over a microbatch is pressed towards
// the identity,
//   off_diagonal sum_{i != j} C_ij^2 + diagonal sum_i (C_ii - 1)^2.
// C is that of the means of q(z|x) (DIP-VAE-I), or of the latents (DIP-VAE-II): then the mean variances of q(z|x) are
// added to its diagonal. It is a mean over B rows, not B - 1.
#include "elbow/vae/detail/objective.h"

#include "elbow/base/status.h"

#include <math.h>

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_DIP_OFF_DIAGONAL, ELBOW_FIGURE_DIP_DIAGONAL,
                                                 ELBOW_FIGURES};

static size_t workspace(size_t rows, size_t latent)
{
    (void)rows;
    return latent + latent * latent;
}

static bool has_variances(const struct elbow_pass *pass)
{
    return pass->terms.penalty_options.dip_of == ELBOW_DIP_LATENTS;
}

// The means over the rows, and behind them C (Z, Z).
static double *covariance(const struct elbow_pass *pass)
{
    size_t latent = pass->latent, outputs = pass->posterior->outputs(latent);
    double *means = pass->coupled, *cells = pass->coupled + latent, rows = (double)pass->rows;
    ELBOW_CHECK(pass->coupled != NULL);
    for (size_t a = 0; a < latent; ++a) {
        means[a] = 0;
        for (size_t i = 0; i < pass->rows; ++i)
            means[a] += (double)pass->head[i * outputs + a] / rows;
    }
    for (size_t a = 0; a < latent; ++a)
        for (size_t b = 0; b <= a; ++b) {
            double sum = 0;
            for (size_t i = 0; i < pass->rows; ++i) {
                const float *mean = pass->head + i * outputs;
                sum += ((double)mean[a] - means[a]) * ((double)mean[b] - means[b]);
            }
            for (size_t i = 0; a == b && has_variances(pass) && i < pass->rows; ++i)
                sum += exp((double)pass->head[i * outputs + latent + a]);
            cells[a * latent + b] = cells[b * latent + a] = sum / rows;
        }
    return cells;
}

static double cost(const struct elbow_pass *pass, double *notes)
{
    const double *cells = covariance(pass);
    double off = 0, on = 0, rows = (double)pass->rows;
    for (size_t a = 0; a < pass->latent; ++a) {
        for (size_t b = 0; b < a; ++b)
            off += 2 * cells[a * pass->latent + b] * cells[a * pass->latent + b];
        double far = cells[a * pass->latent + a] - 1;
        on += far * far;
    }
    if (notes != NULL) {
        notes[0] += rows * off;
        notes[1] += rows * on;
    }
    return pass->terms.penalty_options.dip_off_diagonal * off + pass->terms.penalty_options.dip_diagonal * on;
}

static void backward(const struct elbow_pass *pass, double scale, float *dz, double *derivatives)
{
    const struct elbow_penalty_options *options = &pass->terms.penalty_options;
    const double *cells = covariance(pass), *means = pass->coupled;
    size_t latent = pass->latent, outputs = pass->posterior->outputs(latent);
    double rows = (double)pass->rows;
    (void)dz;
    for (size_t a = 0; a < latent; ++a) {
        double of_own = 2 * options->dip_diagonal * (cells[a * latent + a] - 1); // by C_aa
        for (size_t i = 0; i < pass->rows; ++i) {
            const float *mean = pass->head + i * outputs;
            double sum = 0;
            for (size_t b = 0; b < latent; ++b) {
                double derivative = a == b ? of_own : 2 * options->dip_off_diagonal * cells[a * latent + b];
                sum += derivative * ((double)mean[b] - means[b]);
            }
            derivatives[i * outputs + a] += scale * 2 * sum / rows;
            if (has_variances(pass))
                derivatives[i * outputs + latent + a] += scale * of_own * exp((double)mean[latent + a]) / rows;
        }
    }
}

const struct elbow_penalty elbow_penalty_dip = {
    .figures = figures, .workspace = workspace, .cost = cost, .backward = backward};
