// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/evaluation.h"

#include "elbow/base/memory.h"
#include "elbow/data/sequence.h"

void elbow_evaluation_batch(const struct elbow_dataset *dataset, const struct elbow_config *config, uint64_t first,
                            size_t rows, size_t latent, uint64_t *ids, float *values, float *noise)
{
    struct elbow_order order = elbow_order_plain(dataset->samples);
    elbow_order_fill(&order, 0, first, rows, ids);
    struct elbow_binarizer binarizer = {.kind = (enum elbow_binarize)config->data.binarize,
                                        .threshold = config->data.threshold,
                                        .seed = (uint64_t)config->seed,
                                        .purpose = ELBOW_PURPOSE_EVAL_BINARIZE,
                                        .dequantizes = config->data.dequantize,
                                        .noise = ELBOW_PURPOSE_EVAL_DEQUANTIZE};
    elbow_batch_gather(dataset, &binarizer, rows, ids, values);
    elbow_batch_keys(dataset, rows, ids);
    elbow_batch_noise((uint64_t)config->seed, ELBOW_PURPOSE_EVAL_NOISE, 0, rows, ids, latent, noise);
}

void elbow_evaluation_clear(struct elbow_evaluation *evaluation)
{
    elbow_release(&evaluation->kl);
    elbow_release(&evaluation->classes);
    *evaluation = (struct elbow_evaluation){0};
}
