// SPDX-License-Identifier: BSD-3-Clause
// A dataset in memory: its values.
#include "elbow/data/dataset.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/loading.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/pages.h"
#include "elbow/data/steady.h"
#include "elbow/math/random.h"
#include "elbow/parallel/shared.h"

#include <math.h>

void elbow_dataset_unload(struct elbow_comm *comm, struct elbow_dataset *dataset)
{
    if (dataset->stored != NULL) {
        dataset->stored->selection = (struct elbow_selection){0}; // is the dataset's
        elbow_dataset_unload(comm, dataset->stored);
        elbow_release(&dataset->stored);
    }
    elbow_pages_destroy(dataset->pages);
    elbow_steady_destroy(dataset->steady);
    elbow_page_table_clear(&dataset->page_table);
    elbow_page_sample_clear(&dataset->sample);
    elbow_comm_unshare(comm, &dataset->rows);
    elbow_comm_unshare(comm, &dataset->known);
    elbow_comm_unshare(comm, &dataset->labels);
    elbow_comm_unshare(comm, &dataset->weights);
    elbow_comm_unshare(comm, &dataset->sizes);
    for (size_t v = 0; v < ELBOW_NAMED_MAX; ++v)
        elbow_condition_rows_clear(comm, &dataset->condition_rows[v]);
    elbow_conditions_clear(&dataset->conditions);
    elbow_classes_clear(&dataset->classes);
    elbow_label_names_clear(&dataset->label_names);
    elbow_names_clear(&dataset->names);
    elbow_selection_clear(&dataset->selection);
    elbow_fit_clear(&dataset->transform);
    elbow_fit_clear(&dataset->input);
    elbow_files_clear(&dataset->file_names);
    elbow_release(&dataset->file_rows);
    elbow_release(&dataset->file_hashes);
    elbow_release(&dataset->start_mean);
    elbow_release(&dataset->start_variance);
    elbow_release(&dataset->page_hashes);
    *dataset = (struct elbow_dataset){0};
}

enum elbow_status elbow_dataset_check_rows(const void *dataset, struct elbow_error *error)
{
    struct elbow_pages *pages = elbow_dataset_pages(dataset);
    return pages != NULL ? elbow_pages_trouble(pages, error) : ELBOW_OK;
}

void elbow_dataset_sample(const struct elbow_dataset *dataset, uint64_t sample, float *values)
{
    ELBOW_CHECK(sample < dataset->samples);
    if (dataset->is_synthetic) {
        struct elbow_stream stream = {.seed = dataset->seed, .purpose = ELBOW_PURPOSE_SYNTHETIC, .id = sample};
        elbow_random_uniform(stream, dataset->values, values);
        for (size_t i = 0; dataset->is_whole && i < dataset->values; ++i)
            values[i] = (float)(floorf((float)(dataset->max + 1) * values[i]) * dataset->scale.factor);
        return;
    }
    elbow_rows_transform(dataset, sample, values);
    elbow_rows_hush(dataset, sample, values);
}

void elbow_dataset_scaled(const struct elbow_dataset *dataset, uint64_t sample, double *values)
{
    ELBOW_CHECK(sample < dataset->samples && !dataset->is_synthetic);
    elbow_rows_scale(dataset, sample, values);
}

void elbow_dataset_sample_moved(const struct elbow_dataset *dataset, uint64_t sample, const float *noise, float *values)
{
    enum { TILE = 1024 };
    struct elbow_rows_buffer buffer;
    double moved[TILE];
    ELBOW_CHECK(sample < dataset->samples && !dataset->is_synthetic);
    for (size_t first = 0; first < dataset->values; first += TILE) {
        size_t n = dataset->values - first < TILE ? dataset->values - first : TILE;
        const void *stored = elbow_rows_stored(dataset, sample * dataset->values + first, n, &buffer);
        for (size_t i = 0; i < n; ++i)
            moved[i] = elbow_element_at(dataset->element, stored, i) + (double)noise[first + i];
        elbow_fit_forward(&dataset->transform, &dataset->scale, ELBOW_ELEMENT_FLOAT64, moved, first, n, values + first);
    }
    elbow_rows_hush(dataset, sample, values);
}

int64_t elbow_dataset_label(const struct elbow_dataset *dataset, uint64_t sample)
{
    ELBOW_CHECK(dataset->has_labels && sample < dataset->samples);
    return ((const int64_t *)dataset->labels.base)[elbow_dataset_row(dataset, sample)];
}

int64_t elbow_dataset_class(const struct elbow_dataset *dataset, uint64_t sample)
{
    return dataset->has_labels ? elbow_class_of(&dataset->classes, elbow_dataset_label(dataset, sample)) : -1;
}

uint64_t elbow_dataset_row(const struct elbow_dataset *dataset, uint64_t sample)
{
    return dataset->selection.stored == 0 ? sample : elbow_selection_row(&dataset->selection, sample);
}

uint64_t elbow_dataset_id(const struct elbow_dataset *dataset, uint64_t sample)
{
    return dataset->selection.stored == 0 ? sample : elbow_selection_id(&dataset->selection, sample);
}

double elbow_dataset_weight(const struct elbow_dataset *dataset, uint64_t sample)
{
    if (!dataset->has_weights)
        return 1;
    return dataset->weight_scale * ((const double *)dataset->weights.base)[elbow_dataset_row(dataset, sample)];
}

double elbow_dataset_size(const struct elbow_dataset *dataset, uint64_t sample)
{
    return dataset->has_sizes ? ((const double *)dataset->sizes.base)[elbow_dataset_row(dataset, sample)] : 1;
}

bool elbow_dataset_image(enum elbow_layout layout, size_t rank, const uint64_t *shape, struct elbow_image_shape *image)
{
    if (layout != ELBOW_LAYOUT_AUTO && layout != ELBOW_LAYOUT_IMAGE)
        return false;
    if (rank != 2 && !(rank == 3 && (shape[2] == 1 || shape[2] == 3)))
        return false;
    *image = (struct elbow_image_shape){shape[0], shape[1], rank == 3 ? shape[2] : 1};
    return true;
}

void elbow_dataset_condition(const struct elbow_dataset *dataset, uint64_t sample, float *c)
{
    ELBOW_CHECK(sample < dataset->samples);
    elbow_condition_at(&dataset->conditions, dataset->condition_rows, elbow_dataset_row(dataset, sample), c);
}
