// SPDX-License-Identifier: BSD-3-Clause
// What walks are made of. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_WALK_H
#define ELBOW_EVALUATE_DETAIL_WALK_H

#include "elbow/evaluate/walk.h"

// Local. Room for so many points. A failure leaves something to clear.
enum elbow_status elbow_walk_create(const struct elbow_model *model, size_t points, struct elbow_walk *walk,
                                    struct elbow_error *error);

// Collective. What the model decodes along a walk, (points, values shown) on rank zero, NULL elsewhere: given back with
// elbow_release, whatever comes of it.
enum elbow_status elbow_walk_gather(const struct elbow_gallery *gallery, const struct elbow_walk *walk, uint64_t seed,
                                    bool draw, float **decoded, struct elbow_error *error);

// Local. Encodes rows of a dataset, each with the bits that it has in any company; what the gallery says of conditions
// and class takes the place of what was said of them. A failure leaves something to clear.
enum elbow_status elbow_anchors_encode(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                       const uint64_t *rows, size_t count, struct elbow_anchors *anchors,
                                       struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_anchors_clear(struct elbow_anchors *anchors);

#endif
