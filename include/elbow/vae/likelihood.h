// SPDX-License-Identifier: BSD-3-Clause
// The likelihood p(x|z) of a sample's D values, from the decoder's output y.
//
// Bernoulli on logits y: log p = sum_d x y - softplus(y); the mean is sigmoid(y).
// Gaussian of mean y and variance v = exp(s): log p = -1/2 sum_d ((x - y)^2 / v + s + log(2 pi)).
#ifndef ELBOW_VAE_LIKELIHOOD_H
#define ELBOW_VAE_LIKELIHOOD_H

#include "elbow/base/language.h"
#include "elbow/math/random.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. recon[i] = log p(x_i | z_i) in nats, in double, for rows of x and y (rows, D). If dy is not NULL it gets -d
// recon / dy: sigmoid(y) - x. dy may be y.
void elbow_likelihood_bernoulli(size_t rows, size_t values, const float *x, const float *y, double *recon, float *dy);

// Local. Likewise for the Gaussian of log-variance s: -d recon / dy = (y - x) / v. *dlog_variance, unless NULL, gets
// -d(sum of recon)/ds = sum (1 - (x - y)^2 / v) / 2 over rows and values.
void elbow_likelihood_gaussian(size_t rows, size_t values, double log_variance, const float *x, const float *y,
                               double *recon, float *dy, double *dlog_variance);

// Local. Draws from p(x|z) into x, which is not mean: mean (n) are E[x|z] of one sample, variance 0 means Bernoulli
// (1 where u < mean).
void elbow_likelihood_draw(struct elbow_stream stream, double variance, size_t n, const float *mean, float *x);

ELBOW_C_END

#endif
