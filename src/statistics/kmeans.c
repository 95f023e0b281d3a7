// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/math/random.h"
#include "elbow/statistics/clusters.h"
#include "elbow/statistics/detail/yardstick.h"

#include <string.h>

enum { STARTS = 10, ITERATIONS = 300, STREAM_ID = 0 };

static double square_between(size_t width, const double *a, const double *b)
{
    double sum = 0;
    for (size_t k = 0; k < width; ++k)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

struct lloyd {
    size_t k;
    int64_t *clusters;
    double *squares; // (rows) from the own centre
    bool changes;
};

static void assign(void *user, size_t first, size_t count, const double *squares)
{
    struct lloyd *lloyd = user;
    for (size_t i = 0; i < count; ++i) {
        const double *row = squares + i * lloyd->k;
        size_t best = 0;
        for (size_t c = 1; c < lloyd->k; ++c)
            best = row[c] < row[best] ? c : best;
        lloyd->changes = lloyd->changes || lloyd->clusters[first + i] != (int64_t)best;
        lloyd->clusters[first + i] = (int64_t)best;
        lloyd->squares[first + i] = row[best];
    }
}

// A cluster without rows takes the farthest row that has not been taken yet.
static void take_farthest(struct elbow_points points, struct lloyd *lloyd, size_t *counts, size_t empty)
{
    size_t farthest = 0;
    for (size_t i = 1; i < points.count; ++i)
        farthest = lloyd->squares[i] > lloyd->squares[farthest] ? i : farthest;
    --counts[lloyd->clusters[farthest]];
    ++counts[empty];
    lloyd->clusters[farthest] = (int64_t)empty;
    lloyd->squares[farthest] = 0;
    lloyd->changes = true;
}

static void move_centres(struct elbow_points points, struct lloyd *lloyd, size_t *counts, double *centres)
{
    memset(counts, 0, lloyd->k * sizeof *counts);
    for (size_t i = 0; i < points.count; ++i)
        ++counts[lloyd->clusters[i]];
    for (size_t c = 0; c < lloyd->k && lloyd->k <= points.count; ++c)
        if (counts[c] == 0)
            take_farthest(points, lloyd, counts, c);
    memset(centres, 0, lloyd->k * points.width * sizeof *centres);
    for (size_t i = 0; i < points.count; ++i)
        for (size_t d = 0; d < points.width; ++d)
            centres[(size_t)lloyd->clusters[i] * points.width + d] += points.values[i * points.width + d];
    for (size_t c = 0; c < lloyd->k; ++c)
        for (size_t d = 0; counts[c] > 0 && d < points.width; ++d)
            centres[c * points.width + d] /= (double)counts[c];
}

enum elbow_status elbow_kmeans_run(struct elbow_points points, size_t k, double *centres, int64_t *clusters,
                                   double *inertia, struct elbow_error *error)
{
    struct lloyd lloyd = {.k = k, .clusters = clusters, .changes = true};
    size_t *counts = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(lloyd.squares, points.count), ELBOW_ARRAY(counts, k)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "clusters", error);
    for (size_t i = 0; i < points.count; ++i)
        clusters[i] = -1;
    for (int n = 0; n < ITERATIONS && status == ELBOW_OK && lloyd.changes; ++n) {
        lloyd.changes = false;
        status = elbow_distances_walk(points, (struct elbow_points){k, points.width, centres}, assign, &lloyd, error);
        if (status == ELBOW_OK && lloyd.changes)
            move_centres(points, &lloyd, counts, centres);
    }
    *inertia = 0;
    for (size_t i = 0; status == ELBOW_OK && i < points.count; ++i)
        *inertia += square_between(points.width, points.values + i * points.width,
                                   centres + (size_t)clusters[i] * points.width);
    elbow_release(&lloyd.squares);
    elbow_release(&counts);
    return status;
}

// A row by its share of all squares; the last one that has any if rounding errors leave none.
static size_t choose(size_t rows, const double *squares, double total, double unit)
{
    double sum = 0;
    size_t last = 0;
    for (size_t i = 0; i < rows; ++i) {
        if (squares[i] <= 0)
            continue;
        sum += squares[i];
        last = i;
        if (sum > unit * total)
            return i;
    }
    return last;
}

// By k-means++: each further centre is a row, with a probability by its squared distance from the nearest centre so
// far.
static void start(struct elbow_points points, size_t k, struct elbow_stream stream, double *squares, double *centres)
{
    for (size_t c = 0; c < k; ++c) {
        uint32_t word;
        double total = 0;
        elbow_random_words(stream, c, 1, &word);
        for (size_t i = 0; i < points.count; ++i)
            total += c > 0 ? squares[i] : 0;
        size_t row = total > 0 ? choose(points.count, squares, total, elbow_random_unit(word))
                               : (size_t)(((uint64_t)word * points.count) >> 32);
        memcpy(centres + c * points.width, points.values + row * points.width, points.width * sizeof *centres);
        for (size_t i = 0; i < points.count; ++i) {
            double square = square_between(points.width, points.values + i * points.width, centres + c * points.width);
            squares[i] = c == 0 || square < squares[i] ? square : squares[i];
        }
    }
}

enum elbow_status elbow_kmeans(struct elbow_points points, size_t k, uint64_t seed, int64_t *clusters,
                               struct elbow_error *error)
{
    double *centres = NULL, *squares = NULL, best = 0, inertia;
    int64_t *trial = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(centres, k * points.width), ELBOW_ARRAY(squares, points.count),
                                         ELBOW_ARRAY(trial, points.count)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "clusters", error);
    for (uint32_t n = 0; n < STARTS && status == ELBOW_OK; ++n) {
        start(points, k, (struct elbow_stream){seed, ELBOW_PURPOSE_MEASURE, STREAM_ID, n}, squares, centres);
        status = elbow_kmeans_run(points, k, centres, trial, &inertia, error);
        if (status != ELBOW_OK || (n > 0 && inertia >= best))
            continue;
        best = inertia;
        memcpy(clusters, trial, points.count * sizeof *clusters);
    }
    elbow_release(&centres);
    elbow_release(&squares);
    elbow_release(&trial);
    return status;
}

enum elbow_status elbow_yardstick_kmeans(const struct elbow_yardstick_input *input,
                                         struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    int64_t *clusters = NULL;
    struct elbow_agreement agreement;
    struct elbow_points points = {input->rows, input->width, input->codes};
    enum elbow_status status = elbow_allocate(&clusters, input->rows, sizeof *clusters, "clusters", error);
    if (status == ELBOW_OK)
        status = elbow_kmeans(points, input->classes, input->seed, clusters, error);
    if (status == ELBOW_OK)
        status = elbow_partitions_compare(input->rows, clusters, input->classes, input->labels, input->classes,
                                          &agreement, error);
    elbow_release(&clusters);
    if (status != ELBOW_OK)
        return status;
    elbow_yardstick_add(figures, "kmeans_ari", agreement.ari, NAN);
    elbow_yardstick_add(figures, "kmeans_nmi", agreement.nmi, NAN);
    return ELBOW_OK;
}
