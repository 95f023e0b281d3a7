// SPDX-License-Identifier: BSD-3-Clause
// Pictures of a comparison. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_COMPARISON_H
#define ELBOW_EVALUATE_DETAIL_COMPARISON_H

#include "elbow/evaluate/comparison.h"
#include "elbow/evaluate/measure.h"

// Local. Some of the first rows, and below them the means of p(x|z) at the means of q(z|x); none where the samples are
// no images. `measured` is the room, which elbow_measured_create has made.
enum elbow_status elbow_comparison_reconstruct(const struct elbow_evaluation_request *evaluation,
                                               struct elbow_measured *measured,
                                               struct elbow_compared_pictures *pictures, struct elbow_error *error);

// Local. Means of p(x|z) for z from N(0, I), the same for models of as many dimensions; none where the samples are no
// images, or the model decodes under conditions.
enum elbow_status elbow_comparison_sample(const struct elbow_evaluation_request *evaluation,
                                          struct elbow_compared_pictures *pictures, struct elbow_error *error);

// Collective. What the most used dimensions do, one below the other; none likewise.
enum elbow_status elbow_comparison_traverse(const struct elbow_evaluation_request *evaluation,
                                            const struct elbow_data_facts *data,
                                            struct elbow_compared_pictures *pictures, struct elbow_error *error);

#endif
