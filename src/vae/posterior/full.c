// SPDX-License-Identifier: BSD-3-Clause
// A Gaussian with any covariance: q(z|x) = N(mean, L L^T), z = mean + L noise, with a lower triangular L whose diagonal
// is exp(log_variance / 2) (Kingma and Welling 2019, section 2.5.1). A row of the head is mean (Z), log_variance (Z),
// and row by row the elements of L below its diagonal (Z (Z - 1) / 2). With b_j = sum_k<j L_jk^2,
//   log q(z|x) = -1/2 sum_j (log(2 pi) + log_variance_j + noise_j^2),   d log q / dz = -L^-T noise,
//   KL_j = (mean_j^2 + b_j + exp(log_variance_j) - 1 - log_variance_j) / 2,
// which is the KL of z_j given z_1 to z_j-1, and
//   dKL_j / dmean_j = mean_j,   dKL_j / dlog_variance_j = (exp(log_variance_j) - 1) / 2,   dKL_j / dL_jk = L_jk.
//
// In double, rounded once; row by row.
#include "elbow/vae/detail/posterior.h"

#include "elbow/math/threads.h"

// L is packed: its elements below the diagonal in row j begin at FIRST(j).
#define FIRST(j) ((j) * ((j) - (size_t)1) / 2)

static size_t outputs(size_t latent)
{
    return 2 * latent + latent * (latent - 1) / 2;
}

// The parts of a row of the head.
struct pieces {
    const float *mean, *log_variance, *below;
};

static struct pieces pieces_of(const float *head, size_t latent, size_t row)
{
    const float *mean = head + row * outputs(latent);
    return (struct pieces){.mean = mean, .log_variance = mean + latent, .below = mean + 2 * latent};
}

// Rows to process; each function uses the members that it needs.
struct rows {
    size_t latent;
    const float *head, *noise, *dz;
    const double *given; // derivatives on the way back; price
    float *made;         // z; dhead; kl
    double *derivatives;
};

// Rows that are worth a thread.
static size_t least_rows(size_t latent)
{
    enum { VALUES_LEAST = 1 << 11 };
    return VALUES_LEAST / (outputs(latent) + 1) + 1;
}

static void draw_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        struct pieces pieces = pieces_of(rows->head, latent, i);
        const float *noise = rows->noise + i * latent;
        for (size_t j = 0; j < latent; ++j) {
            const float *below = pieces.below + FIRST(j);
            double sum = exp(0.5 * (double)pieces.log_variance[j]) * (double)noise[j];
            for (size_t k = 0; k < j; ++k)
                sum += (double)below[k] * (double)noise[k];
            rows->made[i * latent + j] = (float)((double)pieces.mean[j] + sum);
        }
    }
}

static void draw(size_t rows, size_t latent, const float *head, const float *noise, float *z)
{
    ELBOW_CHECK(head && noise && z);
    struct rows work = {.latent = latent, .head = head, .noise = noise, .made = z};
    elbow_threads_split(rows, 1, least_rows(latent), draw_span, &work);
}

static void backward_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent, width = outputs(latent);
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        struct pieces pieces = pieces_of(rows->head, latent, i);
        const float *noise = rows->noise + i * latent, *dz = rows->dz + i * latent;
        const double *derivatives = rows->given + i * width;
        float *dhead = rows->made + i * width;
        for (size_t j = 0; j < latent; ++j) {
            double gradient = dz[j], deviation = exp(0.5 * (double)pieces.log_variance[j]);
            size_t below = 2 * latent + FIRST(j);
            dhead[j] = (float)(gradient + derivatives[j]);
            dhead[latent + j] = (float)(0.5 * gradient * (double)noise[j] * deviation + derivatives[latent + j]);
            for (size_t k = 0; k < j; ++k)
                dhead[below + k] = (float)(gradient * (double)noise[k] + derivatives[below + k]);
        }
    }
}

static void backward(size_t rows, size_t latent, const float *head, const float *noise, const float *dz,
                     const double *derivatives, float *dhead)
{
    ELBOW_CHECK(head && noise && dz && derivatives && dhead);
    struct rows work = {.latent = latent, .head = head, .noise = noise, .dz = dz, .given = derivatives, .made = dhead};
    elbow_threads_split(rows, 1, least_rows(latent), backward_span, &work);
}

static void log_q(const struct elbow_posterior_call *call, double *parts)
{
    elbow_posterior_log_q(call, outputs(call->latent), parts);
}

// L^T u = noise, from the last.
static void pull(const struct elbow_posterior_call *call, const double *price, float *dz)
{
    size_t latent = call->latent;
    double solved[ELBOW_FULL_LATENT_MAX];
    ELBOW_CHECK(call->head && call->noise && price && dz && latent <= ELBOW_FULL_LATENT_MAX);
    for (size_t i = 0; i < call->rows; ++i) {
        struct pieces pieces = pieces_of(call->head, latent, i);
        for (size_t j = latent; j-- > 0;) {
            double sum = call->noise[i * latent + j];
            for (size_t k = j + 1; k < latent; ++k)
                sum -= (double)pieces.below[FIRST(k) + j] * solved[k];
            solved[j] = sum * exp(-0.5 * (double)pieces.log_variance[j]);
            dz[i * latent + j] = (float)((double)dz[i * latent + j] - price[i] * solved[j]);
        }
    }
}

// b_j of a row.
static double beyond_of(const struct pieces *pieces, size_t j)
{
    const float *below = pieces->below + FIRST(j);
    double sum = 0;
    for (size_t k = 0; k < j; ++k)
        sum += (double)below[k] * (double)below[k];
    return sum;
}

static void kl_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        struct pieces pieces = pieces_of(rows->head, latent, i);
        for (size_t j = 0; j < latent; ++j) {
            double m = pieces.mean[j], a = pieces.log_variance[j];
            rows->made[i * latent + j] = (float)(0.5 * (m * m + beyond_of(&pieces, j) + elbow_excess(a, exp(a))));
        }
    }
}

static void kl(const struct elbow_posterior_call *call, float *parts)
{
    ELBOW_CHECK(call->head && parts);
    struct rows work = {.latent = call->latent, .head = call->head, .made = parts};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), kl_span, &work);
}

static void derivative_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        struct pieces pieces = pieces_of(rows->head, latent, i);
        const double *price = rows->given + i * latent;
        double *derivatives = rows->derivatives + i * outputs(latent), *below = derivatives + 2 * latent;
        for (size_t j = 0; j < latent; ++j) {
            derivatives[j] = price[j] * (double)pieces.mean[j];
            derivatives[latent + j] = 0.5 * price[j] * expm1((double)pieces.log_variance[j]);
            for (size_t k = FIRST(j); k < FIRST(j) + j; ++k)
                below[k] = price[j] * (double)pieces.below[k];
        }
    }
}

static void kl_backward(const struct elbow_posterior_call *call, const double *price, double *derivatives)
{
    ELBOW_CHECK(call->head && price && derivatives);
    struct rows work = {.latent = call->latent, .head = call->head, .given = price, .derivatives = derivatives};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), derivative_span, &work);
}

static void beyond(const struct elbow_posterior_call *call, size_t row, size_t first, size_t n, double *variance)
{
    struct pieces pieces = pieces_of(call->head, call->latent, row);
    for (size_t j = 0; j < n; ++j)
        variance[j] = beyond_of(&pieces, first + j);
}

static void beyond_backward(const struct elbow_posterior_call *call, size_t row, size_t first, size_t n,
                            const double *derivative, double *derivatives)
{
    struct pieces pieces = pieces_of(call->head, call->latent, row);
    double *below = derivatives + row * outputs(call->latent) + 2 * call->latent;
    for (size_t j = first; j < first + n; ++j)
        for (size_t k = FIRST(j); k < FIRST(j) + j; ++k)
            below[k] = 2 * derivative[j - first] * (double)pieces.below[k];
}

// L u = z - mean, from the first.
static double density(const struct elbow_posterior_call *call, size_t row, const float *z, double *marginals)
{
    const double log_2_pi = 1.83787706640934548356;
    size_t latent = call->latent;
    struct pieces pieces = pieces_of(call->head, latent, row);
    double solved[ELBOW_FULL_LATENT_MAX], joint = 0;
    ELBOW_CHECK(latent <= ELBOW_FULL_LATENT_MAX);
    for (size_t j = 0; j < latent; ++j) {
        const float *below = pieces.below + FIRST(j);
        double off = (double)z[j] - (double)pieces.mean[j], log_variance = pieces.log_variance[j], rest = off;
        double variance = exp(log_variance) + beyond_of(&pieces, j);
        for (size_t k = 0; k < j; ++k)
            rest -= (double)below[k] * solved[k];
        solved[j] = rest * exp(-0.5 * log_variance);
        joint += -0.5 * (log_2_pi + log_variance + solved[j] * solved[j]);
        marginals[j] = -0.5 * (log_2_pi + log(variance) + off * off / variance);
    }
    return joint;
}

static void factor(size_t latent, const float *head, float *cells)
{
    struct pieces pieces = pieces_of(head, latent, 0);
    for (size_t j = 0; j < latent; ++j)
        for (size_t k = 0; k < latent; ++k)
            cells[j * latent + k] = k < j    ? pieces.below[FIRST(j) + k]
                                    : k == j ? (float)exp(0.5 * (double)pieces.log_variance[j])
                                             : 0;
}

const struct elbow_posterior elbow_posterior_full = {.outputs = outputs,
                                                     .draw = draw,
                                                     .backward = backward,
                                                     .log_q = log_q,
                                                     .pull = pull,
                                                     .kl = kl,
                                                     .kl_backward = kl_backward,
                                                     .beyond = beyond,
                                                     .beyond_backward = beyond_backward,
                                                     .density = density,
                                                     .factor = factor};
