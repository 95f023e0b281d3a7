// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-ppca FILE /dataset LATENT: the log-likelihood per row of probabilistic principal component analysis at its
// maximum (Tipping and Bishop 1999, Probabilistic principal component analysis, equations 7 to 9), in double precision:
//
//     log L / N = -1/2 (d ln 2 pi + sum_{i <= q} ln lambda_i + (d - q) ln sigma^2 + d),
//
// lambda the eigenvalues of the covariance, largest first, and sigma^2 the mean of those behind the q-th.
//
// The covariance becomes tridiagonal by Householder reflections; the q largest eigenvalues come from bisection with
// Sturm counts, the sum of the others from the trace. Trace and Frobenius norm before and after are compared: the
// reflections keep both.
#include <hdf5.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANK_MAX = 8, HALVINGS = 200 };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "elbow-test-ppca: %s\n", what);
    exit(EXIT_FAILURE);
}

static double *room(size_t count)
{
    double *values = calloc(count, sizeof *values);
    if (values == NULL)
        fail("out of memory");
    return values;
}

// All rows, as stored.
static double *read_rows(const char *path, const char *name, size_t *rows, size_t *columns)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = file < 0 ? -1 : H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        fail("no such dataset");
    hid_t space = H5Dget_space(dataset);
    hsize_t shape[RANK_MAX] = {0};
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 2 || rank > RANK_MAX || H5Sget_simple_extent_dims(space, shape, NULL) < 0 || shape[0] == 0)
        fail("unusable shape");
    *rows = shape[0];
    *columns = 1;
    for (int i = 1; i < rank; ++i)
        *columns *= shape[i];
    double *values = room(*rows * *columns);
    if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("unreadable");
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return values;
}

// The covariance (divided by N: maximum likelihood), lower triangle mirrored. Centres the rows in place.
static double *covariance(double *values, size_t rows, size_t d)
{
    double *mean = room(d), *matrix = room(d * d);
    for (size_t r = 0; r < rows; ++r)
        for (size_t i = 0; i < d; ++i)
            mean[i] += values[r * d + i] / (double)rows;
    for (size_t r = 0; r < rows; ++r) {
        double *row = values + r * d;
        for (size_t i = 0; i < d; ++i)
            row[i] -= mean[i];
        for (size_t i = 0; i < d; ++i) {
            double x = row[i] / (double)rows;
            for (size_t j = 0; j <= i; ++j)
                matrix[i * d + j] += x * row[j];
        }
    }
    for (size_t i = 0; i < d; ++i)
        for (size_t j = 0; j < i; ++j)
            matrix[j * d + i] = matrix[i * d + j];
    free(mean);
    return matrix;
}

// One reflection: column k below the diagonal becomes (beta, 0, ..., 0). The rest A becomes A - v w' - w v'.
static double reflect(double *a, size_t d, size_t k, double *v, double *w)
{
    double norm = 0, along = 0;
    for (size_t i = k + 1; i < d; ++i)
        norm += a[k * d + i] * a[k * d + i];
    norm = sqrt(norm);
    if (norm == 0)
        return 0;
    double beta = a[k * d + k + 1] > 0 ? -norm : norm, length = 0;
    for (size_t i = k + 1; i < d; ++i)
        v[i] = a[k * d + i];
    v[k + 1] -= beta;
    for (size_t i = k + 1; i < d; ++i)
        length += v[i] * v[i];
    for (size_t i = k + 1; i < d; ++i) {
        w[i] = 0;
        for (size_t j = k + 1; j < d; ++j)
            w[i] += a[i * d + j] * v[j];
        w[i] *= 2 / length;
        along += w[i] * v[i] / length;
    }
    for (size_t i = k + 1; i < d; ++i)
        w[i] -= along * v[i];
    for (size_t i = k + 1; i < d; ++i)
        for (size_t j = k + 1; j < d; ++j)
            a[i * d + j] -= v[i] * w[j] + w[i] * v[j];
    return beta;
}

// Diagonal and off-diagonal (off[i] beside i and i + 1) of the tridiagonal matrix with the same eigenvalues.
static void tridiagonalise(double *a, size_t d, double *diagonal, double *off)
{
    double *v = room(d), *w = room(d);
    for (size_t k = 0; k < d; ++k) {
        diagonal[k] = a[k * d + k];
        if (k + 1 < d)
            off[k] = reflect(a, d, k, v, w);
    }
    free(v);
    free(w);
}

// Number of eigenvalues below x: the signs of the pivots of T - x.
static size_t count_below(const double *diagonal, const double *off, size_t d, double x)
{
    size_t below = 0;
    double pivot = 1;
    for (size_t i = 0; i < d; ++i) {
        double square = i > 0 ? off[i - 1] * off[i - 1] : 0;
        pivot = diagonal[i] - x - square / pivot;
        if (pivot == 0)
            pivot = 1e-300;
        below += pivot < 0;
    }
    return below;
}

// The eigenvalue with `rank` larger ones.
static double eigenvalue(const double *diagonal, const double *off, size_t d, size_t rank, double bound)
{
    double low = -bound, high = bound;
    for (int i = 0; i < HALVINGS; ++i) {
        double middle = low + (high - low) / 2;
        if (count_below(diagonal, off, d, middle) > d - 1 - rank)
            high = middle;
        else
            low = middle;
    }
    return low + (high - low) / 2;
}

static void check_kept(double before, double after)
{
    // Rounding of d^2 sums of double: 1e-16 * d^2 at the very worst, 1e-10 for the thousand values of an image.
    if (!(fabs(before - after) <= 1e-9 * fabs(before)))
        fail("the reflections changed the trace or the norm");
}

static double log_likelihood(double *matrix, size_t d, size_t q)
{
    double *diagonal = room(d), *off = room(d), trace = 0, norm = 0, trace_after = 0, norm_after = 0;
    for (size_t i = 0; i < d; ++i)
        trace += matrix[i * d + i];
    for (size_t i = 0; i < d * d; ++i)
        norm += matrix[i] * matrix[i];
    tridiagonalise(matrix, d, diagonal, off);
    for (size_t i = 0; i < d; ++i) {
        trace_after += diagonal[i];
        norm_after += diagonal[i] * diagonal[i] + (i + 1 < d ? 2 * off[i] * off[i] : 0);
    }
    check_kept(trace, trace_after);
    check_kept(norm, norm_after);
    double rest = trace, logarithms = 0;
    for (size_t i = 0; i < q; ++i) {
        double lambda = eigenvalue(diagonal, off, d, i, sqrt(norm) * 1.001);
        rest -= lambda;
        logarithms += log(lambda);
    }
    double sigma2 = rest / (double)(d - q);
    free(diagonal);
    free(off);
    return -0.5 * ((double)d * log(2 * acos(-1)) + logarithms + (double)(d - q) * log(sigma2) + (double)d);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fail("usage: elbow-test-ppca FILE /dataset LATENT");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    size_t rows, columns, latent = strtoul(argv[3], NULL, 10);
    double *values = read_rows(argv[1], argv[2], &rows, &columns);
    if (latent < 1 || latent >= columns)
        fail("more latent dimensions than values");
    double *matrix = covariance(values, rows, columns);
    printf("%.9f\n", log_likelihood(matrix, columns, latent));
    free(matrix);
    free(values);
    return EXIT_SUCCESS;
}
