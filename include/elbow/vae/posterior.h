// SPDX-License-Identifier: BSD-3-Clause
// The distribution of z from the encoder's head: a table with a row for each kind (elbow/config/kinds.h), whose
// functions are in src/vae/posterior/<word>.c, with their formulas.
//
// A row of the head begins with the mean of z (Z). A kind without a KL (elbow_posterior_has_kl) is not a distribution:
// z is a function of x, there is no prior, and the objective is recon alone. Every other kind is a Gaussian, z = mean +
// L noise with a lower triangular L, and the log-variances, log L_jj^2 (Z), come next: those of z_j given z_1 to z_j-1.
// Further outputs of a head are private to its kind.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. The arrays of a call do not overlap. Functions have no
// state: threads may call them concurrently with arrays of their own. They use the threads of elbow/math/threads.h.
#ifndef ELBOW_VAE_POSTERIOR_H
#define ELBOW_VAE_POSTERIOR_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Rows of latent variables. Nothing is owned; a function reads the fields that it names and ignores the rest, which may
// be NULL.
struct elbow_posterior_call {
    size_t rows, latent; // Z
    const float *head;   // (rows, outputs)
    const float *noise;  // (rows, Z), standard normal
    const float *z;      // (rows, Z), of that head and noise
};

struct elbow_posterior {
    // Local. Outputs of the encoder's head, for Z latent variables.
    size_t (*outputs)(size_t latent);
    // Local. z (rows, Z) from head (rows, outputs) and noise (rows, Z), standard normal; without a KL noise is not
    // read, and may be NULL.
    void (*draw)(size_t rows, size_t latent, const float *head, const float *noise, float *z);
    // Local. dhead (rows, outputs), the gradient with respect to the head, from dz (rows, Z), that with respect to z,
    // and derivatives (rows, outputs), that of terms that depend on the head but not through z; without a KL
    // derivatives are not read, and may be NULL.
    void (*backward)(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                     const double *derivatives, float *dhead);
    // Those below are NULL without a KL.
    // Local. parts (rows, Z) that add up to log q(z|x) of a row: the density of z_j given z_1 to z_j-1. Reads head and
    // noise.
    void (*log_q)(const struct elbow_posterior_call *call, double *parts);
    // Local. Adds to dz (rows, Z) the gradient of sum_i price_i log q(z_i|x) by z, price (rows), with the head held
    // constant. Reads head and noise.
    void (*pull)(const struct elbow_posterior_call *call, const double *price, float *dz);
    // Local. kl (rows, Z): parts that add up to the KL divergence of a row to N(0, I), exact. Reads the head.
    void (*kl)(const struct elbow_posterior_call *call, float *kl);
    // Local. derivatives (rows, outputs), overwritten: the gradient of sum_ij price_ij kl_ij, price (rows, Z), by the
    // head. Reads the head.
    void (*kl_backward)(const struct elbow_posterior_call *call, const double *price, double *derivatives);
    // The following four are NULL for a kind with a diagonal L. Local. the variance (n) of z_j beyond
    // exp(log_variance_j), of dimensions [first, first + n) of a row: the contribution of the z before it, sum_k<j
    // L_jk^2. Reads the head.
    void (*beyond)(const struct elbow_posterior_call *call, size_t row, size_t first, size_t n, double *variance);
    // Local. From derivative (n), the gradient with respect to those variances: that with respect to the head's outputs
    // after means and log-variances; overwrites these dimensions in derivatives (rows, outputs). Reads the head.
    void (*beyond_backward)(const struct elbow_posterior_call *call, size_t row, size_t first, size_t n,
                            const double *derivative, double *derivatives);
    // Local. log q(z|x) of one row at any z (Z), and of each dimension, marginals (Z). Reads the head.
    double (*density)(const struct elbow_posterior_call *call, size_t row, const float *z, double *marginals);
    // Local. L (Z, Z) of one row's head.
    void (*factor)(size_t latent, const float *head, float *cells);
};

// Local. The mean and the log-variances of a row: Z floats each. Of a kind with a KL.
static inline const float *elbow_posterior_mean(const struct elbow_posterior *posterior,
                                                const struct elbow_posterior_call *call, size_t row)
{
    return call->head + row * posterior->outputs(call->latent);
}

static inline const float *elbow_posterior_log_variance(const struct elbow_posterior *posterior,
                                                        const struct elbow_posterior_call *call, size_t row)
{
    return elbow_posterior_mean(posterior, call, row) + call->latent;
}

// Local. The row of a kind.
const struct elbow_posterior *elbow_posterior_row(enum elbow_posterior_kind kind);

ELBOW_C_END

#endif
