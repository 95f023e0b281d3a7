// SPDX-License-Identifier: BSD-3-Clause
// The common part of the negative binomial with and without additional zeros. Private to their files, which have the
// formulas.
//
// The outputs of a value: the logarithm of its mean m; with zeros the logit of the probability that it is dropped; the
// logarithm of its dispersion t, if it is predicted; otherwise each value has a trained one. With size: total the first
// outputs are logits of shares of the row's total N: log m_d = log N + y_d - log sum_k exp(y_k). With size: data N
// comes from the data; unknown values then also have their shares of it.
#ifndef ELBOW_VAE_DETAIL_COUNTS_H
#define ELBOW_VAE_DETAIL_COUNTS_H

#include "elbow/vae/detail/likelihood.h"

// Local. The functions of a row of the table.
size_t elbow_counts_outputs(const struct elbow_likelihood_options *options, bool has_zeros);
enum elbow_size elbow_counts_size(const struct elbow_likelihood_options *options);
bool elbow_counts_shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor);
void elbow_counts_score(const struct elbow_likelihood_call *call, bool has_zeros);
void elbow_counts_saturated(const struct elbow_likelihood_call *call, bool has_zeros);
void elbow_counts_mean(const struct elbow_likelihood_call *call, bool has_zeros, float *values);
void elbow_counts_draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, bool has_zeros, float *x);

#endif
