// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/walk.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

// The weights of the ends.
struct weights {
    double from, to;
};

static struct weights straight(double share)
{
    return (struct weights){1 - share, share};
}

// Along the great circle; a straight line between points that are as good as parallel, or one of which is the origin.
static struct weights spherical(const float *from, const float *to, size_t latent, double share)
{
    double product = 0, one = 0, other = 0;
    for (size_t j = 0; j < latent; ++j) {
        product += (double)from[j] * (double)to[j];
        one += (double)from[j] * (double)from[j];
        other += (double)to[j] * (double)to[j];
    }
    double cosine = product / sqrt(one * other);
    double angle = acos(fmax(-1, fmin(1, cosine))), sine = sin(angle);
    if (!(sine > 1e-6))
        return straight(share);
    return (struct weights){sin((1 - share) * angle) / sine, sin(share * angle) / sine};
}

static void blend(const float *from, const float *to, size_t count, struct weights weights, float *out)
{
    for (size_t j = 0; j < count; ++j)
        out[j] = (float)(weights.from * (double)from[j] + weights.to * (double)to[j]);
}

// Point n, from anchor `from` to the next one. An end is that anchor, bit for bit.
static void set_point(const struct elbow_interpolation *interpolation, struct elbow_walk *walk, size_t n, size_t from,
                      size_t step)
{
    const struct elbow_model *model = interpolation->gallery->model;
    const struct elbow_anchors *anchors = &walk->anchors;
    size_t latent = model->latent, conditions = model->conditions, last = interpolation->steps - 1;
    size_t end = from + (step == last);
    double share = (double)step / (double)last;
    const float *a = anchors->z + from * latent, *b = a + latent;
    walk->from[n] = from;
    walk->to[n] = from + 1;
    walk->share[n] = share;
    walk->ends[0][n] = (int64_t)interpolation->rows[from];
    walk->ends[1][n] = (int64_t)interpolation->rows[from + 1];
    if (step == 0 || step == last) {
        memcpy(walk->z + n * latent, anchors->z + end * latent, latent * sizeof *walk->z);
        if (conditions > 0)
            memcpy(walk->condition + n * conditions, anchors->condition + end * conditions,
                   conditions * sizeof *walk->condition);
        return;
    }
    blend(a, b, latent, interpolation->is_spherical ? spherical(a, b, latent, share) : straight(share),
          walk->z + n * latent);
    if (conditions > 0)
        blend(anchors->condition + from * conditions, anchors->condition + (from + 1) * conditions, conditions,
              straight(share), walk->condition + n * conditions);
}

enum elbow_status elbow_walk_interpolate(const struct elbow_interpolation *interpolation, struct elbow_walk *walk,
                                         struct elbow_error *error)
{
    const struct elbow_gallery *gallery = interpolation->gallery;
    size_t steps = interpolation->steps, points = (interpolation->count - 1) * steps;
    ELBOW_CHECK(interpolation->count >= 2 && steps >= 2);
    *walk = (struct elbow_walk){.across = steps};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_anchors_encode(gallery, interpolation->dataset, interpolation->rows,
                                                    interpolation->count, &walk->anchors, error);
    if (status == ELBOW_OK)
        status = elbow_walk_create(gallery->model, points, walk, error);
    for (int end = 0; end < 2 && status == ELBOW_OK; ++end)
        status = elbow_allocate(&walk->ends[end], points, sizeof *walk->ends[end], "points of a walk", error);
    for (size_t n = 0; n < points && status == ELBOW_OK; ++n)
        set_point(interpolation, walk, n, n / steps, n % steps);
    return status;
}
