// SPDX-License-Identifier: BSD-3-Clause
// Clusters, and the agreement of two partitions of the same rows. Arrays of a caller do not overlap.
#ifndef ELBOW_STATISTICS_CLUSTERS_H
#define ELBOW_STATISTICS_CLUSTERS_H

#include "elbow/base/language.h"
#include "elbow/statistics/neighbours.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local. Runs Lloyd's algorithm (1982) from the initial centres (k, width) until no row changes its cluster, at most
// 300 iterations. Overwrites centres; clusters (rows) gets the cluster of each row, *inertia the sum of the squared
// distances of the rows from their centres. A cluster without rows gets the row that is farthest from its centre.
// MEMORY.
enum elbow_status elbow_kmeans_run(struct elbow_points points, size_t k, double *centres, int64_t *clusters,
                                   double *inertia, struct elbow_error *error);

// Local. The clusters (rows) with the smallest inertia of ten runs of elbow_kmeans_run. Each starts with k-means++
// (Arthur and Vassilvitskii 2007), with random numbers keyed by the seed. MEMORY.
enum elbow_status elbow_kmeans(struct elbow_points points, size_t k, uint64_t seed, int64_t *clusters,
                               struct elbow_error *error);

struct elbow_agreement {
    double ari; // adjusted Rand index (Hubert and Arabie 1985)
    double nmi; // mutual information divided by the mean of both entropies (Strehl and Ghosh 2002)
};

// Local. The agreement of two partitions a (rows) and b (rows), whose entries are below a_count and b_count. Both
// figures are 1 if both partitions have a single part, or if every row is a part of its own in both. MEMORY.
enum elbow_status elbow_partitions_compare(size_t rows, const int64_t *a, size_t a_count, const int64_t *b,
                                           size_t b_count, struct elbow_agreement *agreement,
                                           struct elbow_error *error);

// Local. The silhouette (Rousseeuw 1987): the mean over rows of (b - a) / max(a, b). a is the mean distance from the
// other rows of the same class, b that from the rows of the nearest other class. A row that is alone in its class
// counts as 0. labels (rows) are below classes. MEMORY.
enum elbow_status elbow_silhouette(struct elbow_points points, const int64_t *labels, size_t classes,
                                   double *silhouette, struct elbow_error *error);

ELBOW_C_END

#endif
