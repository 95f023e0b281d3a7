// SPDX-License-Identifier: BSD-3-Clause
// The parts of walks. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_WALK_H
#define ELBOW_EVALUATE_DETAIL_WALK_H

#include "elbow/evaluate/walk.h"

// Local. Allocates a walk of `points` points. MEMORY. The caller clears *walk, also after a failure.
enum elbow_status elbow_walk_create(const struct elbow_model *model, size_t points, struct elbow_walk *walk,
                                    struct elbow_error *error);

// Collective. Decodes the points of a walk: *decoded (points, values shown) on rank zero, NULL on other ranks. The
// caller releases it with elbow_release, also after a failure. MEMORY.
enum elbow_status elbow_walk_gather(const struct elbow_gallery *gallery, const struct elbow_walk *walk, uint64_t seed,
                                    bool draw, float **decoded, struct elbow_error *error);

// Local. Encodes `count` rows of a dataset. The bits of a row do not depend on the other rows. Conditions and class of
// the gallery, if any, replace those of the rows. MEMORY, and errors of reading. The caller clears *anchors, also after
// a failure.
enum elbow_status elbow_anchors_encode(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                       const uint64_t *rows, size_t count, struct elbow_anchors *anchors,
                                       struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_anchors_clear(struct elbow_anchors *anchors);

#endif
