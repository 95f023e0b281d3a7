// SPDX-License-Identifier: BSD-3-Clause
// Principal component analysis (Pearson 1901, Hotelling 1933): the axes of largest variance.
#ifndef ELBOW_STATISTICS_PCA_H
#define ELBOW_STATISTICS_PCA_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Everything is owned by the struct.
struct elbow_pca {
    size_t columns, components;
    double *mean;      // (columns)
    double *axes;      // (components, columns): orthonormal rows; the entry of largest magnitude is positive
    double *variances; // (components): variance of the rows along each axis, divisor rows - 1; descending
    double total;      // sum of the variances of all columns
};

// Local. Fits the first `components` components to x (rows, columns), by the eigenvectors of the covariance matrix, or
// of the matrix of products of the rows if there are fewer rows than columns. Exact, in double precision, on one
// thread: the same bits in every run. Axes beyond the rank of x are zero, and so are their variances. rows >= 2,
// components <= min(rows, columns). The caller frees *pca, which is NULL after an error. MEMORY; DATA for a value that
// is not finite; NUMBERS if the decomposition fails.
enum elbow_status elbow_pca_fit(size_t rows, size_t columns, const float *x, size_t components, struct elbow_pca **pca,
                                struct elbow_error *error);

// Local. Computes scores (rows, components): axes times (x - mean) for each row of x (rows, columns). MEMORY.
enum elbow_status elbow_pca_project(const struct elbow_pca *pca, size_t rows, const float *x, double *scores,
                                    struct elbow_error *error);

// Local. Computes x (rows, columns): mean + scores (rows, components) times axes.
void elbow_pca_reconstruct(const struct elbow_pca *pca, size_t rows, const double *scores, double *x);

// Local. Frees *pca and sets it to NULL. A NULL is legal.
void elbow_pca_free(struct elbow_pca **pca);

ELBOW_C_END

#endif
