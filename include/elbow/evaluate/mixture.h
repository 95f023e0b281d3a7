// SPDX-License-Identifier: BSD-3-Clause
// A mixture of Gaussians over the latent space, fitted to the latents of the training data: what sampling draws z from
// where there is no prior, or in place of one.
#ifndef ELBOW_EVALUATE_MIXTURE_H
#define ELBOW_EVALUATE_MIXTURE_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// Everything owned; zeroed: none.
struct elbow_mixture {
    size_t components, latent; // K, Z
    bool is_full;              // covariances; else variances of each dimension
    uint64_t latents;          // that it was fitted to
    double log_density;        // their mean, in nats
    double *weights, *means;   // (K), (K, Z)
    double *factors;           // (K, Z, Z) lower triangles L, L L^T being the covariance; or (K, Z) deviations
};

// Local. Fits K components to points (count, Z) by expectation maximisation, from k-means++ on (Arthur and
// Vassilvitskii 2007) with words of the seed. Covariances are full up to 32 dimensions. Their diagonals are at least a
// millionth of the points' mean variance. A function of the points and the seed alone. MEMORY.
enum elbow_status elbow_mixture_fit(const float *points, size_t count, size_t latent, size_t components, uint64_t seed,
                                    struct elbow_mixture *mixture, struct elbow_error *error);

// Collective. Likewise to the latents of the request's dataset, as its decoder sees them: one draw of q(z|x) for each
// sample, or without a KL the means; of a large dataset to 16,384 samples, chosen by the seed. The same bits on any
// number of ranks; the log says what was fitted. USAGE for fewer samples than components, NUMBERS for latents that are
// not finite.
enum elbow_status elbow_mixture_fit_dataset(const struct elbow_evaluation_request *request, size_t components,
                                            uint64_t seed, struct elbow_log *log, struct elbow_mixture *mixture,
                                            struct elbow_error *error);

// Local. z (Z) with number `id` of the samples that a seed makes.
void elbow_mixture_draw(const struct elbow_mixture *mixture, uint64_t seed, uint64_t id, float *z);

// Local. A zeroed struct is legal.
void elbow_mixture_clear(struct elbow_mixture *mixture);

ELBOW_C_END

#endif
