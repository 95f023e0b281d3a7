// SPDX-License-Identifier: BSD-3-Clause
// Principal component analysis (Pearson 1901, Hotelling 1933): the axes of the largest variance.
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
    double *axes;      // (components, columns): orthonormal rows; the entry of the largest magnitude is positive
    double *variances; // (components): of the rows along each axis, divided by rows - 1; largest first
    double total;      // the variances of all columns together
};

// Local. The first components of rows of x (rows, columns), from the eigenvectors of their covariance matrix, or of the
// matrix of products of the rows if there are fewer rows than columns. All of them, in double precision, on one thread:
// the same bits in every run. Axes beyond the rank of the rows are zero, and so are their variances. At least two rows,
// components at most min(rows, columns). The caller frees *pca, which is NULL after an error. MEMORY; DATA for a value
// that is not finite; NUMBERS.
enum elbow_status elbow_pca_fit(size_t rows, size_t columns, const float *x, size_t components, struct elbow_pca **pca,
                                struct elbow_error *error);

// Local. scores (rows, components): axes times (x - mean) for each row of x (rows, columns). MEMORY.
enum elbow_status elbow_pca_project(const struct elbow_pca *pca, size_t rows, const float *x, double *scores,
                                    struct elbow_error *error);

// Local. x (rows, columns): mean + scores (rows, components) times axes.
void elbow_pca_reconstruct(const struct elbow_pca *pca, size_t rows, const double *scores, double *x);

// Local. Sets the pointer to NULL, which is legal there.
void elbow_pca_free(struct elbow_pca **pca);

ELBOW_C_END

#endif
