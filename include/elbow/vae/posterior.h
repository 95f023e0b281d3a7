// SPDX-License-Identifier: BSD-3-Clause
// What the encoder's head says of z: a table with a row for each kind (elbow/config/kinds.h), whose functions lie in
// src/vae/posterior/<word>.c, with their formulas.
//
// A row of the head begins with the mean of z (Z). A kind without a KL (elbow_posterior_has_kl) gives no distribution:
// z is a function of x, there is no prior, and what is climbed is recon alone.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. The arrays of a call do not overlap. Functions keep
// nothing: threads may call them at the same time with arrays of their own. They use the threads of
// elbow/math/threads.h.
#ifndef ELBOW_VAE_POSTERIOR_H
#define ELBOW_VAE_POSTERIOR_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"

#include <stddef.h>

ELBOW_C_BEGIN

struct elbow_posterior {
    // Local. Outputs of the encoder's head, for Z latent variables.
    size_t (*outputs)(size_t latent);
    // Local. z (rows, Z) from head (rows, outputs) and noise (rows, Z), standard normal; without a KL noise is not
    // read, and may be NULL.
    void (*draw)(size_t rows, size_t latent, const float *head, const float *noise, float *z);
    // Local. dhead (rows, outputs), the gradient by the head, from dz (rows, Z), that by z, and slopes (rows, outputs),
    // that of what depends on the head but through z; without a KL slopes are not read, and may be NULL.
    void (*backward)(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                     const double *slopes, float *dhead);
};

// Local. The row of a kind.
const struct elbow_posterior *elbow_posterior_row(enum elbow_posterior_kind kind);

ELBOW_C_END

#endif
