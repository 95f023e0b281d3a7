// SPDX-License-Identifier: BSD-3-Clause
// Euclidean distances of all pairs of points, and nearest neighbours by exhaustive search. Distances are computed from
// products of blocks of points, in double precision.
#ifndef ELBOW_STATISTICS_NEIGHBOURS_H
#define ELBOW_STATISTICS_NEIGHBOURS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Nothing is owned.
struct elbow_points {
    size_t count, width;
    const double *values; // (count, width)
};

// Takes the squared distances (count, references) of queries [first, first + count) from all references; the array is
// valid during the call only.
typedef void elbow_distance_rows(void *user, size_t first, size_t count, const double *squares);

// Local. Calls `rows` for consecutive blocks of queries. If queries and references are the same array, the distance of
// a point from itself is exactly zero. MEMORY.
enum elbow_status elbow_distances_walk(struct elbow_points queries, struct elbow_points references,
                                       elbow_distance_rows *rows, void *user, struct elbow_error *error);

// Local. The k nearest references of each query, nearest first; of equal distances the lower index first. If queries
// and references are the same array, a point is not its own neighbour. indices (queries, k); squares (queries, k) gets
// the squared distances and may be NULL. k is at most the number of references that a query can have. MEMORY.
enum elbow_status elbow_neighbours_find(struct elbow_points queries, struct elbow_points references, size_t k,
                                        size_t *indices, double *squares, struct elbow_error *error);

ELBOW_C_END

#endif
