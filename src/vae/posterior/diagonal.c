// SPDX-License-Identifier: BSD-3-Clause
// q(z|x) = N(mean, diag exp(log_variance)): elbow/vae/latent.h. To N(0, I) it has (Kingma and Welling 2014, appendix B)
//   KL_j = (mean_j^2 + exp(log_variance_j) - 1 - log_variance_j) / 2,
//   dKL_j / dmean_j = mean_j,   dKL_j / dlog_variance_j = (exp(log_variance_j) - 1) / 2.
// And d log q / dz_j = -noise_j exp(-log_variance_j / 2).
//
// All functions process row by row in tiles of the row; the arithmetic of an element depends on that element alone.
// exp(a) - 1 - a, which cancels near the prior, is never computed there from a rounded exponential (elbow_excess), so
// that the KL of a collapsed dimension and its gradient keep their relative accuracy: 4e-7 for any log_variance.
#include "elbow/vae/detail/posterior.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"
#include "elbow/vae/latent.h"

#include <math.h>

enum { TILE = 256 };

static size_t outputs(size_t latent)
{
    return 2 * latent;
}

// Rows to work on.
struct rows {
    const struct elbow_posterior_call *call;
    float *kl;
    const double *price;
    double *derivatives;
};

// Rows that are worth a thread.
static size_t least_rows(size_t latent)
{
    enum { VALUES_LEAST = 1 << 11 };
    return VALUES_LEAST / (latent + 1) + 1;
}

static void kl_tile(size_t n, const float *mean, const float *log_variance, float *kl)
{
    float variance[TILE];
    elbow_vector_exp(n, log_variance, variance);
    for (size_t j = 0; j < n; ++j) {
        double m = mean[j];
        kl[j] = (float)(0.5 * (m * m + elbow_excess(log_variance[j], variance[j])));
    }
}

static void derivative_tile(size_t n, const float *mean, const float *log_variance, const double *price, double *dmean,
                            double *dlog_variance)
{
    float variance[TILE];
    elbow_vector_exp(n, log_variance, variance);
    for (size_t j = 0; j < n; ++j) {
        double a = log_variance[j];
        dmean[j] = price[j] * mean[j];
        dlog_variance[j] = 0.5 * (price[j] * (a + elbow_excess(a, variance[j])));
    }
}

static void kl_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->call->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *mean = rows->call->head + 2 * i * latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            kl_tile(n, mean + first, mean + latent + first, rows->kl + i * latent + first);
        }
    }
}

static void kl(const struct elbow_posterior_call *call, float *parts)
{
    ELBOW_CHECK(call->head && parts);
    struct rows work = {.call = call, .kl = parts};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), kl_span, &work);
}

static void derivative_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->call->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *mean = rows->call->head + 2 * i * latent;
        double *dmean = rows->derivatives + 2 * i * latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            derivative_tile(n, mean + first, mean + latent + first, rows->price + i * latent + first, dmean + first,
                            dmean + latent + first);
        }
    }
}

static void kl_backward(const struct elbow_posterior_call *call, const double *price, double *derivatives)
{
    ELBOW_CHECK(call->head && price && derivatives);
    struct rows work = {.call = call, .price = price, .derivatives = derivatives};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), derivative_span, &work);
}

static void log_q(const struct elbow_posterior_call *call, double *parts)
{
    elbow_posterior_log_q(call, outputs(call->latent), parts);
}

static void pull(const struct elbow_posterior_call *call, const double *price, float *dz)
{
    size_t latent = call->latent;
    ELBOW_CHECK(call->head && call->noise && price && dz);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *log_variance = call->head + (2 * i + 1) * latent, *noise = call->noise + i * latent;
        for (size_t j = 0; j < latent; ++j) {
            double derivative = -(double)noise[j] * exp(-0.5 * (double)log_variance[j]);
            dz[i * latent + j] = (float)((double)dz[i * latent + j] + price[i] * derivative);
        }
    }
}

const struct elbow_posterior elbow_posterior_diagonal = {.outputs = outputs,
                                                         .draw = elbow_latent_forward,
                                                         .backward = elbow_latent_backward,
                                                         .log_q = log_q,
                                                         .pull = pull,
                                                         .kl = kl,
                                                         .kl_backward = kl_backward};
