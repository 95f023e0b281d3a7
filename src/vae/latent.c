// SPDX-License-Identifier: BSD-3-Clause
// The latent variables, forward and backward. Both directions process row by row in tiles of the row; the arithmetic of
// an element depends on that element alone.
#include "elbow/vae/latent.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

enum { TILE = 256 };

// Rows to work on: z is made on the way forward; dz and derivatives are used, and dhead made on the way back.
struct rows {
    size_t latent;
    const float *head, *noise;
    float *z;
    const float *dz;
    const double *derivatives;
    float *dhead;
};

// Rows that are worth a thread.
static size_t least_rows(size_t latent)
{
    enum { VALUES_LEAST = 1 << 11 };
    return VALUES_LEAST / (latent + 1) + 1;
}

// exp(a / 2) of the tile's log-variances a.
static void fill_deviations(size_t n, const float *log_variance, float deviation[TILE])
{
    for (size_t j = 0; j < n; ++j)
        deviation[j] = 0.5F * log_variance[j];
    elbow_vector_exp(n, deviation, deviation);
}

static void forward_tile(size_t n, const float *mean, const float *log_variance, const float *noise, float *z)
{
    float deviation[TILE];
    fill_deviations(n, log_variance, deviation);
    for (size_t j = 0; j < n; ++j)
        z[j] = mean[j] + deviation[j] * noise[j];
}

static void forward_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *mean = rows->head + 2 * i * latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            size_t at = i * latent + first;
            forward_tile(n, mean + first, mean + latent + first, rows->noise + at, rows->z + at);
        }
    }
}

void elbow_latent_forward(size_t rows, size_t latent, const float *head, const float *noise, float *z)
{
    ELBOW_CHECK(head && noise && z);
    struct rows call = {.latent = latent, .head = head, .noise = noise, .z = z};
    elbow_threads_split(rows, 1, least_rows(latent), forward_span, &call);
}

// derivatives and dhead: those of the mean; those of log_variance are `latent` elements behind.
static void backward_tile(size_t n, size_t latent, const float *log_variance, const float *noise, const float *dz,
                          const double *derivatives, float *dhead)
{
    float deviation[TILE];
    fill_deviations(n, log_variance, deviation);
    for (size_t j = 0; j < n; ++j) {
        double gradient = dz[j];
        dhead[j] = (float)(gradient + derivatives[j]);
        dhead[latent + j] = (float)(0.5 * (gradient * noise[j] * deviation[j]) + derivatives[latent + j]);
    }
}

static void backward_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i)
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            size_t at = i * latent + first, head = 2 * i * latent + first;
            backward_tile(n, latent, rows->head + head + latent, rows->noise + at, rows->dz + at,
                          rows->derivatives + head, rows->dhead + head);
        }
}

void elbow_latent_backward(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                           const double *derivatives, float *dhead)
{
    ELBOW_CHECK(head && noise && dz && derivatives && dhead);
    struct rows call = {
        .latent = latent, .head = head, .noise = noise, .dz = dz, .derivatives = derivatives, .dhead = dhead};
    elbow_threads_split(rows, 1, least_rows(latent), backward_span, &call);
}
