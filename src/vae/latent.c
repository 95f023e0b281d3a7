// SPDX-License-Identifier: BSD-3-Clause
// The latent variables, forward and backward.
//
// Both directions go row by row in tiles of the row; all of an element's arithmetic depends on that element alone. What
// cancels near the prior, exp(a) - 1 - a, is never formed from a rounded exponential there (see excess), so that the KL
// of a collapsed dimension and its gradient keep their relative accuracy: 4e-7 for any log_variance.
#include "elbow/vae/latent.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <stdbool.h>

enum { TILE = 256 };

// The tile's exp(a / 2) and exp(a) for its log-variances a.
struct exponentials {
    float deviation[TILE], variance[TILE];
};

static void fill_exponentials(size_t n, const float *log_variance, struct exponentials *tile)
{
    for (size_t j = 0; j < n; ++j)
        tile->deviation[j] = 0.5F * log_variance[j];
    elbow_vector_exp(n, tile->deviation, tile->deviation);
    elbow_vector_exp(n, log_variance, tile->variance);
}

// exp(a) - 1 - a, given exponential = exp(a) to float accuracy. Up to |a| = 1 its Taylor series to a^12 / 12!, whose
// remainder is below 5e-10 of the value; beyond, the difference has lost no more than a factor of four in accuracy.
// Both are computed and one selected, so that the loops over it vectorise; NaN takes the second.
static inline double excess(double a, double exponential)
{
    double series = 1.0 / 479001600.0;
    series = series * a + 1.0 / 39916800.0;
    series = series * a + 1.0 / 3628800.0;
    series = series * a + 1.0 / 362880.0;
    series = series * a + 1.0 / 40320.0;
    series = series * a + 1.0 / 5040.0;
    series = series * a + 1.0 / 720.0;
    series = series * a + 1.0 / 120.0;
    series = series * a + 1.0 / 24.0;
    series = series * a + 1.0 / 6.0;
    series = series * a + 0.5;
    series = series * a * a;
    double difference = exponential - 1.0 - a;
    return fabs(a) <= 1.0 ? series : difference;
}

static void forward_tile(size_t n, const float *mean, const float *log_variance, const float *noise, float *z,
                         float *kl)
{
    struct exponentials tile;
    fill_exponentials(n, log_variance, &tile);
    for (size_t j = 0; j < n; ++j)
        z[j] = mean[j] + tile.deviation[j] * noise[j];
    for (size_t j = 0; j < n; ++j) {
        double m = mean[j];
        kl[j] = (float)(0.5 * (m * m + excess(log_variance[j], tile.variance[j])));
    }
}

// Rows to work on: z and kl are made on the way forward; kl and dz used, and dhead made on the way back.
struct rows {
    size_t latent;
    const float *head, *noise;
    float *z, *kl;
    struct elbow_terms terms;
    const float *known_kl, *dz;
    float *dhead;
};

// Rows that are worth a thread.
static size_t least_rows(size_t latent)
{
    enum { VALUES_LEAST = 1 << 11 };
    return VALUES_LEAST / (latent + 1) + 1;
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
            forward_tile(n, mean + first, mean + latent + first, rows->noise + at, rows->z + at, rows->kl + at);
        }
    }
}

void elbow_latent_forward(size_t rows, size_t latent, const float *head, const float *noise, float *z, float *kl)
{
    ELBOW_CHECK(head && noise && z && kl);
    struct rows call = {.latent = latent, .head = head, .noise = noise, .z = z, .kl = kl};
    elbow_threads_split(rows, 1, least_rows(latent), forward_span, &call);
}

static void backward_tile(size_t n, struct elbow_terms terms, const float *mean, const float *log_variance,
                          const float *noise, const float *kl, const float *dz, float *dmean, float *dlog_variance)
{
    struct exponentials tile;
    fill_exponentials(n, log_variance, &tile);
    for (size_t j = 0; j < n; ++j) {
        double a = log_variance[j];
        // A KL that is NaN counts as above its free bits: the gradient then shows it.
        bool is_free = terms.free_bits > 0 && kl[j] <= terms.free_bits;
        double beta = is_free ? 0 : terms.beta;
        double gradient = dz[j];
        dmean[j] = (float)(gradient + beta * mean[j]);
        dlog_variance[j] =
            (float)(0.5 * (gradient * noise[j] * tile.deviation[j] + beta * (a + excess(a, tile.variance[j]))));
    }
}

static void backward_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *mean = rows->head + 2 * i * latent;
        float *dmean = rows->dhead + 2 * i * latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            size_t at = i * latent + first;
            backward_tile(n, rows->terms, mean + first, mean + latent + first, rows->noise + at, rows->known_kl + at,
                          rows->dz + at, dmean + first, dmean + latent + first);
        }
    }
}

void elbow_latent_backward(size_t rows, size_t latent, struct elbow_terms terms, const float *head, const float *noise,
                           const float *kl, const float *dz, float *dhead)
{
    ELBOW_CHECK(head && noise && kl && dz && dhead);
    struct rows call = {
        .latent = latent, .head = head, .noise = noise, .terms = terms, .known_kl = kl, .dz = dz, .dhead = dhead};
    elbow_threads_split(rows, 1, least_rows(latent), backward_span, &call);
}
