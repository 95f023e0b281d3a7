// SPDX-License-Identifier: BSD-3-Clause
// The standard normal distribution, N(0, I): log p(z) = -1/2 sum_j (z_j^2 + log(2 pi)). Its KL is that of the
// posterior, which has it in closed form.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/status.h"

static const double LOG_2_PI = 1.83787706640934548356;

static void kl(const struct elbow_prior_call *call, float *parts)
{
    struct elbow_posterior_call q = elbow_prior_posterior(call);
    call->posterior->kl(&q, parts);
}

// The integral does not depend on z: dz stays.
static void backward(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives)
{
    struct elbow_posterior_call q = elbow_prior_posterior(call);
    ELBOW_CHECK(dz);
    call->posterior->kl_backward(&q, price, derivatives);
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
        const float *log_variance = elbow_prior_log_variance(call, i);
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
