// SPDX-License-Identifier: BSD-3-Clause
// An autoencoder that is not variational: z is the head, and so is its gradient.
#include "elbow/vae/detail/posterior.h"

#include "elbow/base/status.h"

#include <string.h>

static size_t outputs(size_t latent)
{
    return latent;
}

static void draw(size_t rows, size_t latent, const float *head, const float *noise, float *z)
{
    (void)noise;
    ELBOW_CHECK(head && z);
    memcpy(z, head, rows * latent * sizeof *z);
}

static void backward(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                     const double *derivatives, float *dhead)
{
    (void)head;
    (void)noise;
    (void)derivatives;
    ELBOW_CHECK(dz && dhead);
    memcpy(dhead, dz, rows * latent * sizeof *dhead);
}

const struct elbow_posterior elbow_posterior_deterministic = {.outputs = outputs, .draw = draw, .backward = backward};
