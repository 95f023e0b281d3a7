// SPDX-License-Identifier: BSD-3-Clause
// The sizes of a run's exchange: training creates it with them, `elbow doctor` measures with them.
#ifndef ELBOW_TRAIN_DETAIL_SIZES_H
#define ELBOW_TRAIN_DETAIL_SIZES_H

#include "elbow/data/sequence.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

// Doubles that are summed together with the statistics of a step: the ranks' reasons to stop.
enum { ELBOW_TRAIN_REASONS = 4 };

// Local. The sizes for a model that is trained in this sequence, with buckets of `bucket` parameters (run.bucket).
// *layers: a new array with the first parameters of all layers and of the parts of large layers, to which *sizes
// points; the caller releases it with elbow_release. MEMORY, with *layers NULL.
enum elbow_status elbow_train_sizes(const struct elbow_model *model, const struct elbow_sequence *sequence,
                                    size_t bucket, struct elbow_exchange_sizes *sizes, size_t **layers,
                                    struct elbow_error *error);

#endif
