// SPDX-License-Identifier: BSD-3-Clause
// Comparison of the distribution of samples with that of the data.
#ifndef ELBOW_STATISTICS_DISTRIBUTION_H
#define ELBOW_STATISTICS_DISTRIBUTION_H

#include "elbow/base/language.h"
#include "elbow/statistics/neighbours.h"

ELBOW_C_BEGIN

struct elbow_density_coverage {
    double density, coverage;
};

// Local. Density and coverage of Naeem et al. (2020). Each real point has a ball that extends to its k-th nearest real
// neighbour. Density: the number of balls that contain a sample, averaged over the samples and divided by k. Coverage:
// the share of balls that contain a sample. k is below the number of real points. MEMORY.
enum elbow_status elbow_density_coverage(struct elbow_points real, struct elbow_points samples, size_t k,
                                         struct elbow_density_coverage *result, struct elbow_error *error);

// Local. The squared Frechet distance (Dowson and Landau 1982) of two normal distributions with the means and
// covariances (divided by count - 1) of both sets:
//   |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2),
// by two eigendecompositions of symmetric matrices, so it is real even if the covariances are singular. Each set has at
// least two points. MEMORY; NUMBERS if a decomposition fails.
enum elbow_status elbow_frechet(struct elbow_points a, struct elbow_points b, double *distance,
                                struct elbow_error *error);

ELBOW_C_END

#endif
