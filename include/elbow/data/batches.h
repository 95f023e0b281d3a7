// SPDX-License-Identifier: BSD-3-Clause
// The values of microbatches: samples converted to floats, and their random noise.
#ifndef ELBOW_DATA_BATCHES_H
#define ELBOW_DATA_BATCHES_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/math/random.h"

ELBOW_C_BEGIN

// How values are dequantized or binarized, and the keys of the random numbers for it.
struct elbow_binarizer {
    enum elbow_binarize kind;
    double threshold;
    uint64_t seed;
    enum elbow_purpose purpose; // ELBOW_PURPOSE_TRAIN_BINARIZE or _EVAL_BINARIZE
    uint32_t draw;              // epoch, or 0
    bool dequantizes;           // adds noise in [0, 1) to stored values
    enum elbow_purpose noise;   // ELBOW_PURPOSE_TRAIN_DEQUANTIZE or _EVAL_DEQUANTIZE
};

// Local. Gathers samples as floats: values (rows, D), converted, scaled, transformed and binarized. `ids` (rows) are
// the places of the samples in the dataset.
void elbow_batch_gather(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, size_t rows,
                        const uint64_t *ids, float *values);

// Collective. The mean and the variance over all samples of each value as the model sees it, with the noise of the
// binarizer's draw: mean (D) and variance (D); variance may be NULL. Thresholded values are counted after the
// threshold. If the pixels are drawn, mean and variance are those of the grey values. Missing values are left out; a
// column without known values has mean 0 and variance 1. If the values come from a model in front of the data
// (elbow/data/through.h), they are those of an evaluation. The bits do not depend on the number of ranks, but on
// whether the rows have pages: then blocks of rows are merged, else each column is summed in row order. MEMORY; reading
// pages may fail.
enum elbow_status elbow_batch_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                      const struct elbow_binarizer *binarizer, double *mean, double *variance,
                                      struct elbow_error *error);

// Local. Marks the known values of the samples (elbow_dataset_known): known (rows, D).
void elbow_batch_known(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *known);

// Local. Replaces the places of samples in the dataset by the numbers that key their random numbers (elbow_dataset_id),
// in place.
void elbow_batch_keys(const struct elbow_dataset *dataset, size_t rows, uint64_t *ids);

// Local. The weights of the samples (elbow_dataset_weight): weights (rows).
void elbow_batch_weights(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *weights);

// Local. Standard normal noise: noise (rows, latent). The id of a row keys its noise.
void elbow_batch_noise(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows, const uint64_t *ids,
                       size_t latent, float *noise);

// Local. The same in several blocks: noise (blocks, rows, latent). The noise of a row is one stream of blocks x latent
// numbers, and block n holds those from n x latent on.
void elbow_batch_noise_blocks(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows,
                              const uint64_t *ids, size_t latent, size_t blocks, float *noise);

ELBOW_C_END

#endif
