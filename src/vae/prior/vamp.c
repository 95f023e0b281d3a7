// SPDX-License-Identifier: BSD-3-Clause
// The mixture of posteriors at trained pseudo-inputs u_1, ..., u_K (Tomczak and Welling 2018, eq. 9):
//   p(z) = 1/K sum_k q(z|u_k),   q(z|u_k) = N(z; m_k, diag exp(s_k)).
// The model sends the pseudo-inputs through the encoder once a step (elbow/vae/detail/pseudo.h); here their heads
// replace a tensor: (K, 2Z), m_k beside s_k. The KL is sampled as that of a mixture (mixture.c): with r_k = q(z|u_k) /
// (K p(z)) the parts of the dimensions are log q_j - sum_k r_k log q(z_j|u_k) + (log K + sum_k r_k log r_k) / Z.
//
// In double. Components are adjacent: each term of a row is one loop over them, and sums over them are in lanes. One
// thread computes all shares of a row, and one thread the gradient of a dimension, with rows in their order.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/text.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 };

static const double LOG_2_PI = 1.83787706640934548356;

static size_t tensors(const struct elbow_prior_sizes *sizes, struct elbow_tensor made[ELBOW_PRIOR_TENSORS])
{
    made[0] = (struct elbow_tensor){.rank = 2,
                                    .shape = {sizes->components, sizes->inputs},
                                    .initial = ELBOW_INITIAL_HE, // training takes rows of the training set
                                    .fan_in = 2,
                                    .fan_out = 1};
    elbow_text_format(made[0].name, sizeof made[0].name, "prior/inputs");
    return 1;
}

static size_t workspace(size_t rows, size_t latent, size_t components)
{
    return components * (5 * latent + 1 + rows);
}

// The components of a call, and derived values, in its room.
struct work {
    const struct elbow_prior_call *call;
    size_t components, latent;
    double *mean, *log_variance, *precision;       // (Z, K)
    double *constant;                              // (K): log density at the mean, with the weight 1 / K
    double *shares;                                // (rows, K)
    double *mean_derivative, *variance_derivative; // (Z, K)
    double *log_p;                                 // (rows), the caller's; NULL: not wanted
    const double *price;                           // (rows, price_step)
    size_t price_step;
    float *kl, *dz;
};

static void lay_out(struct work *work)
{
    size_t cells = work->latent * work->components;
    double *at = work->call->workspace;
    ELBOW_CHECK(at != NULL && work->call->tensors[0] != NULL);
    work->mean = at;
    work->log_variance = at + cells;
    work->precision = at + 2 * cells;
    work->mean_derivative = at + 3 * cells;
    work->variance_derivative = at + 4 * cells;
    work->constant = at + 5 * cells;
    work->shares = work->constant + work->components;
}

// The heads of the components, turned.
static void turn(const struct work *work)
{
    size_t latent = work->latent, components = work->components;
    for (size_t k = 0; k < components; ++k) {
        const float *head = work->call->tensors[0] + 2 * k * latent;
        double sum = 0;
        for (size_t j = 0; j < latent; ++j) {
            double log_variance = head[latent + j];
            work->mean[j * components + k] = head[j];
            work->log_variance[j * components + k] = log_variance;
            work->precision[j * components + k] = exp(-log_variance);
            sum += LOG_2_PI + log_variance;
        }
        work->constant[k] = -0.5 * sum - log((double)components);
    }
}

static void add_squares(size_t n, double z, const double *restrict mean, const double *restrict precision,
                        double *restrict sums)
{
    for (size_t k = 0; k < n; ++k) {
        double off = z - mean[k];
        sums[k] += off * off * precision[k];
    }
}

// log(1/K sum_k q(z|u_k)) of a row; its shares in its place.
static double weigh(const struct work *work, size_t row)
{
    size_t components = work->components, latent = work->latent;
    const float *z = work->call->z + row * latent;
    double *shares = work->shares + row * components, most = -INFINITY, sum = 0;
    memset(shares, 0, components * sizeof *shares);
    for (size_t j = 0; j < latent; ++j)
        add_squares(components, z[j], work->mean + j * components, work->precision + j * components, shares);
    for (size_t k = 0; k < components; ++k) {
        shares[k] = work->constant[k] - 0.5 * shares[k];
        most = shares[k] > most ? shares[k] : most;
    }
    for (size_t k = 0; k < components; ++k) {
        shares[k] = exp(shares[k] - most);
        sum += shares[k];
    }
    for (size_t k = 0; k < components; ++k)
        shares[k] /= sum;
    return most + log(sum);
}

static void weigh_span(void *user, int part, size_t row, size_t count)
{
    const struct work *work = user;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double log_p = weigh(work, i);
        if (work->log_p != NULL)
            work->log_p[i] = log_p;
    }
}

// Rows that are worth a thread.
static size_t least_rows(const struct work *work)
{
    enum { VALUES_LEAST = 1 << 13 };
    return VALUES_LEAST / (work->latent * work->components + 1) + 1;
}

static struct work begin(const struct elbow_prior_call *call, double *log_p)
{
    struct work work = {.call = call, .components = call->components, .latent = call->latent, .log_p = log_p};
    ELBOW_CHECK(call->z != NULL && call->components > 0);
    lay_out(&work);
    turn(&work);
    elbow_threads_split(call->rows, 1, least_rows(&work), weigh_span, &work);
    return work;
}

static void log_p(const struct elbow_prior_call *call, double *sums)
{
    ELBOW_CHECK(sums);
    (void)begin(call, sums);
}

static void log_ratio(const struct elbow_prior_call *call, double *sums)
{
    log_p(call, sums);
    elbow_prior_less_log_q(call, sums);
}

static double fold(const double lanes[LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// sum_k r_k log q(z_j|u_k)
static double mix(const struct work *work, const double *restrict shares, size_t j, double z)
{
    size_t components = work->components;
    const double *restrict mean = work->mean + j * components, *restrict precision = work->precision + j * components;
    const double *restrict log_variance = work->log_variance + j * components;
    double lanes[LANES] = {0};
    for (size_t k = 0; k < components; k += LANES)
        for (size_t l = 0; l < LANES && k + l < components; ++l) {
            double off = z - mean[k + l];
            lanes[l] += shares[k + l] * (LOG_2_PI + log_variance[k + l] + off * off * precision[k + l]);
        }
    return -0.5 * fold(lanes);
}

// sum_k r_k (z_j - m_kj) exp(-s_kj) = -d log p / dz_j
static double pull_of(const struct work *work, const double *restrict shares, size_t j, double z)
{
    size_t components = work->components;
    const double *restrict mean = work->mean + j * components, *restrict precision = work->precision + j * components;
    double lanes[LANES] = {0};
    for (size_t k = 0; k < components; k += LANES)
        for (size_t l = 0; l < LANES && k + l < components; ++l)
            lanes[l] += shares[k + l] * (z - mean[k + l]) * precision[k + l];
    return fold(lanes);
}

static void kl_span(void *user, int part, size_t row, size_t count)
{
    const struct work *work = user;
    size_t latent = work->latent, components = work->components;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *z = work->call->z + i * latent, *log_variance = elbow_prior_log_variance(work->call, i);
        const double *shares = work->shares + i * components;
        double apart = log((double)components);
        for (size_t k = 0; k < components; ++k)
            apart += shares[k] > 0 ? shares[k] * log(shares[k]) : shares[k]; // a NaN stays
        for (size_t j = 0; j < latent; ++j)
            work->kl[i * latent + j] = (float)(elbow_prior_log_q(work->call, i, j, log_variance) -
                                               mix(work, shares, j, z[j]) + apart / (double)latent);
    }
}

static void kl(const struct elbow_prior_call *call, float *parts)
{
    ELBOW_CHECK(call->head && call->noise && parts);
    struct work work = begin(call, NULL);
    work.kl = parts;
    elbow_threads_split(call->rows, 1, least_rows(&work), kl_span, &work);
}

static void pull_span(void *user, int part, size_t row, size_t count)
{
    const struct work *work = user;
    size_t latent = work->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const double *shares = work->shares + i * work->components;
        for (size_t j = 0; j < latent; ++j) {
            double pulled = work->price[i * work->price_step] * pull_of(work, shares, j, work->call->z[i * latent + j]);
            work->dz[i * latent + j] = (float)((double)work->dz[i * latent + j] + pulled);
        }
    }
}

static void pull_at(const struct elbow_prior_call *call, const double *price, size_t price_step, float *dz)
{
    ELBOW_CHECK(price && dz);
    struct work work = begin(call, NULL);
    work.price = price;
    work.price_step = price_step;
    work.dz = dz;
    elbow_threads_split(call->rows, 1, least_rows(&work), pull_span, &work);
}

static void pull(const struct elbow_prior_call *call, const double *price, float *dz)
{
    pull_at(call, price, 1, dz);
}

static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives)
{
    ELBOW_CHECK(call->head && call->noise && derivatives);
    pull_at(call, price, call->latent, dz);
    elbow_prior_derivatives_of_draw(call, price, derivatives);
}

// The derivatives of a row by the components' means and log-variances in one dimension.
static void add_derivatives(size_t n, double price, double z, const double *restrict shares,
                            const double *restrict mean, const double *restrict precision,
                            double *restrict mean_derivative, double *restrict variance_derivative)
{
    for (size_t k = 0; k < n; ++k) {
        double share = price * shares[k], off = z - mean[k], stretch = off * precision[k];
        mean_derivative[k] -= share * stretch;
        variance_derivative[k] -= 0.5 * share * (off * stretch - 1);
    }
}

static void gradient_span(void *user, int part, size_t first, size_t count)
{
    const struct work *work = user;
    size_t components = work->components, latent = work->latent;
    (void)part;
    memset(work->mean_derivative + first * components, 0, count * components * sizeof *work->mean_derivative);
    memset(work->variance_derivative + first * components, 0, count * components * sizeof *work->variance_derivative);
    for (size_t j = first; j < first + count; ++j)
        for (size_t i = 0; i < work->call->rows; ++i)
            add_derivatives(components, work->price[i * latent], work->call->z[i * latent + j],
                            work->shares + i * components, work->mean + j * components,
                            work->precision + j * components, work->mean_derivative + j * components,
                            work->variance_derivative + j * components);
}

static void gradient(const struct elbow_prior_call *call, const double *price,
                     float *const gradients[ELBOW_PRIOR_TENSORS])
{
    struct work work = begin(call, NULL);
    size_t components = work.components, latent = work.latent;
    work.price = price;
    elbow_threads_split(latent, 1, (1 << 13) / (call->rows * components + 1) + 1, gradient_span, &work);
    for (size_t k = 0; k < components; ++k)
        for (size_t j = 0; j < latent; ++j) {
            gradients[0][2 * k * latent + j] = (float)work.mean_derivative[j * components + k];
            gradients[0][(2 * k + 1) * latent + j] = (float)work.variance_derivative[j * components + k];
        }
}

// The component by the first word that the normal numbers leave.
static void draw(struct elbow_stream stream, const struct elbow_prior_call *call, float *z)
{
    uint32_t word;
    size_t latent = call->latent;
    ELBOW_CHECK(call->rows == 1 && z && call->tensors[0] != NULL);
    elbow_random_words(stream, 2 * ((latent + 1) / 2), 1, &word);
    const float *head = call->tensors[0] + 2 * latent * (size_t)(elbow_random_unit(word) * (double)call->components);
    elbow_random_normal(stream, latent, z);
    for (size_t j = 0; j < latent; ++j)
        z[j] = (float)((double)head[j] + exp(0.5 * (double)head[latent + j]) * (double)z[j]);
}

const struct elbow_prior elbow_prior_vamp = {.encodes = true,
                                             .tensors = tensors,
                                             .workspace = workspace,
                                             .log_p = log_p,
                                             .log_ratio = log_ratio,
                                             .kl = kl,
                                             .backward = backward,
                                             .pull = pull,
                                             .gradient = gradient,
                                             .draw = draw};
