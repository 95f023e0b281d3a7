// SPDX-License-Identifier: BSD-3-Clause
// A mixture of K normal distributions with trained weights, means and variances:
//   p(z) = sum_k w_k N(z; m_k, diag exp(s_k)),   w = softmax(logits).
// Its KL is sampled: log q(z|x) - log p(z) at the one z. With r_k = w_k N_k(z) / p(z) the parts of the dimensions are
//   log q_j(z_j) - sum_k r_k log N_kj(z_j) + KL(r || w) / Z,
// which add up to that; the cost of a nat must be the same in all dimensions of a row. Tensors: prior/mean (K, Z),
// which starts at draws from N(0, I), prior/log_variance (K, Z) and prior/logit (K), which start at 0. In double.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <math.h>
#include <string.h>

enum { MEAN, LOG_VARIANCE, LOGIT };

static const double LOG_2_PI = 1.83787706640934548356;

// Log weights, and shares of the components at a point.
struct shares {
    double log_weight[ELBOW_COMPONENTS_MAX], share[ELBOW_COMPONENTS_MAX];
};

static size_t tensors(const struct elbow_prior_sizes *sizes, struct elbow_tensor made[ELBOW_PRIOR_TENSORS])
{
    size_t latent = sizes->latent, components = sizes->components;
    ELBOW_CHECK(components > 0 && components <= ELBOW_COMPONENTS_MAX);
    made[MEAN] = (struct elbow_tensor){
        .rank = 2, .shape = {components, latent}, .initial = ELBOW_INITIAL_HE, .fan_in = 2, .fan_out = 1};
    made[LOG_VARIANCE] =
        (struct elbow_tensor){.rank = 2, .shape = {components, latent}, .initial = ELBOW_INITIAL_CONSTANT};
    made[LOGIT] = (struct elbow_tensor){.rank = 1, .shape = {components}, .initial = ELBOW_INITIAL_CONSTANT};
    elbow_text_format(made[MEAN].name, sizeof made[MEAN].name, "prior/mean");
    elbow_text_format(made[LOG_VARIANCE].name, sizeof made[LOG_VARIANCE].name, "prior/log_variance");
    elbow_text_format(made[LOGIT].name, sizeof made[LOGIT].name, "prior/logit");
    return 3;
}

// log sum exp; a NaN gives NaN.
static double log_sum(size_t n, const double *values)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < n; ++k)
        most = values[k] > most ? values[k] : most;
    for (size_t k = 0; k < n; ++k)
        sum += exp(values[k] - most);
    return most + log(sum);
}

static void weigh(const struct elbow_prior_call *call, struct shares *shares)
{
    ELBOW_CHECK(call->components > 0 && call->components <= ELBOW_COMPONENTS_MAX);
    for (size_t k = 0; k < call->components; ++k)
        shares->log_weight[k] = call->tensors[LOGIT][k];
    double total = log_sum(call->components, shares->log_weight);
    for (size_t k = 0; k < call->components; ++k)
        shares->log_weight[k] -= total;
}

// log N_kj(z_j)
static double density(const struct elbow_prior_call *call, const float *z, size_t k, size_t j)
{
    size_t at = k * call->latent + j;
    double log_variance = call->tensors[LOG_VARIANCE][at], off = (double)z[j] - (double)call->tensors[MEAN][at];
    return -0.5 * (LOG_2_PI + log_variance + off * off * exp(-log_variance));
}

// log p(z) of a row, and the shares there.
static double look_at(const struct elbow_prior_call *call, size_t row, struct shares *shares)
{
    const float *z = call->z + row * call->latent;
    for (size_t k = 0; k < call->components; ++k) {
        double sum = 0;
        for (size_t j = 0; j < call->latent; ++j)
            sum += density(call, z, k, j);
        shares->share[k] = shares->log_weight[k] + sum;
    }
    double log_p = log_sum(call->components, shares->share);
    for (size_t k = 0; k < call->components; ++k)
        shares->share[k] = exp(shares->share[k] - log_p);
    return log_p;
}

static void log_p(const struct elbow_prior_call *call, double *sums)
{
    struct shares shares;
    ELBOW_CHECK(call->z && sums);
    weigh(call, &shares);
    for (size_t i = 0; i < call->rows; ++i)
        sums[i] = look_at(call, i, &shares);
}

static void log_ratio(const struct elbow_prior_call *call, double *sums)
{
    log_p(call, sums);
    elbow_prior_less_log_q(call, sums);
}

static void kl(const struct elbow_prior_call *call, float *parts)
{
    struct shares shares;
    ELBOW_CHECK(call->head && call->noise && call->z && parts);
    weigh(call, &shares);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *log_variance = elbow_prior_log_variance(call, i);
        double apart = 0;
        (void)look_at(call, i, &shares);
        for (size_t k = 0; k < call->components; ++k)
            if (shares.share[k] != 0)
                apart += shares.share[k] * (log(shares.share[k]) - shares.log_weight[k]);
        for (size_t j = 0; j < call->latent; ++j) {
            double mixed = 0;
            for (size_t k = 0; k < call->components; ++k)
                if (shares.share[k] != 0)
                    mixed += shares.share[k] * density(call, call->z + i * call->latent, k, j);
            parts[i * call->latent + j] =
                (float)(elbow_prior_log_q(call, i, j, log_variance) - mixed + apart / (double)call->latent);
        }
    }
}

// Adds price times -d log p / dz of a row.
static void pull_row(const struct elbow_prior_call *call, size_t i, double price, struct shares *shares, float *dz)
{
    size_t latent = call->latent;
    (void)look_at(call, i, shares);
    for (size_t j = 0; j < latent; ++j) {
        double sum = 0;
        for (size_t k = 0; k < call->components; ++k) {
            size_t at = k * latent + j;
            double off = (double)call->z[i * latent + j] - (double)call->tensors[MEAN][at];
            sum += shares->share[k] * off * exp(-(double)call->tensors[LOG_VARIANCE][at]);
        }
        dz[i * latent + j] = (float)((double)dz[i * latent + j] + price * sum);
    }
}

static void pull(const struct elbow_prior_call *call, const double *price, float *dz)
{
    struct shares shares;
    ELBOW_CHECK(call->z && price && dz);
    weigh(call, &shares);
    for (size_t i = 0; i < call->rows; ++i)
        pull_row(call, i, price[i], &shares, dz);
}

static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives)
{
    struct shares shares;
    size_t latent = call->latent;
    ELBOW_CHECK(call->head && call->noise && call->z && price && dz && derivatives);
    weigh(call, &shares);
    for (size_t i = 0; i < call->rows; ++i)
        pull_row(call, i, price[i * latent], &shares, dz);
    elbow_prior_derivatives_of_draw(call, price, derivatives);
}

// Row by row, in order.
static void gradient(const struct elbow_prior_call *call, const double *price,
                     float *const gradients[ELBOW_PRIOR_TENSORS])
{
    struct shares shares;
    size_t latent = call->latent, cells = call->components * latent;
    memset(gradients[MEAN], 0, cells * sizeof(float));
    memset(gradients[LOG_VARIANCE], 0, cells * sizeof(float));
    memset(gradients[LOGIT], 0, call->components * sizeof(float));
    weigh(call, &shares);
    for (size_t i = 0; i < call->rows; ++i) {
        double cost = price[i * latent];
        (void)look_at(call, i, &shares);
        for (size_t k = 0; k < call->components; ++k) {
            double share = cost * shares.share[k];
            gradients[LOGIT][k] -= (float)(share - cost * exp(shares.log_weight[k]));
            for (size_t j = 0; j < latent; ++j) {
                size_t at = k * latent + j;
                double off = (double)call->z[i * latent + j] - (double)call->tensors[MEAN][at];
                double stretch = off * exp(-(double)call->tensors[LOG_VARIANCE][at]);
                gradients[MEAN][at] -= (float)(share * stretch);
                gradients[LOG_VARIANCE][at] -= (float)(0.5 * share * (off * stretch - 1));
            }
        }
    }
}

// The component by the first word that the normal numbers leave.
static void draw(struct elbow_stream stream, const struct elbow_prior_call *call, float *z)
{
    struct shares shares;
    uint32_t word;
    size_t latent = call->latent, k = 0;
    ELBOW_CHECK(call->rows == 1 && z);
    weigh(call, &shares);
    elbow_random_words(stream, 2 * ((latent + 1) / 2), 1, &word);
    double left = elbow_random_unit(word) - exp(shares.log_weight[0]);
    for (; left >= 0 && k + 1 < call->components; left -= exp(shares.log_weight[k]))
        ++k;
    elbow_random_normal(stream, latent, z);
    for (size_t j = 0; j < latent; ++j) {
        size_t at = k * latent + j;
        double deviation = exp(0.5 * (double)call->tensors[LOG_VARIANCE][at]);
        z[j] = (float)((double)call->tensors[MEAN][at] + deviation * (double)z[j]);
    }
}

const struct elbow_prior elbow_prior_mixture = {.tensors = tensors,
                                                .log_p = log_p,
                                                .log_ratio = log_ratio,
                                                .kl = kl,
                                                .backward = backward,
                                                .pull = pull,
                                                .gradient = gradient,
                                                .draw = draw};
