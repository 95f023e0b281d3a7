// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/baseline.h"

#include "elbow/base/memory.h"
#include "elbow/data/collate.h"

#include <string.h>

enum { ROWS = 10000, ROWS_OF_MANY = 2000, MANY = 2000 };
enum { BLOCK_BYTES = 1 << 23 };

struct workspace {
    float *rows;              // (block, D)
    double *scores, *rebuilt; // (block, components), (block, D)
};

uint64_t elbow_baseline_rows(const struct elbow_dataset *training)
{
    uint64_t most = training->values > MANY ? ROWS_OF_MANY : ROWS;
    return training->samples < most ? training->samples : most;
}

static enum elbow_status fit(const struct elbow_dataset *training, size_t components, struct elbow_pca **pca,
                             struct elbow_error *error)
{
    float *x = NULL;
    uint64_t rows = elbow_baseline_rows(training);
    size_t values = training->values;
    enum elbow_status status = elbow_allocate(&x, rows * values, sizeof *x, "rows for principal components", error);
    if (status != ELBOW_OK)
        return status;
    for (uint64_t i = 0; i < rows; ++i)
        elbow_dataset_sample(training, i * training->samples / rows, x + i * values);
    status = elbow_pca_fit(rows, values, x, components, pca, error);
    elbow_release(&x);
    return status;
}

static enum elbow_status score_block(const struct elbow_pca *pca, const struct elbow_dataset *dataset, uint64_t first,
                                     size_t count, const struct workspace *workspace, double *scores,
                                     struct elbow_error *error)
{
    size_t values = dataset->values;
    for (size_t i = 0; i < count; ++i)
        elbow_dataset_sample(dataset, first + i, workspace->rows + i * values);
    if (elbow_pca_project(pca, count, workspace->rows, workspace->scores, error) != ELBOW_OK)
        return error->status;
    elbow_pca_reconstruct(pca, count, workspace->scores, workspace->rebuilt);
    for (size_t i = 0; i < count; ++i) {
        scores[i] = 0;
        for (size_t d = 0; d < values; ++d) {
            double left = (double)workspace->rows[i * values + d] - workspace->rebuilt[i * values + d];
            scores[i] += left * left;
        }
    }
    return ELBOW_OK;
}

enum elbow_status elbow_baseline_scores(const struct elbow_dataset *training, const struct elbow_dataset *dataset,
                                        size_t components, double *scores, struct elbow_error *error)
{
    struct elbow_pca *pca = NULL;
    struct workspace workspace = {0};
    size_t fit_in = BLOCK_BYTES / (dataset->values * sizeof(double)), block = fit_in > 0 ? fit_in : 1;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(workspace.rows, block * dataset->values),
                                         ELBOW_ARRAY(workspace.scores, block * components),
                                         ELBOW_ARRAY(workspace.rebuilt, block * dataset->values)};
    enum elbow_status status = fit(training, components, &pca, error);
    if (status == ELBOW_OK)
        status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "rows beside principal components", error);
    for (uint64_t first = 0; first < dataset->samples && status == ELBOW_OK; first += block) {
        uint64_t left = dataset->samples - first;
        status =
            score_block(pca, dataset, first, left < block ? (size_t)left : block, &workspace, scores + first, error);
    }
    elbow_release(&workspace.rows);
    elbow_release(&workspace.scores);
    elbow_release(&workspace.rebuilt);
    elbow_pca_free(&pca);
    return status;
}

// Copies `count` of the evenly spread rows, from number `first` on. True if all of their values are known.
static bool take_seen(const struct elbow_collation *collation, uint64_t first, size_t count, uint64_t rows,
                      struct elbow_collated *collated, float *x)
{
    const struct elbow_dataset *training = collation->dataset;
    size_t values = training->values;
    bool is_known = true;
    for (size_t i = 0; i < count; ++i)
        collated->ids[i] = (first + i) * training->samples / rows;
    struct elbow_microbatch microbatch = elbow_collate(collation, 0, count, collated);
    memcpy(x, microbatch.values, count * values * sizeof *x);
    for (size_t k = 0; microbatch.known != NULL && k < count * values; ++k)
        is_known = is_known && microbatch.known[k] != 0;
    return is_known;
}

enum elbow_status elbow_baseline_fit_seen(const struct elbow_config *config, const struct elbow_dataset *training,
                                          size_t components, struct elbow_pca **pca, struct elbow_error *error)
{
    enum { AT_ONCE = 64 };
    const struct elbow_collation collation = elbow_collation_of_evaluation(config, training);
    struct elbow_collated collated = {0};
    uint64_t rows = elbow_baseline_rows(training);
    float *x = NULL;
    bool is_known = true;
    *pca = NULL;
    enum elbow_status status =
        elbow_allocate(&x, rows * training->values, sizeof *x, "rows for principal components", error);
    if (status == ELBOW_OK)
        status = elbow_collated_create(&collation, AT_ONCE, &collated, error);
    for (uint64_t first = 0; first < rows && is_known && status == ELBOW_OK; first += AT_ONCE) {
        size_t count = rows - first < AT_ONCE ? (size_t)(rows - first) : AT_ONCE;
        is_known = take_seen(&collation, first, count, rows, &collated, x + first * training->values);
    }
    if (is_known && status == ELBOW_OK)
        status = elbow_pca_fit(rows, training->values, x, components, pca, error);
    elbow_collated_destroy(&collated);
    elbow_release(&x);
    return status;
}
