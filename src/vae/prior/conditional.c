// SPDX-License-Identifier: BSD-3-Clause
// The prior given conditions c (C): p(z|c) = N(m(c), diag exp(s(c))), where m and s are linear,
//   m = c W_m + b_m,   s = c W_s + b_s.
// For one variable of classes, which c says as a 1 among zeros, that is any mean and variance of each class; several
// variables add up. A row without conditions, c = 0, has N(b_m, diag exp(b_s)). All start at 0, as N(0, I).
//
// To q(z|x) = N(mean, diag exp(log_variance)), with d = mean_j - m_j and a = log_variance_j - s_j:
//   KL_j = (d^2 exp(-s_j) + exp(a) - 1 - a) / 2,
//   dKL_j / dmean_j = -dKL_j / dm_j = d exp(-s_j),   dKL_j / dlog_variance_j = (exp(a) - 1) / 2,
//   dKL_j / ds_j = -(d^2 exp(-s_j) + exp(a) - 1) / 2.
// If z_j has more variance than exp(log_variance_j), as with other posteriors (elbow/vae/posterior.h), that is added to
// d^2. Tensors: prior/weight (C, 2Z), W_m beside W_s; prior/bias (2Z). In double, rounded once.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/status.h"
#include "elbow/base/text.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <string.h>

enum { TILE = 256, WEIGHT = 0, BIAS = 1 };

static const double LOG_2_PI = 1.83787706640934548356;

static size_t tensors(const struct elbow_prior_sizes *sizes, struct elbow_tensor made[ELBOW_PRIOR_TENSORS])
{
    size_t latent = sizes->latent, conditions = sizes->conditions;
    ELBOW_CHECK(conditions > 0);
    made[WEIGHT] = (struct elbow_tensor){
        .rank = 2, .shape = {conditions, 2 * latent}, .is_weight = true, .initial = ELBOW_INITIAL_CONSTANT};
    made[BIAS] = (struct elbow_tensor){.rank = 1, .shape = {2 * latent}, .initial = ELBOW_INITIAL_CONSTANT};
    elbow_text_format(made[WEIGHT].name, sizeof made[WEIGHT].name, "prior/weight");
    elbow_text_format(made[BIAS].name, sizeof made[BIAS].name, "prior/bias");
    return 2;
}

// Mean and log-variance of some dimensions of a row.
struct place {
    double mean[TILE], log_variance[TILE];
};

static void add(size_t n, double factor, const float *restrict mean, const float *restrict log_variance,
                struct place *restrict place)
{
    for (size_t j = 0; j < n; ++j) {
        place->mean[j] += factor * (double)mean[j];
        place->log_variance[j] += factor * (double)log_variance[j];
    }
}

// Dimensions [first, first + n) of p(z|c) of a row.
static void find(const struct elbow_prior_call *call, size_t row, size_t first, size_t n, struct place *place)
{
    const float *bias = call->tensors[BIAS] + first;
    size_t latent = call->latent;
    memset(place, 0, sizeof *place);
    add(n, 1, bias, bias + latent, place);
    for (size_t k = 0; call->condition != NULL && k < call->conditions; ++k) {
        double c = call->condition[row * call->conditions + k];
        const float *weight = call->tensors[WEIGHT] + 2 * k * latent + first;
        if (c != 0)
            add(n, c, weight, weight + latent, place);
    }
}

// The variance of z_j of a row beyond exp(log_variance).
static void find_beyond(const struct elbow_prior_call *call, size_t row, size_t first, size_t n, double beyond[TILE])
{
    struct elbow_posterior_call q = elbow_prior_posterior(call);
    memset(beyond, 0, n * sizeof *beyond);
    if (call->posterior->beyond != NULL)
        call->posterior->beyond(&q, row, first, n, beyond);
}

// Rows to work on.
struct rows {
    const struct elbow_prior_call *call;
    float *kl;
    const double *price;
    double *derivatives;
};

// Rows that are worth a thread.
static size_t least_rows(const struct elbow_prior_call *call)
{
    enum { VALUES_LEAST = 1 << 10 };
    return VALUES_LEAST / (call->latent + 1) + 1;
}

static void kl_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->call->latent;
    struct place place;
    double beyond[TILE];
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *log_variance = elbow_prior_log_variance(rows->call, i), *mean = log_variance - latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            find(rows->call, i, first, n, &place);
            find_beyond(rows->call, i, first, n, beyond);
            for (size_t j = 0; j < n; ++j) {
                double d = (double)mean[first + j] - place.mean[j], square = d * d + beyond[j];
                double a = (double)log_variance[first + j] - place.log_variance[j];
                rows->kl[i * latent + first + j] =
                    (float)(0.5 * (square * exp(-place.log_variance[j]) + (expm1(a) - a)));
            }
        }
    }
}

static void kl(const struct elbow_prior_call *call, float *parts)
{
    ELBOW_CHECK(call->head && parts);
    struct rows work = {.call = call, .kl = parts};
    elbow_threads_split(call->rows, 1, least_rows(call), kl_span, &work);
}

static void derivative_beyond(const struct rows *rows, size_t row, size_t first, size_t n, const struct place *place)
{
    struct elbow_posterior_call q = elbow_prior_posterior(rows->call);
    double derivatives[TILE];
    for (size_t j = 0; j < n; ++j)
        derivatives[j] = 0.5 * rows->price[row * q.latent + first + j] * exp(-place->log_variance[j]);
    rows->call->posterior->beyond_backward(&q, row, first, n, derivatives, rows->derivatives);
}

static void derivative_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->call->latent;
    struct place place;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *log_variance = elbow_prior_log_variance(rows->call, i), *mean = log_variance - latent;
        const double *price = rows->price + i * latent;
        double *derivatives = rows->derivatives + i * rows->call->posterior->outputs(latent);
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            find(rows->call, i, first, n, &place);
            for (size_t j = 0, at = first; j < n; ++j, ++at) {
                double d = (double)mean[at] - place.mean[j];
                derivatives[at] = price[at] * d * exp(-place.log_variance[j]);
                derivatives[latent + at] = 0.5 * price[at] * expm1((double)log_variance[at] - place.log_variance[j]);
            }
            if (rows->call->posterior->beyond != NULL)
                derivative_beyond(rows, i, first, n, &place);
        }
    }
}

// The integral does not depend on z: dz stays.
static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives)
{
    ELBOW_CHECK(call->head && price && dz && derivatives);
    struct rows work = {.call = call, .price = price, .derivatives = derivatives};
    elbow_threads_split(call->rows, 1, least_rows(call), derivative_span, &work);
}

// Adds a row's derivatives by mean and log-variance, times c, to a tensor's row.
static void take(size_t n, double c, const struct place *derivatives, float *mean, float *log_variance)
{
    for (size_t j = 0; j < n; ++j) {
        mean[j] += (float)(c * derivatives->mean[j]);
        log_variance[j] += (float)(c * derivatives->log_variance[j]);
    }
}

// Row by row, in order.
static void gradient(const struct elbow_prior_call *call, const double *price,
                     float *const gradients[ELBOW_PRIOR_TENSORS])
{
    size_t latent = call->latent;
    struct place place, derivatives;
    double beyond[TILE];
    memset(gradients[WEIGHT], 0, call->conditions * 2 * latent * sizeof(float));
    memset(gradients[BIAS], 0, 2 * latent * sizeof(float));
    for (size_t i = 0; i < call->rows; ++i) {
        const float *log_variance = elbow_prior_log_variance(call, i), *mean = log_variance - latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            find(call, i, first, n, &place);
            find_beyond(call, i, first, n, beyond);
            for (size_t j = 0, at = first; j < n; ++j, ++at) {
                double d = (double)mean[at] - place.mean[j], cost = price[i * latent + at];
                double precision = exp(-place.log_variance[j]), stretch = d * precision;
                derivatives.mean[j] = -cost * stretch;
                derivatives.log_variance[j] =
                    -0.5 * cost *
                    (d * stretch + beyond[j] * precision + expm1((double)log_variance[at] - place.log_variance[j]));
            }
            take(n, 1, &derivatives, gradients[BIAS] + first, gradients[BIAS] + latent + first);
            for (size_t k = 0; call->condition != NULL && k < call->conditions; ++k) {
                double c = call->condition[i * call->conditions + k];
                float *of_c = gradients[WEIGHT] + 2 * k * latent + first;
                if (c != 0)
                    take(n, c, &derivatives, of_c, of_c + latent);
            }
        }
    }
}

static void log_p(const struct elbow_prior_call *call, double *sums)
{
    size_t latent = call->latent;
    struct place place;
    ELBOW_CHECK(call->z && sums);
    for (size_t i = 0; i < call->rows; ++i) {
        double sum = 0;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            find(call, i, first, n, &place);
            for (size_t j = 0; j < n; ++j) {
                double d = (double)call->z[i * latent + first + j] - place.mean[j];
                sum += d * d * exp(-place.log_variance[j]) + place.log_variance[j];
            }
        }
        sums[i] = -0.5 * (sum + (double)latent * LOG_2_PI);
    }
}

// The constants log(2 pi) / 2 cancel.
static void log_ratio(const struct elbow_prior_call *call, double *sums)
{
    size_t latent = call->latent;
    struct place place;
    ELBOW_CHECK(call->head && call->noise && call->z && sums);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *z = call->z + i * latent, *noise = call->noise + i * latent;
        const float *log_variance = elbow_prior_log_variance(call, i);
        double sum = 0;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            find(call, i, first, n, &place);
            for (size_t j = 0, at = first; j < n; ++j, ++at) {
                double d = (double)z[at] - place.mean[j], draw = noise[at];
                sum += 0.5 * ((draw * draw - d * d * exp(-place.log_variance[j])) +
                              ((double)log_variance[at] - place.log_variance[j]));
            }
        }
        sums[i] = sum;
    }
}

static void draw(struct elbow_stream stream, const struct elbow_prior_call *call, float *z)
{
    struct place place;
    ELBOW_CHECK(call->rows == 1 && z);
    elbow_random_normal(stream, call->latent, z);
    for (size_t first = 0; first < call->latent; first += TILE) {
        size_t n = call->latent - first < TILE ? call->latent - first : TILE;
        find(call, 0, first, n, &place);
        for (size_t j = 0; j < n; ++j)
            z[first + j] = (float)(place.mean[j] + exp(0.5 * place.log_variance[j]) * (double)z[first + j]);
    }
}

const struct elbow_prior elbow_prior_conditional = {.is_exact = true,
                                                    .tensors = tensors,
                                                    .log_p = log_p,
                                                    .log_ratio = log_ratio,
                                                    .kl = kl,
                                                    .backward = backward,
                                                    .gradient = gradient,
                                                    .draw = draw};
