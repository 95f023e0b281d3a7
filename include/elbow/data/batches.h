// SPDX-License-Identifier: BSD-3-Clause
// Microbatches: samples as floats, and their noise.
#ifndef ELBOW_DATA_BATCHES_H
#define ELBOW_DATA_BATCHES_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// How values are dequantised or binarised, and with which numbers.
struct elbow_binarizer {
    enum elbow_binarize kind;
    double threshold;
    uint64_t seed;
    enum elbow_purpose purpose; // ELBOW_PURPOSE_TRAIN_BINARIZE or _EVAL_BINARIZE
    uint32_t draw;              // epoch, or 0
    bool dequantizes;           // adds noise in [0, 1) to stored values
    enum elbow_purpose noise;   // ELBOW_PURPOSE_TRAIN_DEQUANTIZE or _EVAL_DEQUANTIZE
};

// Local. The samples `ids` (rows of them, by their place in the dataset) as floats (rows, D): converted, scaled,
// binarised.
void elbow_batch_gather(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, size_t rows,
                        const uint64_t *ids, float *values);

// Collective. Mean and variance over all samples of each value as the model sees it (with the noise of the binarizer's
// draw), into mean (D) and, unless it is NULL, variance (D): thresholded if so; drawing pixels has the mean of the grey
// values, and the variance here is theirs. Of missing values, those that are known count; mean 0 and variance 1 where
// none is. Of latents of a model in front of the data: of those of an evaluation. Columns are dealt out to the ranks
// and each is summed in row order, so that the bits do not depend on the ranks. MEMORY.
enum elbow_status elbow_batch_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                      const struct elbow_binarizer *binarizer, double *mean, double *variance,
                                      struct elbow_error *error);

// Local. Which values of the samples are known (elbow_dataset_known), into known (rows, D).
void elbow_batch_known(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *known);

// Local. What keys the random numbers of samples, in place of their places in the dataset (elbow_dataset_id).
void elbow_batch_keys(const struct elbow_dataset *dataset, size_t rows, uint64_t *ids);

// Local. How much samples count (elbow_dataset_weight).
void elbow_batch_weights(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *weights);

// Local. Standard normal noise (rows, Z), each row keyed by its id.
void elbow_batch_noise(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows, const uint64_t *ids,
                       size_t latent, float *noise);

// Local. Likewise of several blocks, (blocks, rows, Z): a row's noise is one stream of blocks Z numbers, of which block
// n has those from n Z on.
void elbow_batch_noise_blocks(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows,
                              const uint64_t *ids, size_t latent, size_t blocks, float *noise);

ELBOW_C_END

#endif
