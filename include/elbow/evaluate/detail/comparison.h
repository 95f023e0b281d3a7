// SPDX-License-Identifier: BSD-3-Clause
// Pictures of a comparison. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_COMPARISON_H
#define ELBOW_EVALUATE_DETAIL_COMPARISON_H

#include "elbow/evaluate/comparison.h"
#include "elbow/evaluate/measure.h"

// Local. Pictures of some of the first rows, and below them the means of p(x|z) at the means of q(z|x); none if the
// samples are not images. `measured`: a workspace of elbow_measured_create. MEMORY.
enum elbow_status elbow_comparison_reconstruct(const struct elbow_evaluation_request *evaluation,
                                               struct elbow_measured *measured,
                                               struct elbow_compared_pictures *pictures, struct elbow_error *error);

// Local. Pictures of means of p(x|z) for z from N(0, I), the same z for all models with the same number of dimensions;
// none if the samples are not images or the model decodes under conditions. MEMORY.
enum elbow_status elbow_comparison_sample(const struct elbow_evaluation_request *evaluation,
                                          struct elbow_compared_pictures *pictures, struct elbow_error *error);

// Collective. Traversals of the most used dimensions, one below the other; none in the same cases. MEMORY.
enum elbow_status elbow_comparison_traverse(const struct elbow_evaluation_request *evaluation,
                                            const struct elbow_data_facts *data,
                                            struct elbow_compared_pictures *pictures, struct elbow_error *error);

#endif
