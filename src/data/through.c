// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/through.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Rows per block for moments.
enum { BLOCK = 64 };

// Copies the properties that the samples keep. Both datasets use the selection; the new one releases it.
static void leave_companions(struct elbow_dataset *stored)
{
    stored->labels = stored->weights = stored->sizes = (struct elbow_shared){0};
    stored->label_names = (struct elbow_label_names){0};
    stored->classes = (struct elbow_classes){0};
    stored->conditions = (struct elbow_conditions){0};
    memset(stored->condition_rows, 0, sizeof stored->condition_rows);
    stored->names = (struct elbow_names){0};
    stored->file_names = (struct elbow_files){0};
    stored->file_rows = stored->file_hashes = NULL;
    stored->start_mean = stored->start_variance = stored->page_hashes = NULL;
    stored->files = 0;
    stored->has_labels = stored->has_weights = stored->has_sizes = stored->has_names = false;
}

enum elbow_status elbow_dataset_lead_through(struct elbow_dataset *dataset, const struct elbow_through *through,
                                             struct elbow_error *error)
{
    struct elbow_dataset *stored = NULL;
    enum elbow_status status = elbow_allocate(&stored, 1, sizeof *stored, "a dataset", error);
    if (status != ELBOW_OK)
        return status;
    *stored = *dataset;
    leave_companions(stored);
    const uint64_t hashes[] = {dataset->hash, through->hash};
    dataset->through = through;
    dataset->stored = stored;
    dataset->values = (size_t)through->values;
    dataset->rank = 1;
    dataset->shape[0] = through->values;
    dataset->layout = ELBOW_LAYOUT_AUTO;
    dataset->element = ELBOW_ELEMENT_FLOAT32;
    dataset->scale = (struct elbow_scale){.factor = 1};
    snprintf(dataset->scale.source, sizeof dataset->scale.source, "latents of a model");
    dataset->transform = dataset->input = (struct elbow_fit){0};
    dataset->missing = (struct elbow_missing){0};
    dataset->packing = (struct elbow_packing){0};
    dataset->min = dataset->max = dataset->trained_min = dataset->trained_max = NAN;
    dataset->mean = dataset->deviation = dataset->low = dataset->high = NAN;
    dataset->news = (struct elbow_dataset_news){0};
    dataset->rows = dataset->known = (struct elbow_shared){0};
    stored->page_table = (struct elbow_page_table){0}; // is the dataset's
    dataset->pages = NULL;
    dataset->steady = NULL;
    stored->sample = (struct elbow_page_sample){0};
    dataset->unknown = dataset->entries = 0;
    dataset->is_sparse = dataset->is_binary = false;
    dataset->hash = elbow_hash_bytes(hashes, sizeof hashes) >> 1;
    return ELBOW_OK;
}

struct summing {
    const struct elbow_dataset *dataset;
    void *workspace;
    uint64_t *places; // [BLOCK]
    float *values;    // (BLOCK, D)
};

// Sums of the values of a block, and of their squares.
static void add_block(void *user, uint64_t number, double *sums)
{
    const struct summing *summing = user;
    const struct elbow_dataset *dataset = summing->dataset;
    size_t width = dataset->values;
    uint64_t first = number * BLOCK, left = dataset->samples - first;
    size_t rows = left < BLOCK ? (size_t)left : BLOCK;
    for (size_t i = 0; i < rows; ++i)
        summing->places[i] = first + i;
    dataset->through->make(summing->workspace, 0, rows, summing->places, summing->values);
    memset(sums, 0, 2 * width * sizeof *sums);
    for (size_t i = 0; i < rows; ++i)
        for (size_t d = 0; d < width; ++d) {
            double value = summing->values[i * width + d];
            sums[d] += value;
            sums[width + d] += value * value;
        }
}

enum elbow_status elbow_through_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset, double *mean,
                                        double *variance, struct elbow_error *error)
{
    struct summing summing = {.dataset = dataset};
    size_t width = dataset->values;
    double samples = (double)dataset->samples, *sums = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(summing.places, BLOCK), ELBOW_ARRAY(summing.values, BLOCK * width),
                                         ELBOW_ARRAY(sums, 2 * width)};
    *error = (struct elbow_error){0};
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the mean", error) == ELBOW_OK)
        dataset->through->open(dataset->through, dataset->stored, BLOCK, false, &summing.workspace, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        const struct elbow_tree_sum job = {
            .leaves = (dataset->samples + BLOCK - 1) / BLOCK, .width = 2 * width, .user = &summing, .leaf = add_block};
        elbow_tree_sum_run(comm, &job, sums, error);
    }
    for (size_t d = 0; d < width && error->status == ELBOW_OK; ++d) {
        mean[d] = sums[d] / samples;
        if (variance != NULL)
            variance[d] = fmax(0, sums[width + d] / samples - mean[d] * mean[d]);
    }
    if (summing.workspace != NULL)
        dataset->through->close(summing.workspace);
    elbow_release(&summing.places);
    elbow_release(&summing.values);
    elbow_release(&sums);
    return error->status;
}
