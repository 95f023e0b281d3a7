// SPDX-License-Identifier: BSD-3-Clause
// Small checkpoints made of whatever is asked for: the contents of a sound one, any of them changed, sealed with a hash
// that fits. So what is behind the hash is reached, by files that HDF5 itself finds sound.
#ifndef ELBOW_TESTS_FUZZ_CHECKPOINT_IMAGE_H
#define ELBOW_TESTS_FUZZ_CHECKPOINT_IMAGE_H

#include "elbow/checkpoint/detail/format.h"

#include "elbow/data/hdf5.h"
#include "fuzz.h"

enum { IMAGE_ITEMS_MAX = 96, IMAGE_CONFIG_MAX = 4096, IMAGE_LIST_MAX = 16 };

// One attribute of the root, or one dataset.
struct image_item {
    char name[128];
    enum { IMAGE_NOTHING, IMAGE_INTEGERS, IMAGE_DOUBLES, IMAGE_TEXT, IMAGE_DATASET } kind;
    size_t count; // of an attribute's values
    int64_t integers[IMAGE_LIST_MAX];
    double doubles[IMAGE_LIST_MAX];
    char text[IMAGE_CONFIG_MAX];
    enum elbow_element element;
    int rank;
    uint64_t shape[ELBOW_HDF5_RANK_MAX];
};

struct image_plan {
    struct image_item items[IMAGE_ITEMS_MAX];
    size_t count;
};

static const char IMAGE_CONFIG[] = "data: {synthetic: 50, shape: [2, 3]}\n"
                                   "model:\n"
                                   "  latent: 2\n"
                                   "  encoder: [dense: {units: 3}]\n"
                                   "  decoder: [dense: {units: 4}]\n"
                                   "train: {batch: 10, optimizer: adam}\n";

static inline struct image_item *image_add(struct image_plan *plan, const char *name)
{
    FUZZ_EXPECT(plan->count < IMAGE_ITEMS_MAX);
    struct image_item *item = &plan->items[plan->count++];
    memset(item, 0, sizeof *item);
    snprintf(item->name, sizeof item->name, "%s", name);
    return item;
}

static inline void image_add_integer(struct image_plan *plan, const char *name, int64_t value)
{
    struct image_item *item = image_add(plan, name);
    item->kind = IMAGE_INTEGERS;
    item->count = 1;
    item->integers[0] = value;
}

static inline void image_add_double(struct image_plan *plan, const char *name, double value, size_t count)
{
    struct image_item *item = image_add(plan, name);
    item->kind = IMAGE_DOUBLES;
    item->count = count;
    for (size_t i = 0; i < count; ++i)
        item->doubles[i] = value;
}

static inline void image_add_text(struct image_plan *plan, const char *name, const char *text)
{
    struct image_item *item = image_add(plan, name);
    item->kind = IMAGE_TEXT;
    snprintf(item->text, sizeof item->text, "%s", text);
}

static inline void image_add_tensors(struct image_plan *plan, const char *group,
                                     const struct elbow_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        char name[128];
        snprintf(name, sizeof name, "%s/%s", group, tensor->name);
        struct image_item *item = image_add(plan, name);
        item->kind = IMAGE_DATASET;
        item->element = ELBOW_ELEMENT_FLOAT32;
        item->rank = tensor->rank;
        for (int k = 0; k < tensor->rank; ++k)
            item->shape[k] = tensor->shape[k];
    }
}

// What a sound checkpoint of IMAGE_CONFIG holds.
static inline void image_plan_sound(struct image_plan *plan)
{
    static struct elbow_config config;
    struct elbow_parameters parameters = {0};
    struct elbow_error error = {0};
    plan->count = 0;
    elbow_config_default(&config);
    FUZZ_EXPECT(elbow_config_parse(&config, "image", IMAGE_CONFIG, strlen(IMAGE_CONFIG), &error) == ELBOW_OK);
    FUZZ_EXPECT(elbow_config_finish(&config, "image", &error) == ELBOW_OK);
    FUZZ_EXPECT(elbow_model_layout(&config, (struct elbow_shape){2, 3, 1, 0}, &parameters, &error) == ELBOW_OK);
    image_add_text(plan, "config", IMAGE_CONFIG);
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        if (field->is_double)
            image_add_double(plan, field->name, 0.5, 1);
        else
            image_add_integer(plan, field->name, 3);
    }
    image_add_integer(plan, "data_samples", 50);
    image_add_integer(plan, "data_rank", 2);
    image_add_integer(plan, "data_shape", 2);
    plan->items[plan->count - 1].count = 2;
    plan->items[plan->count - 1].integers[1] = 3;
    image_add_double(plan, "data_factor", 1, 1);
    image_add_double(plan, "data_offset", 0, 1);
    image_add_text(plan, "data_scale_source", "a test");
    image_add_integer(plan, "accumulators", 6);
    image_add_double(plan, "accumulator", 1, 6);
    image_add_tensors(plan, "/model", &parameters);
    image_add_tensors(plan, "/optimizer/first_moment", &parameters);
    image_add_tensors(plan, "/optimizer/second_moment", &parameters);
    elbow_parameters_clear(&parameters);
}

static inline void image_write_item(struct elbow_hdf5 *file, const struct image_item *item, struct elbow_error *error)
{
    switch (item->kind) {
    case IMAGE_NOTHING:
        return;
    case IMAGE_INTEGERS:
        elbow_hdf5_write_integers(file, "/", item->name, item->integers, item->count, error);
        return;
    case IMAGE_DOUBLES:
        elbow_hdf5_write_doubles(file, "/", item->name, item->doubles, item->count, error);
        return;
    case IMAGE_TEXT:
        elbow_hdf5_write_text(file, "/", item->name, item->text, error);
        return;
    case IMAGE_DATASET:
        elbow_hdf5_create_dataset(file, item->name, item->element, item->rank, item->shape,
                                  (struct elbow_hdf5_layout){0}, error);
        return;
    }
}

// The sealed file, its bytes given back with elbow_release; without bytes where the changes cannot be written.
static inline struct elbow_hdf5_buffer image_make(const struct image_plan *plan)
{
    struct elbow_hdf5_buffer buffer = {0};
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &buffer, &file, &error);
    for (size_t i = 0; i < plan->count && error.status == ELBOW_OK; ++i)
        image_write_item(file, &plan->items[i], &error);
    if (elbow_hdf5_close(file, &error) == ELBOW_OK && error.status == ELBOW_OK)
        elbow_checkpoint_seal(buffer.bytes, buffer.size);
    else
        elbow_release(&buffer.bytes);
    return buffer;
}

#endif
