// SPDX-License-Identifier: BSD-3-Clause
// Rows that are encoded and decoded under each of their classes (elbow/vae/model.h): the copies of a row are its
// classes. Private to this room.
#ifndef ELBOW_VAE_DETAIL_CLASSES_H
#define ELBOW_VAE_DETAIL_CLASSES_H

#include "elbow/vae/detail/draws.h"

static inline bool elbow_model_has_classes(const struct elbow_model *model)
{
    return model->classes > 1;
}

// Local. Allocates memory for q(y|x); its bytes. MEMORY.
enum elbow_status elbow_classes_create(struct elbow_model *model, size_t slots, struct elbow_error *error);
void elbow_classes_destroy(struct elbow_model *model);
size_t elbow_classes_bytes(const struct elbow_model *model);

// Local. From the output of the classifier of a slot: log q(y|x); the share of each class in its row, which is q(y|x),
// or all of the row for a known class (labels NULL: none); and the share times the row's weight.
void elbow_classes_weigh(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                         const int64_t *labels);

// Local. The weight of each head of a slot in the objective, after elbow_classes_weigh: NULL: 1. Without classes the
// weights of the microbatch.
const float *elbow_classes_weights(const struct elbow_model *model, size_t slot,
                                   const struct elbow_microbatch *microbatch);

// Local. The share of a head of a slot; 1 without classes.
static inline double elbow_classes_share(const struct elbow_model *model, size_t slot, size_t head)
{
    return elbow_model_has_classes(model) ? model->class_shares[slot * elbow_model_heads(model) + head] : 1;
}

// Local. Adds to statistics the contribution of classes beside that of their heads: the KL of y and, times its weight,
// the part of the objective; `labels` are those of the shares. sums: those of classes. kl (rows), unless it is NULL,
// gets the KL of y added.
void elbow_classes_note(const struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                        const int64_t *labels, double classifier, double *statistics, double *sums, double *kl);

// Local. The classifier's output in a slot becomes its gradient, from the values of the heads.
void elbow_classes_train(const struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                         double classifier, const double *value);

// Local. The most probable class of a row of a slot, after elbow_classes_weigh.
size_t elbow_classes_best(const struct elbow_model *model, size_t slot, size_t rows, size_t row);

// Local. The conditions of the rows of a microbatch under a class, into condition (rows, C).
void elbow_classes_fill(const struct elbow_model *model, const struct elbow_microbatch *microbatch, size_t class_number,
                        float *condition);

// Local. Runs the classifier of the first slot, whose layers have the information about the rows; then
// elbow_classes_weigh without labels. Does nothing without classes.
void elbow_classes_forward(struct elbow_model *model, const float *parameters,
                           const struct elbow_microbatch *microbatch);

// Local. After an evaluation: the first block gets the values of the most probable class of each row.
void elbow_classes_settle(struct elbow_model *model, const struct elbow_microbatch *microbatch);

// Local. The conditions of rows that are encoded and decoded once, into the model's condition: their own and the class,
// or at -1 the most probable one of each.
void elbow_classes_tell(struct elbow_model *model, const struct elbow_microbatch *microbatch, int64_t class_number);

#endif
