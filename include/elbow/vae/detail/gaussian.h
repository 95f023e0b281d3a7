// SPDX-License-Identifier: BSD-3-Clause
// The two files of the Gaussian. Private to src/vae/likelihood.
#ifndef ELBOW_VAE_DETAIL_GAUSSIAN_H
#define ELBOW_VAE_DETAIL_GAUSSIAN_H

#include "elbow/vae/detail/likelihood.h"

// The notes of a row.
enum { ELBOW_GAUSSIAN_VARIANCE, ELBOW_GAUSSIAN_RESIDUAL, ELBOW_GAUSSIAN_NOTES };

// Local. The variance of the decoder's output s.
double elbow_gaussian_predicted(float s, double floor);

// Local. Like score, for y (rows, D, 2) with mean and s of each value.
void elbow_gaussian_score_predicted(const struct elbow_likelihood_call *call, double floor);

#endif
