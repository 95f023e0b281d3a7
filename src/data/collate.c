// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/collate.h"

#include "elbow/base/memory.h"

static struct elbow_binarizer binarizer_of(const struct elbow_config *config, enum elbow_purpose binarize,
                                           enum elbow_purpose dequantize)
{
    return (struct elbow_binarizer){.kind = (enum elbow_binarize)config->data.binarize,
                                    .threshold = config->data.threshold,
                                    .seed = (uint64_t)config->seed,
                                    .purpose = binarize,
                                    .dequantizes = config->data.dequantize,
                                    .noise = dequantize};
}

struct elbow_collation elbow_collation_of_training(const struct elbow_config *config,
                                                   const struct elbow_dataset *dataset)
{
    return (struct elbow_collation){
        .dataset = dataset,
        .binarizer = binarizer_of(config, ELBOW_PURPOSE_TRAIN_BINARIZE, ELBOW_PURPOSE_TRAIN_DEQUANTIZE),
        .noise = ELBOW_PURPOSE_TRAIN_NOISE,
        .latent = (size_t)config->model.latent,
        .is_training = true};
}

struct elbow_collation elbow_collation_of_evaluation(const struct elbow_config *config,
                                                     const struct elbow_dataset *dataset)
{
    return (struct elbow_collation){
        .dataset = dataset,
        .binarizer = binarizer_of(config, ELBOW_PURPOSE_EVAL_BINARIZE, ELBOW_PURPOSE_EVAL_DEQUANTIZE),
        .noise = ELBOW_PURPOSE_EVAL_NOISE,
        .latent = (size_t)config->model.latent};
}

// Weights count in training alone.
static bool has_weights(const struct elbow_collation *collation)
{
    return collation->is_training && collation->dataset->has_weights;
}

enum elbow_status elbow_collated_create(const struct elbow_collation *collation, size_t rows_max,
                                        struct elbow_collated *collated, struct elbow_error *error)
{
    *collated = (struct elbow_collated){.rows_max = rows_max};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(collated->ids, rows_max), ELBOW_ARRAY(collated->values, rows_max * collation->dataset->values),
        ELBOW_ARRAY(collated->noise, rows_max * collation->latent),
        ELBOW_ARRAY(collated->weights, rows_max), // the last one
    };
    size_t count = sizeof arrays / sizeof *arrays - (has_weights(collation) ? 0 : 1);
    return elbow_allocate_all(arrays, count, "a microbatch", error);
}

void elbow_collated_destroy(struct elbow_collated *collated)
{
    elbow_release(&collated->ids);
    elbow_release(&collated->values);
    elbow_release(&collated->noise);
    elbow_release(&collated->weights);
    *collated = (struct elbow_collated){0};
}

size_t elbow_collated_row_bytes(const struct elbow_collation *collation)
{
    size_t floats = collation->dataset->values + collation->latent + (has_weights(collation) ? 1 : 0);
    return sizeof(uint64_t) + floats * sizeof(float);
}

struct elbow_microbatch elbow_collate(const struct elbow_collation *collation, uint64_t epoch, size_t rows,
                                      struct elbow_collated *collated)
{
    ELBOW_CHECK(rows > 0 && rows <= collated->rows_max);
    struct elbow_binarizer binarizer = collation->binarizer;
    binarizer.draw = (uint32_t)epoch;
    elbow_batch_gather(collation->dataset, &binarizer, rows, collated->ids, collated->values);
    if (has_weights(collation))
        elbow_batch_weights(collation->dataset, rows, collated->ids, collated->weights);
    elbow_batch_keys(collation->dataset, rows, collated->ids);
    elbow_batch_noise(binarizer.seed, collation->noise, binarizer.draw, rows, collated->ids, collation->latent,
                      collated->noise);
    return (struct elbow_microbatch){.rows = rows,
                                     .values = collated->values,
                                     .noise = collated->noise,
                                     .weights = collated->weights,
                                     .about = {.ids = collated->ids,
                                               .seed = binarizer.seed,
                                               .epoch = binarizer.draw,
                                               .is_training = collation->is_training}};
}
