// SPDX-License-Identifier: BSD-3-Clause
// The measure takes the first principal components of the data as features: fixed by the data, exact, and of no model.
#include "elbow/base/memory.h"
#include "elbow/math/blas_double.h"
#include "elbow/math/lapack.h"
#include "elbow/statistics/detail/yardstick.h"
#include "elbow/statistics/distribution.h"
#include "elbow/statistics/pca.h"

#include <string.h>

enum { FEATURES = 64 };

struct workspace {
    double *mean_a, *mean_b, *a, *b, *centred;  // (width) twice, (width, width) twice, (count, width)
    double *values, *vectors, *turned, *middle; // of a; V b and V b V^T
};

static void find_moments(struct elbow_points points, double *centred, double *mean, double *covariance)
{
    size_t width = points.width;
    for (size_t i = 0; i < points.count * width; ++i)
        mean[i % width] += points.values[i];
    for (size_t k = 0; k < width; ++k)
        mean[k] /= (double)points.count;
    for (size_t i = 0; i < points.count * width; ++i)
        centred[i] = points.values[i] - mean[i % width];
    elbow_blas_double_square_at(width, points.count, centred, width, false, covariance, width);
    for (size_t i = 0; i < width; ++i)
        for (size_t k = 0; k <= i; ++k)
            covariance[k * width + i] = covariance[i * width + k] /= (double)points.count - 1;
}

static double root(double value)
{
    return value > 0 ? sqrt(value) : 0;
}

// The trace of (a^1/2 b a^1/2)^1/2. With a = V^T L V it is that of (L^1/2 V b V^T L^1/2)^1/2.
static enum elbow_status trace_of_root(size_t width, struct workspace *workspace, double *trace,
                                       struct elbow_error *error)
{
    enum elbow_status status =
        elbow_lapack_eigen(width, workspace->a, width, workspace->values, workspace->vectors, error);
    if (status != ELBOW_OK)
        return status;
    elbow_blas_double_multiply(width, width, width, workspace->vectors, width, workspace->b, width, false,
                               workspace->turned, width);
    elbow_blas_double_multiply_bt(width, width, width, workspace->turned, width, workspace->vectors, width, false,
                                  workspace->middle, width);
    for (size_t i = 0; i < width; ++i)
        for (size_t k = 0; k < width; ++k)
            workspace->middle[i * width + k] *= root(workspace->values[i]) * root(workspace->values[k]);
    status = elbow_lapack_eigen(width, workspace->middle, width, workspace->values, workspace->vectors, error);
    *trace = 0;
    for (size_t i = 0; status == ELBOW_OK && i < width; ++i)
        *trace += root(workspace->values[i]);
    return status;
}

enum elbow_status elbow_frechet(struct elbow_points a, struct elbow_points b, double *distance,
                                struct elbow_error *error)
{
    ELBOW_CHECK(a.width == b.width && a.count > 1 && b.count > 1);
    size_t width = a.width, square = width * width;
    struct workspace workspace = {0};
    double trace = 0;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(workspace.mean_a, width),
        ELBOW_ARRAY(workspace.mean_b, width),
        ELBOW_ARRAY(workspace.a, square),
        ELBOW_ARRAY(workspace.b, square),
        ELBOW_ARRAY(workspace.values, width),
        ELBOW_ARRAY(workspace.vectors, square),
        ELBOW_ARRAY(workspace.turned, square),
        ELBOW_ARRAY(workspace.middle, square),
        ELBOW_ARRAY(workspace.centred, (a.count > b.count ? a.count : b.count) * width)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "covariances of two sets", error);
    *distance = 0;
    if (status == ELBOW_OK) {
        find_moments(a, workspace.centred, workspace.mean_a, workspace.a);
        find_moments(b, workspace.centred, workspace.mean_b, workspace.b);
        for (size_t k = 0; k < width; ++k) {
            double shift = workspace.mean_a[k] - workspace.mean_b[k];
            *distance += shift * shift + workspace.a[k * width + k] + workspace.b[k * width + k];
        }
        status = trace_of_root(width, &workspace, &trace, error);
        *distance = *distance - 2 * trace > 0 ? *distance - 2 * trace : 0;
    }
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}

static size_t count_features(const struct elbow_yardstick_input *input)
{
    size_t most = input->values < input->rows ? input->values : input->rows;
    return most < FEATURES ? most : FEATURES;
}

enum elbow_status elbow_yardstick_frechet(const struct elbow_yardstick_input *input,
                                          struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    size_t width = count_features(input);
    struct elbow_pca *pca = NULL;
    double *real = NULL, *samples = NULL, distance = 0;
    if (input->sample_count < 2)
        return elbow_error_set(error, ELBOW_DATA, "needs at least two samples for a covariance, and has one");
    const struct elbow_array arrays[] = {ELBOW_ARRAY(real, input->rows * width),
                                         ELBOW_ARRAY(samples, input->sample_count * width)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "principal components of data and samples", error);
    if (status == ELBOW_OK)
        status = elbow_pca_fit(input->rows, input->values, input->data, width, &pca, error);
    if (status == ELBOW_OK)
        status = elbow_pca_project(pca, input->rows, input->data, real, error);
    if (status == ELBOW_OK)
        status = elbow_pca_project(pca, input->sample_count, input->samples, samples, error);
    if (status == ELBOW_OK)
        status = elbow_frechet((struct elbow_points){input->rows, width, real},
                               (struct elbow_points){input->sample_count, width, samples}, &distance, error);
    elbow_pca_free(&pca);
    elbow_release(&real);
    elbow_release(&samples);
    if (status == ELBOW_OK)
        elbow_yardstick_add(figures, "frechet", distance, NAN);
    return status;
}
