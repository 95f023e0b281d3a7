// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of posteriors. Private to this folder and to the table.
#ifndef ELBOW_VAE_DETAIL_POSTERIOR_H
#define ELBOW_VAE_DETAIL_POSTERIOR_H

#include "elbow/base/status.h"
#include "elbow/vae/posterior.h"

#include <math.h>

#define ELBOW_POSTERIOR_DECLARE(name, word, ...) extern const struct elbow_posterior elbow_posterior_##word;
ELBOW_POSTERIOR_LIST(ELBOW_POSTERIOR_DECLARE)

// Local. log_q of every kind with a KL, which has that many outputs.
static inline void elbow_posterior_log_q(const struct elbow_posterior_call *call, size_t outputs, double *parts)
{
    const double log_2_pi = 1.83787706640934548356;
    size_t latent = call->latent;
    ELBOW_CHECK(call->head && call->noise && parts);
    for (size_t i = 0; i < call->rows; ++i) {
        const float *log_variance = call->head + i * outputs + latent, *noise = call->noise + i * latent;
        for (size_t j = 0; j < latent; ++j) {
            double draw = noise[j];
            parts[i * latent + j] = -0.5 * (log_2_pi + (double)log_variance[j] + draw * draw);
        }
    }
}

// Local. exp(a) - 1 - a, given exponential = exp(a) to float accuracy. Up to |a| = 1 its Taylor series to a^12 / 12!,
// whose remainder is below 5e-10 of the value; beyond, the difference has lost no more than a factor of four in
// accuracy. Both are computed and one selected, so that the loops over it vectorise; NaN takes the second.
static inline double elbow_excess(double a, double exponential)
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

#endif
