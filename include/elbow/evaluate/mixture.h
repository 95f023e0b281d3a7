// SPDX-License-Identifier: BSD-3-Clause
// Mixtures of Gaussians over the latent space, fitted to the latents of the training data. Sampling draws z from one if
// the model has no prior, or in place of the prior.
#ifndef ELBOW_EVALUATE_MIXTURE_H
#define ELBOW_EVALUATE_MIXTURE_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// Everything is owned; zeroed: none.
struct elbow_mixture {
    size_t components, latent; // K, Z
    bool is_full;              // full covariances; otherwise one variance per dimension
    uint64_t latents;          // number of latents that it was fitted to
    double log_density;        // mean log-density of these latents, in nats
    double *weights, *means;   // (K), (K, Z)
    double *factors;           // (K, Z, Z) Cholesky factors L of the covariances L L^T; or (K, Z) standard deviations
};

// Local. Fits K components to points (count, Z) by expectation maximisation, starting with k-means++ (Arthur and
// Vassilvitskii 2007) with random numbers keyed by the seed. Covariances are full for up to 32 dimensions. Their
// diagonal entries are at least a millionth of the mean variance of the points. The result depends on the points and
// the seed alone. MEMORY.
enum elbow_status elbow_mixture_fit(const float *points, size_t count, size_t latent, size_t components, uint64_t seed,
                                    struct elbow_mixture *mixture, struct elbow_error *error);

// Collective. Fits a mixture to the latents of the request's dataset, as the decoder sees them: one draw of q(z|x) for
// each sample, or the mean for a model without a KL. Of a large dataset 16,384 samples are used, chosen by the seed.
// The same bits on any number of ranks. Logs the size of the fit. USAGE for fewer samples than components; NUMBERS for
// latents that are not finite; MEMORY.
enum elbow_status elbow_mixture_fit_dataset(const struct elbow_evaluation_request *request, size_t components,
                                            uint64_t seed, struct elbow_log *log, struct elbow_mixture *mixture,
                                            struct elbow_error *error);

// Local. Draws z (Z) for sample number `id` of a seed.
void elbow_mixture_draw(const struct elbow_mixture *mixture, uint64_t seed, uint64_t id, float *z);

// Local. A zeroed struct is legal.
void elbow_mixture_clear(struct elbow_mixture *mixture);

ELBOW_C_END

#endif
