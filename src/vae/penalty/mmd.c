// SPDX-License-Identifier: BSD-3-Clause
// The square of the maximum mean discrepancy between the z of a microbatch and the standard normal prior (Gretton et
// al. 2012; of VAEs: Zhao et al. 2017), with the kernel k(z, z') = exp(-|z - z'|^2 / C), C = 2 Z width^2. Expectations
// under the prior are in closed form, so nothing is drawn:
//   E k(z, Z') = (C / (C + 2))^(Z/2) exp(-|z|^2 / (C + 2)),   E k(Z, Z') = (C / (C + 4))^(Z/2).
// The mean over pairs includes only pairs of different rows: the estimate has no bias, and may be below zero. A single
// row has no pair, and costs nothing.
#include "elbow/vae/detail/objective.h"

#include <math.h>

static const enum elbow_figure_kind figures[] = {ELBOW_FIGURE_MMD, ELBOW_FIGURES};

struct kernel {
    double scale;        // C
    double at_prior;     // the factor of E k(z, Z') before the exponential
    double within_prior; // E k(Z, Z')
};

static struct kernel kernel_of(const struct elbow_pass *pass)
{
    double width = pass->terms.penalty_options.mmd_width, latent = (double)pass->latent;
    double scale = 2 * latent * width * width;
    return (struct kernel){scale, pow(scale / (scale + 2), latent / 2), pow(scale / (scale + 4), latent / 2)};
}

static double of_pair(const struct elbow_pass *pass, const struct kernel *kernel, size_t i, size_t j)
{
    const float *a = pass->z + i * pass->latent, *b = pass->z + j * pass->latent;
    double distance = 0;
    for (size_t k = 0; k < pass->latent; ++k) {
        double off = (double)a[k] - (double)b[k];
        distance += off * off;
    }
    return exp(-distance / kernel->scale);
}

// E k(z_i, Z')
static double of_prior(const struct elbow_pass *pass, const struct kernel *kernel, size_t i)
{
    double length = 0;
    for (size_t k = 0; k < pass->latent; ++k) {
        double at = pass->z[i * pass->latent + k];
        length += at * at;
    }
    return kernel->at_prior * exp(-length / (kernel->scale + 2));
}

static double cost(const struct elbow_pass *pass, double *notes)
{
    struct kernel kernel = kernel_of(pass);
    double rows = (double)pass->rows, pairs = 0, across = 0;
    if (pass->rows < 2)
        return 0;
    for (size_t i = 0; i < pass->rows; ++i) {
        across += of_prior(pass, &kernel, i);
        for (size_t j = 0; j < i; ++j)
            pairs += of_pair(pass, &kernel, i, j);
    }
    double square = 2 * pairs / (rows * (rows - 1)) - 2 * across / rows + kernel.within_prior;
    if (notes != NULL)
        notes[0] += rows * square;
    return pass->terms.penalty_options.mmd_weight * square;
}

static void backward(const struct elbow_pass *pass, double scale, float *dz, double *derivatives)
{
    struct kernel kernel = kernel_of(pass);
    size_t latent = pass->latent;
    double rows = (double)pass->rows, weight = scale * pass->terms.penalty_options.mmd_weight;
    (void)derivatives;
    if (pass->rows < 2)
        return;
    double of_pairs = -4 * weight / (kernel.scale * rows * (rows - 1)),
           across = 4 * weight / (rows * (kernel.scale + 2));
    for (size_t i = 0; i < pass->rows; ++i) {
        double pull = across * of_prior(pass, &kernel, i);
        for (size_t k = 0; k < latent; ++k)
            dz[i * latent + k] = (float)((double)dz[i * latent + k] + pull * (double)pass->z[i * latent + k]);
        for (size_t j = 0; j < pass->rows; ++j) {
            double push = j == i ? 0 : of_pairs * of_pair(pass, &kernel, i, j);
            for (size_t k = 0; k < latent && j != i; ++k)
                dz[i * latent + k] = (float)((double)dz[i * latent + k] + push * ((double)pass->z[i * latent + k] -
                                                                                  (double)pass->z[j * latent + k]));
        }
    }
}

const struct elbow_penalty elbow_penalty_mmd = {.figures = figures, .cost = cost, .backward = backward};
