// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/pca.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas_double.h"
#include "elbow/math/lapack.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// Rows that are turned to doubles at a time.
enum { BLOCK = 256 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum elbow_status check_finite(size_t rows, size_t columns, const float *x, struct elbow_error *error)
{
    for (size_t i = 0; i < rows * columns; ++i)
        if (!isfinite(x[i]))
            return elbow_error_set(
                error, ELBOW_DATA,
                "principal components: value %zu of row %zu is %s; all values must be known and finite", i % columns,
                i / columns, isnan(x[i]) ? "not a number" : "infinite");
    return ELBOW_OK;
}

static void find_mean(size_t rows, size_t columns, const float *x, double *mean)
{
    for (size_t row = 0; row < rows; ++row)
        for (size_t k = 0; k < columns; ++k)
            mean[k] += x[row * columns + k];
    for (size_t k = 0; k < columns; ++k)
        mean[k] /= (double)rows;
}

static void centre(size_t rows, size_t columns, const float *x, const double *mean, double *centred)
{
    for (size_t row = 0; row < rows; ++row)
        for (size_t k = 0; k < columns; ++k)
            centred[row * columns + k] = x[row * columns + k] - mean[k];
}

// The variances of the rows along the axes. Those beyond the rank of the rows are set to zero, because eigenvectors of
// rounding errors would differ between machines.
static void scale_variances(size_t rows, size_t size, struct elbow_pca *pca)
{
    double floor = pca->variances[0] * (double)size * DBL_EPSILON;
    for (size_t i = 0; i < pca->components; ++i) {
        if (pca->variances[i] > floor) {
            pca->variances[i] /= (double)(rows - 1);
            continue;
        }
        pca->variances[i] = 0;
        memset(pca->axes + i * pca->columns, 0, pca->columns * sizeof *pca->axes);
    }
}

static double trace_of(size_t n, const double *matrix)
{
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += matrix[i * n + i];
    return sum;
}

// At least as many rows as columns: block by block, the sum of the columns' products.
static enum elbow_status fit_tall(size_t rows, const float *x, struct elbow_pca *pca, struct elbow_error *error)
{
    size_t columns = pca->columns;
    double *products = NULL, *block = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(products, columns * columns), ELBOW_ARRAY(block, BLOCK * columns)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the covariance of all columns", error);
    for (size_t first = 0; status == ELBOW_OK && first < rows; first += BLOCK) {
        size_t count = least(BLOCK, rows - first);
        centre(count, columns, x + first * columns, pca->mean, block);
        elbow_blas_double_square_at(columns, count, block, columns, true, products, columns);
    }
    if (status == ELBOW_OK) {
        pca->total = trace_of(columns, products) / (double)(rows - 1);
        status = elbow_lapack_eigen(columns, products, pca->components, pca->variances, pca->axes, error);
    }
    elbow_release(&products);
    elbow_release(&block);
    return status;
}

// An axis of unit length, with its sign, from one that is a sum of rows.
static void normalise(size_t columns, double *axis)
{
    double square = 0;
    size_t largest = 0;
    for (size_t k = 0; k < columns; ++k) {
        square += axis[k] * axis[k];
        largest = fabs(axis[k]) > fabs(axis[largest]) ? k : largest;
    }
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    scale = axis[largest] < 0 ? -scale : scale;
    for (size_t k = 0; k < columns; ++k)
        axis[k] *= scale;
}

// Fewer rows than columns: the eigenvectors of the rows' products say which sums of rows the axes are.
static enum elbow_status fit_wide(size_t rows, const float *x, struct elbow_pca *pca, struct elbow_error *error)
{
    size_t columns = pca->columns;
    double *products = NULL, *centred = NULL, *weights = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(products, rows * rows), ELBOW_ARRAY(centred, rows * columns),
                                         ELBOW_ARRAY(weights, pca->components * rows)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the products of all rows", error);
    if (status == ELBOW_OK) {
        centre(rows, columns, x, pca->mean, centred);
        elbow_blas_double_square_bt(rows, columns, centred, columns, false, products, rows);
        pca->total = trace_of(rows, products) / (double)(rows - 1);
        status = elbow_lapack_eigen(rows, products, pca->components, pca->variances, weights, error);
    }
    if (status == ELBOW_OK)
        elbow_blas_double_multiply(pca->components, columns, rows, weights, rows, centred, columns, false, pca->axes,
                                   columns);
    for (size_t i = 0; status == ELBOW_OK && i < pca->components; ++i)
        normalise(columns, pca->axes + i * columns);
    elbow_release(&products);
    elbow_release(&centred);
    elbow_release(&weights);
    return status;
}

static enum elbow_status create(size_t columns, size_t components, struct elbow_pca **pca, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(pca, 1, sizeof **pca, "principal components", error);
    if (status != ELBOW_OK)
        return status;
    (*pca)->columns = columns;
    (*pca)->components = components;
    const struct elbow_array arrays[] = {ELBOW_ARRAY((*pca)->mean, columns),
                                         ELBOW_ARRAY((*pca)->axes, components * columns),
                                         ELBOW_ARRAY((*pca)->variances, components)};
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "principal components", error);
}

enum elbow_status elbow_pca_fit(size_t rows, size_t columns, const float *x, size_t components, struct elbow_pca **pca,
                                struct elbow_error *error)
{
    ELBOW_CHECK(rows >= 2 && columns >= 1 && components >= 1 && components <= least(rows, columns));
    *pca = NULL;
    enum elbow_status status = check_finite(rows, columns, x, error);
    if (status == ELBOW_OK)
        status = create(columns, components, pca, error);
    if (status == ELBOW_OK) {
        find_mean(rows, columns, x, (*pca)->mean);
        status = rows >= columns ? fit_tall(rows, x, *pca, error) : fit_wide(rows, x, *pca, error);
    }
    if (status == ELBOW_OK)
        scale_variances(rows, rows > columns ? rows : columns, *pca);
    else
        elbow_pca_free(pca);
    return status;
}

enum elbow_status elbow_pca_project(const struct elbow_pca *pca, size_t rows, const float *x, double *scores,
                                    struct elbow_error *error)
{
    size_t columns = pca->columns, components = pca->components;
    double *block = NULL;
    enum elbow_status status = elbow_allocate(&block, BLOCK * columns, sizeof *block, "rows to project", error);
    for (size_t first = 0; status == ELBOW_OK && first < rows; first += BLOCK) {
        size_t count = least(BLOCK, rows - first);
        centre(count, columns, x + first * columns, pca->mean, block);
        elbow_blas_double_multiply_bt(count, components, columns, block, columns, pca->axes, columns, false,
                                      scores + first * components, components);
    }
    elbow_release(&block);
    return status;
}

void elbow_pca_reconstruct(const struct elbow_pca *pca, size_t rows, const double *scores, double *x)
{
    for (size_t row = 0; row < rows; ++row)
        memcpy(x + row * pca->columns, pca->mean, pca->columns * sizeof *x);
    elbow_blas_double_multiply(rows, pca->columns, pca->components, scores, pca->components, pca->axes, pca->columns,
                               true, x, pca->columns);
}

void elbow_pca_free(struct elbow_pca **pca)
{
    if (*pca == NULL)
        return;
    elbow_release(&(*pca)->mean);
    elbow_release(&(*pca)->axes);
    elbow_release(&(*pca)->variances);
    elbow_release(pca);
}
