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

// Local. Room for q(y|x), and its bytes. MEMORY.
enum elbow_status elbow_classes_create(struct elbow_model *model, size_t lanes, struct elbow_error *error);
void elbow_classes_destroy(struct elbow_model *model);
size_t elbow_classes_bytes(const struct elbow_model *model);

// Local. From what the classifier of a lane has come to: log q(y|x), the portion of each class in its row, which is
// q(y|x), or of a known class (labels NULL: there is none) all of the row, and that times the row's weight.
void elbow_classes_weigh(struct elbow_model *model, size_t lane, const struct elbow_microbatch *microbatch,
                         const int64_t *labels);

// Local. What each head of a lane weighs in what is trained, after elbow_classes_weigh: NULL: 1. Without classes the
// weights of the microbatch.
const float *elbow_classes_weights(const struct elbow_model *model, size_t lane,
                                   const struct elbow_microbatch *microbatch);

// Local. The portion of a head of a lane; 1 without classes.
static inline double elbow_classes_portion(const struct elbow_model *model, size_t lane, size_t head)
{
    return elbow_model_has_classes(model) ? model->portions[lane * elbow_model_heads(model) + head] : 1;
}

// Local. Adds to statistics what classes have beside their heads, which have been counted: the KL of y and, times its
// weight, the part of the objective; `labels` are those of the portions. sums: those of classes. kl (rows), unless
// it is NULL, gets the KL of y added.
void elbow_classes_note(const struct elbow_model *model, size_t lane, const struct elbow_microbatch *microbatch,
                        const int64_t *labels, double classifier, double *statistics, double *sums, double *kl);

// Local. The classifier's output in a lane becomes its gradient, from the values of the heads.
void elbow_classes_train(const struct elbow_model *model, size_t lane, const struct elbow_microbatch *microbatch,
                         double classifier, const double *value);

// Local. The most probable class of a row of a lane, after elbow_classes_weigh.
size_t elbow_classes_best(const struct elbow_model *model, size_t lane, size_t rows, size_t row);

// Local. What the rows of a microbatch are told under a class, into told (rows, C).
void elbow_classes_fill(const struct elbow_model *model, const struct elbow_microbatch *microbatch, size_t class_number,
                        float *told);

// Local. The classifier of the first lane, whose layers know the rows; then elbow_classes_weigh without labels. Nothing
// without classes.
void elbow_classes_forward(struct elbow_model *model, const float *parameters,
                           const struct elbow_microbatch *microbatch);

// Local. After an evaluation: what the first block has becomes that of the most probable class of each row.
void elbow_classes_settle(struct elbow_model *model, const struct elbow_microbatch *microbatch);

// Local. What is told of rows that are encoded and decoded once, into the model's condition: theirs and the class, or
// at -1 the most probable one of each.
void elbow_classes_tell(struct elbow_model *model, const struct elbow_microbatch *microbatch, int64_t class_number);

#endif
