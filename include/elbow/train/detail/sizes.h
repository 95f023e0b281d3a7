// SPDX-License-Identifier: BSD-3-Clause
// What the exchange of a run is made for: training makes it by these sizes, `elbow doctor` measures by them.
#ifndef ELBOW_TRAIN_DETAIL_SIZES_H
#define ELBOW_TRAIN_DETAIL_SIZES_H

#include "elbow/data/sequence.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

// Doubles that ride behind the statistics of a step: the ranks' wishes to stop.
enum { ELBOW_TRAIN_WISHES = 4 };

// Local. The sizes for a model that is trained by this sequence, in buckets of so many parameters (run.bucket). *layers
// gets an array of where layers, and the parts of large ones, begin, to which *sizes points; the caller gives it back
// with elbow_release. MEMORY, with *layers NULL.
enum elbow_status elbow_train_sizes(const struct elbow_model *model, const struct elbow_sequence *sequence,
                                    size_t bucket, struct elbow_exchange_sizes *sizes, size_t **layers,
                                    struct elbow_error *error);

#endif
