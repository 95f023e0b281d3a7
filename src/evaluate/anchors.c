// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/walk.h"

#include "elbow/base/memory.h"
#include "elbow/data/collate.h"

#include <string.h>

static enum elbow_status allocate_workspace(const struct elbow_model *model, size_t rows,
                                            const struct elbow_collated *collated, struct elbow_anchors *anchors,
                                            struct elbow_error *error)
{
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(anchors->z, rows * model->latent),
        ELBOW_ARRAY(anchors->condition, rows * model->conditions),
        ELBOW_ARRAY(anchors->x, rows * model->values),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "rows to start from", error);
    if (status == ELBOW_OK && collated->known != NULL)
        status = elbow_allocate(&anchors->known, rows * model->values, sizeof(float), "rows to start from", error);
    if (status == ELBOW_OK && collated->sizes != NULL)
        status = elbow_allocate(&anchors->sizes, rows, sizeof(double), "rows to start from", error);
    return status;
}

// Replaces the given parts in the condition of a row.
static void set_condition(const struct elbow_gallery *gallery, float *condition)
{
    const struct elbow_model *model = gallery->model;
    if (gallery->conditioning != NULL)
        elbow_conditioning_replace(gallery->conditioning, condition);
    if (!gallery->has_class || model->classes < 2)
        return;
    float *classes = condition + model->conditions - model->classes;
    memset(classes, 0, model->classes * sizeof *classes);
    classes[gallery->class_number] = 1;
}

// Rows [at, at + count) of the anchors, in the first rows of a microbatch.
static void take(const struct elbow_gallery *gallery, const struct elbow_microbatch *microbatch, size_t at,
                 size_t count, struct elbow_anchors *anchors)
{
    struct elbow_model *model = gallery->model;
    const float *head = elbow_model_encode(model, gallery->parameters, microbatch);
    const float *condition = model->classes > 1 ? model->condition : microbatch->about.condition;
    size_t conditions = model->conditions, values = model->values;
    for (size_t i = 0; i < count; ++i) {
        memcpy(anchors->z + (at + i) * model->latent, head + i * model->head, model->latent * sizeof(float));
        if (conditions > 0 && condition != NULL)
            memcpy(anchors->condition + (at + i) * conditions, condition + i * conditions,
                   conditions * sizeof *condition);
        if (conditions > 0)
            set_condition(gallery, anchors->condition + (at + i) * conditions);
    }
    memcpy(anchors->x + at * values, microbatch->values, count * values * sizeof(float));
    for (size_t k = 0; anchors->known != NULL && microbatch->known == NULL && k < count * values; ++k)
        anchors->known[at * values + k] = 1;
    if (anchors->known != NULL && microbatch->known != NULL)
        memcpy(anchors->known + at * values, microbatch->known, count * values * sizeof(float));
    if (anchors->sizes != NULL)
        memcpy(anchors->sizes + at, microbatch->sizes, count * sizeof(double));
}

enum elbow_status elbow_anchors_encode(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                       const uint64_t *rows, size_t count, struct elbow_anchors *anchors,
                                       struct elbow_error *error)
{
    size_t microbatch = (size_t)gallery->config->train.microbatch;
    const struct elbow_collation collation = elbow_collation_of_evaluation(gallery->config, dataset);
    struct elbow_collated collated = {0};
    *anchors = (struct elbow_anchors){.count = count};
    enum elbow_status status = elbow_collated_create(&collation, microbatch, &collated, error);
    if (status == ELBOW_OK)
        status = allocate_workspace(gallery->model, count, &collated, anchors, error);
    for (size_t at = 0; at < count && status == ELBOW_OK; at += microbatch) {
        size_t left = count - at, taken = left < microbatch ? left : microbatch;
        for (size_t i = 0; i < microbatch; ++i) // full, so that its GEMMs have one shape
            collated.ids[i] = rows[at + (i < taken ? i : taken - 1)];
        struct elbow_microbatch seen = elbow_collate(&collation, 0, microbatch, &collated);
        take(gallery, &seen, at, taken, anchors);
    }
    elbow_collated_destroy(&collated);
    return status;
}

void elbow_anchors_clear(struct elbow_anchors *anchors)
{
    elbow_release(&anchors->z);
    elbow_release(&anchors->condition);
    elbow_release(&anchors->x);
    elbow_release(&anchors->known);
    elbow_release(&anchors->sizes);
    *anchors = (struct elbow_anchors){0};
}
