// SPDX-License-Identifier: BSD-3-Clause
// |q - r|^2 = |q|^2 + |r|^2 - 2 q r, about the mean of the references, so that little cancels. A block of queries meets
// all references in one product; its bits do not depend on which other queries there are, as the last block is filled
// up with zeros.
#include "elbow/statistics/neighbours.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas_double.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { QUERIES = 32 };

struct walk {
    double *mean, *references, *norms; // centred, and their squares
    double *queries, *products;        // of a block
};

static void centre(size_t count, size_t width, const double *values, const double *mean, double *centred)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < width; ++k)
            centred[i * width + k] = values[i * width + k] - mean[k];
}

static double norm(size_t width, const double *point)
{
    double sum = 0;
    for (size_t k = 0; k < width; ++k)
        sum += point[k] * point[k];
    return sum;
}

static void prepare(struct walk *walk, struct elbow_points references)
{
    for (size_t i = 0; i < references.count; ++i)
        for (size_t k = 0; k < references.width; ++k)
            walk->mean[k] += references.values[i * references.width + k];
    for (size_t k = 0; k < references.width; ++k)
        walk->mean[k] /= (double)references.count;
    centre(references.count, references.width, references.values, walk->mean, walk->references);
    for (size_t i = 0; i < references.count; ++i)
        walk->norms[i] = norm(references.width, walk->references + i * references.width);
}

// From products to squares of distances.
static void finish(const struct walk *walk, size_t width, size_t references, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        double own = norm(width, walk->queries + i * width), *row = walk->products + i * references;
        for (size_t r = 0; r < references; ++r) {
            double square = own + walk->norms[r] - 2 * row[r];
            row[r] = square > 0 ? square : 0;
        }
    }
}

enum elbow_status elbow_distances_walk(struct elbow_points queries, struct elbow_points references,
                                       elbow_distance_rows *rows, void *user, struct elbow_error *error)
{
    ELBOW_CHECK(queries.width == references.width && references.count >= 1);
    struct walk walk = {0};
    size_t width = references.width;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(walk.mean, width), ELBOW_ARRAY(walk.references, references.count * width),
        ELBOW_ARRAY(walk.norms, references.count), ELBOW_ARRAY(walk.queries, QUERIES * width),
        ELBOW_ARRAY(walk.products, QUERIES * references.count)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "distances of all pairs", error);
    if (status == ELBOW_OK)
        prepare(&walk, references);
    for (size_t first = 0; status == ELBOW_OK && first < queries.count; first += QUERIES) {
        size_t count = queries.count - first < QUERIES ? queries.count - first : QUERIES;
        memset(walk.queries, 0, QUERIES * width * sizeof *walk.queries);
        centre(count, width, queries.values + first * width, walk.mean, walk.queries);
        elbow_blas_double_multiply_bt(QUERIES, references.count, width, walk.queries, width, walk.references, width,
                                      false, walk.products, references.count);
        finish(&walk, width, references.count, count);
        for (size_t i = 0; queries.values == references.values && i < count; ++i)
            walk.products[i * references.count + first + i] = 0;
        rows(user, first, count, walk.products);
    }
    elbow_release(&walk.mean);
    elbow_release(&walk.references);
    elbow_release(&walk.norms);
    elbow_release(&walk.queries);
    elbow_release(&walk.products);
    return status;
}

struct finding {
    size_t references, k;
    bool is_same;
    size_t *indices;
    double *squares;
};

// Into its place among the k nearest so far; the farthest of them falls out.
static void insert(size_t k, size_t index, double square, size_t *indices, double *squares)
{
    size_t at = k - 1;
    for (; at > 0 && squares[at - 1] > square; --at) {
        squares[at] = squares[at - 1];
        indices[at] = indices[at - 1];
    }
    squares[at] = square;
    indices[at] = index;
}

static void find(size_t references, const double *row, size_t self, size_t k, size_t *indices, double *squares)
{
    for (size_t i = 0; i < k; ++i) {
        squares[i] = INFINITY;
        indices[i] = SIZE_MAX;
    }
    for (size_t r = 0; r < references; ++r)
        if (row[r] < squares[k - 1] && r != self)
            insert(k, r, row[r], indices, squares);
}

static void find_rows(void *user, size_t first, size_t count, const double *squares)
{
    const struct finding *finding = user;
    for (size_t i = 0; i < count; ++i)
        find(finding->references, squares + i * finding->references, finding->is_same ? first + i : SIZE_MAX,
             finding->k, finding->indices + (first + i) * finding->k, finding->squares + (first + i) * finding->k);
}

enum elbow_status elbow_neighbours_find(struct elbow_points queries, struct elbow_points references, size_t k,
                                        size_t *indices, double *squares, struct elbow_error *error)
{
    double *own = NULL;
    bool is_same = queries.values == references.values;
    ELBOW_CHECK(k >= 1 && k + (is_same ? 1 : 0) <= references.count);
    enum elbow_status status =
        squares != NULL ? ELBOW_OK : elbow_allocate(&own, queries.count * k, sizeof *own, "nearest neighbours", error);
    struct finding finding = {references.count, k, is_same, indices, squares != NULL ? squares : own};
    if (status == ELBOW_OK)
        status = elbow_distances_walk(queries, references, find_rows, &finding, error);
    elbow_release(&own);
    return status;
}
