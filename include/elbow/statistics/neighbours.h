// SPDX-License-Identifier: BSD-3-Clause
// Euclidean distances of all pairs of points, and nearest neighbours among them: all pairs are computed. Distances come
// from products of blocks of points, in double precision.
#ifndef ELBOW_STATISTICS_NEIGHBOURS_H
#define ELBOW_STATISTICS_NEIGHBOURS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

struct elbow_points {
    size_t count, width;
    const double *values; // (count, width)
};

// Squared distances of queries [first, first + count) from all references, (count, references).
typedef void elbow_distance_rows(void *user, size_t first, size_t count, const double *squares);

// Local. Calls `rows` for blocks of queries, in order. If the queries are the references (the same array), a point has
// the distance zero from itself. MEMORY.
enum elbow_status elbow_distances_walk(struct elbow_points queries, struct elbow_points references,
                                       elbow_distance_rows *rows, void *user, struct elbow_error *error);

// Local. The k nearest references of each query, nearest first, the first of equally near ones; without the point
// itself if the queries are the references (the same array). indices (queries, k), squares (queries, k) of the
// distances, which may be NULL. k is at most the number of references, without the point itself. MEMORY.
enum elbow_status elbow_neighbours_find(struct elbow_points queries, struct elbow_points references, size_t k,
                                        size_t *indices, double *squares, struct elbow_error *error);

ELBOW_C_END

#endif
