// SPDX-License-Identifier: BSD-3-Clause
// Microbatches: which samples, in which order, as floats.
#ifndef ELBOW_DATA_BATCHES_H
#define ELBOW_DATA_BATCHES_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// The order of the samples, behind one small interface: sample id at a position of an epoch. Plain; pure.
struct elbow_order {
    uint64_t samples; // N
    uint64_t (*at)(const struct elbow_order *order, uint64_t epoch, uint64_t position);
    uint64_t seed;
};

// Local. The shuffled order (a keyed permutation for each epoch); the order of the file.
struct elbow_order elbow_order_shuffled(uint64_t samples, uint64_t seed);
struct elbow_order elbow_order_plain(uint64_t samples);

// Local. Writes the sample ids of positions [first, first + count) of an epoch.
void elbow_order_fill(const struct elbow_order *order, uint64_t epoch, uint64_t first, size_t count, uint64_t *ids);

// Steps of an epoch and the place of a global step in it. B samples a step, the last of an epoch may be short.
struct elbow_step_place {
    uint64_t epoch, first, count; // positions [first, first + count) of the epoch
};

// Local.
uint64_t elbow_steps_of_epoch(uint64_t samples, uint64_t batch);
struct elbow_step_place elbow_step_place(uint64_t samples, uint64_t batch, uint64_t step);

// How values are binarised, and with which numbers.
struct elbow_binarizer {
    enum elbow_binarize kind;
    double threshold;
    uint64_t seed;
    enum elbow_purpose purpose; // ELBOW_PURPOSE_TRAIN_BINARIZE or _EVAL_BINARIZE
    uint32_t draw;              // epoch, or 0
};

// Local. The samples `ids` (rows of them) as floats (rows, D): converted, scaled, binarised.
void elbow_batch_gather(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, size_t rows,
                        const uint64_t *ids, float *values);

// Collective. The mean over all samples of each value as the model sees it, into mean (D): thresholded if so; drawing
// pixels has the mean of the grey values. Columns are dealt out to the ranks and each is summed in row order, so that
// the bits do not depend on the ranks.
enum elbow_status elbow_batch_mean(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                   const struct elbow_binarizer *binarizer, float *mean, struct elbow_error *error);

// Local. Standard normal noise (rows, Z), each row keyed by its sample id.
void elbow_batch_noise(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows, const uint64_t *ids,
                       size_t latent, float *noise);

ELBOW_C_END

#endif
