// SPDX-License-Identifier: BSD-3-Clause
// The standard normal distribution, N(0, I): log p(z) = -1/2 sum_j (z_j^2 + log(2 pi)). To q(z|x) = N(mean, diag
// exp(log_variance)) it has (Kingma and Welling 2014, appendix B)
//   KL_j = (mean_j^2 + exp(log_variance_j) - 1 - log_variance_j) / 2,
//   dKL_j / dmean_j = mean_j,   dKL_j / dlog_variance_j = (exp(log_variance_j) - 1) / 2.
//
// All go row by row in tiles of the row; all of an element's arithmetic depends on that element alone. What cancels
// near the prior, exp(a) - 1 - a, is never formed from a rounded exponential there (see excess), so that the KL of a
// collapsed dimension and its gradient keep their relative accuracy: 4e-7 for any log_variance.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>

enum { TILE = 256 };

static const double LOG_2_PI = 1.83787706640934548356;

// Rows to work on.
struct rows {
    const struct elbow_prior_call *call;
    float *kl;
    const double *price;
    double *slopes;
};

// Rows that are worth a thread.
static size_t least_rows(size_t latent)
{
    enum { VALUES_LEAST = 1 << 11 };
    return VALUES_LEAST / (latent + 1) + 1;
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

static void kl_tile(size_t n, const float *mean, const float *log_variance, float *kl)
{
    float variance[TILE];
    elbow_vector_exp(n, log_variance, variance);
    for (size_t j = 0; j < n; ++j) {
        double m = mean[j];
        kl[j] = (float)(0.5 * (m * m + excess(log_variance[j], variance[j])));
    }
}

static void slope_tile(size_t n, const float *mean, const float *log_variance, const double *price, double *dmean,
                       double *dlog_variance)
{
    float variance[TILE];
    elbow_vector_exp(n, log_variance, variance);
    for (size_t j = 0; j < n; ++j) {
        double a = log_variance[j];
        dmean[j] = price[j] * mean[j];
        dlog_variance[j] = 0.5 * (price[j] * (a + excess(a, variance[j])));
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

static void kl(const struct elbow_prior_call *call, float *parts)
{
    ELBOW_CHECK(call->head && parts);
    struct rows work = {.call = call, .kl = parts};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), kl_span, &work);
}

static void slope_span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    size_t latent = rows->call->latent;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        const float *mean = rows->call->head + 2 * i * latent;
        double *dmean = rows->slopes + 2 * i * latent;
        for (size_t first = 0; first < latent; first += TILE) {
            size_t n = latent - first < TILE ? latent - first : TILE;
            slope_tile(n, mean + first, mean + latent + first, rows->price + i * latent + first, dmean + first,
                       dmean + latent + first);
        }
    }
}

// The integral does not depend on z: dz stays.
static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *slopes)
{
    ELBOW_CHECK(call->head && price && dz && slopes);
    struct rows work = {.call = call, .price = price, .slopes = slopes};
    elbow_threads_split(call->rows, 1, least_rows(call->latent), slope_span, &work);
}

static void pull(const struct elbow_prior_call *call, const double *price, float *dz)
{
    size_t latent = call->latent;
    ELBOW_CHECK(call->z && price && dz);
    for (size_t k = 0; k < call->rows * latent; ++k)
        dz[k] = (float)((double)dz[k] + price[k / latent] * (double)call->z[k]);
}

static void log_p(const struct elbow_prior_call *call, double *sums)
{
    ELBOW_CHECK(call->z && sums);
    for (size_t i = 0; i < call->rows; ++i) {
        double sum = 0;
        for (size_t j = 0; j < call->latent; ++j) {
            double point = call->z[i * call->latent + j];
            sum += point * point;
        }
        sums[i] = -0.5 * (sum + (double)call->latent * LOG_2_PI);
    }
}

// The constants log(2 pi) / 2 cancel.
static void log_ratio(const struct elbow_prior_call *call, double *sums)
{
    size_t latent = call->latent;
    ELBOW_CHECK(call->head && call->noise && call->z && sums);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *z = call->z + i * latent, *noise = call->noise + i * latent;
        const float *log_variance = call->head + (2 * i + 1) * latent;
        double sum = 0;
        for (size_t j = 0; j < latent; ++j) {
            double point = z[j], draw = noise[j];
            sum += 0.5 * ((draw * draw - point * point) + (double)log_variance[j]);
        }
        sums[i] = sum;
    }
}

static void draw(struct elbow_stream stream, const struct elbow_prior_call *call, float *z)
{
    ELBOW_CHECK(call->rows == 1 && z);
    elbow_random_normal(stream, call->latent, z);
}

const struct elbow_prior elbow_prior_standard = {.is_exact = true,
                                                 .log_p = log_p,
                                                 .log_ratio = log_ratio,
                                                 .kl = kl,
                                                 .backward = backward,
                                                 .pull = pull,
                                                 .draw = draw};
