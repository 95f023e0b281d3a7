// SPDX-License-Identifier: BSD-3-Clause
// The classifier of the k nearest neighbours (Cover and Hart 1967): each row is predicted from the labels of the k
// other rows whose codes are nearest; of equally frequent ones the lowest class.
#include "elbow/base/memory.h"
#include "elbow/statistics/detail/yardstick.h"
#include "elbow/statistics/neighbours.h"

#include <string.h>

static int64_t elect(size_t k, const size_t *neighbours, const int64_t *labels, size_t classes, size_t *votes)
{
    size_t best = 0;
    memset(votes, 0, classes * sizeof *votes);
    for (size_t i = 0; i < k; ++i)
        ++votes[labels[neighbours[i]]];
    for (size_t c = 1; c < classes; ++c)
        best = votes[c] > votes[best] ? c : best;
    return (int64_t)best;
}

enum elbow_status elbow_yardstick_knn(const struct elbow_yardstick_input *input,
                                      struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    size_t rows = input->rows, k = input->neighbours, *indices = NULL, *votes = NULL;
    double *right = NULL;
    if (k >= rows)
        return elbow_error_set(error, ELBOW_DATA, "needs more rows with a label than %zu neighbours, and has %zu", k,
                               rows);
    const struct elbow_array arrays[] = {ELBOW_ARRAY(indices, rows * k), ELBOW_ARRAY(votes, input->classes),
                                         ELBOW_ARRAY(right, rows)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "nearest neighbours", error);
    struct elbow_points points = {rows, input->width, input->codes};
    if (status == ELBOW_OK)
        status = elbow_neighbours_find(points, points, k, indices, NULL, error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i)
        right[i] = elect(k, indices + i * k, input->labels, input->classes, votes) == input->labels[i];
    if (status == ELBOW_OK)
        elbow_yardstick_add_mean(figures, "knn_accuracy", rows, right);
    elbow_release(&indices);
    elbow_release(&votes);
    elbow_release(&right);
    return status;
}
