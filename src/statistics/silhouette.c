// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/statistics/clusters.h"
#include "elbow/statistics/detail/yardstick.h"

#include <string.h>

struct outlining {
    size_t rows, classes;
    const int64_t *labels;
    double *counts, *sums; // (classes): rows of each, distances from them
    double total;
};

static double outline(const struct outlining *outlining, int64_t label)
{
    double own = outlining->counts[label], nearest = INFINITY;
    if (own < 2)
        return 0;
    double within = outlining->sums[label] / (own - 1);
    for (size_t c = 0; c < outlining->classes; ++c) {
        double mean = outlining->sums[c] / outlining->counts[c];
        if ((int64_t)c != label && outlining->counts[c] > 0 && mean < nearest)
            nearest = mean;
    }
    double larger = within > nearest ? within : nearest;
    return larger > 0 ? (nearest - within) / larger : 0;
}

static void outline_rows(void *user, size_t first, size_t count, const double *squares)
{
    struct outlining *outlining = user;
    for (size_t i = 0; i < count; ++i) {
        memset(outlining->sums, 0, outlining->classes * sizeof *outlining->sums);
        for (size_t r = 0; r < outlining->rows; ++r)
            outlining->sums[outlining->labels[r]] += sqrt(squares[i * outlining->rows + r]);
        outlining->total += outline(outlining, outlining->labels[first + i]);
    }
}

enum elbow_status elbow_silhouette(struct elbow_points points, const int64_t *labels, size_t classes,
                                   double *silhouette, struct elbow_error *error)
{
    struct outlining outlining = {.rows = points.count, .classes = classes, .labels = labels};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(outlining.counts, classes), ELBOW_ARRAY(outlining.sums, classes)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "a silhouette", error);
    for (size_t i = 0; status == ELBOW_OK && i < points.count; ++i)
        outlining.counts[labels[i]] += 1;
    if (status == ELBOW_OK)
        status = elbow_distances_walk(points, points, outline_rows, &outlining, error);
    *silhouette = outlining.total / (double)points.count;
    elbow_release(&outlining.counts);
    elbow_release(&outlining.sums);
    return status;
}

enum elbow_status elbow_yardstick_silhouette(const struct elbow_yardstick_input *input,
                                             struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    double silhouette;
    struct elbow_points points = {input->rows, input->width, input->codes};
    enum elbow_status status = elbow_silhouette(points, input->labels, input->classes, &silhouette, error);
    if (status == ELBOW_OK)
        elbow_yardstick_add(figures, "silhouette", silhouette, NAN);
    return status;
}
