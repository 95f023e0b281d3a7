// SPDX-License-Identifier: BSD-3-Clause
// Blocks of rows, in the order of the dataset: row i lies in block i / B, which begins at row i / B B. The last block
// begins early enough to have B rows, too, unless the set is smaller. Each rank that needs a block encodes it again, in
// microbatches from its first row on, so its bits depend only on its place.
#include "elbow/evaluate/detail/kl_block.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <string.h>

static size_t rows_of(const struct elbow_measure_plan *plan)
{
    uint64_t samples = plan->request->dataset->samples, most = (uint64_t)plan->request->kl_block;
    return (size_t)(most < samples ? most : samples);
}

enum elbow_status elbow_kl_block_create(const struct elbow_measured *measured, size_t rows_max,
                                        struct elbow_kl_block **result, struct elbow_error *error)
{
    size_t rows = rows_of(measured->plan);
    const struct elbow_model *model = measured->plan->request->model;
    size_t latent = model->latent, threads = (size_t)elbow_threads_get();
    enum elbow_status status = elbow_allocate(result, 1, sizeof **result, "a block to evaluate", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_kl_block *block = *result;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(block->head, rows * model->head),
        ELBOW_ARRAY(block->z, rows * latent),
        ELBOW_ARRAY(block->precision, rows * latent),
        ELBOW_ARRAY(block->log_p, rows),
        ELBOW_ARRAY(block->parts, rows_max * ELBOW_KL_PARTS_COUNT),
        ELBOW_ARRAY(block->estimates, threads * elbow_set_estimate_workspace(rows, latent)),
    };
    status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a block to evaluate", error);
    return status == ELBOW_OK ? elbow_collated_create(&measured->collation, model->rows_max, &block->collated, error)
                              : status;
}

void elbow_kl_block_destroy(struct elbow_kl_block **result)
{
    struct elbow_kl_block *block = *result;
    if (block == NULL)
        return;
    elbow_collated_destroy(&block->collated);
    elbow_release(&block->head);
    elbow_release(&block->z);
    elbow_release(&block->precision);
    elbow_release(&block->log_p);
    elbow_release(&block->estimates);
    elbow_release(&block->parts);
    elbow_release(result);
}

// Encodes rows [at, at + count) of the block, and draws their z.
static void encode(const struct elbow_measured *measured, struct elbow_kl_block *block, size_t at, size_t count)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    const struct elbow_model *model = request->model;
    struct elbow_microbatch microbatch =
        elbow_evaluation_microbatch(&measured->collation, block->first + at, count, &block->collated);
    float *head = block->head + at * model->head;
    memcpy(head, elbow_model_encode(request->model, request->parameters, &microbatch),
           count * model->head * sizeof *head);
    model->posterior->draw(count, model->latent, head, microbatch.noise, block->z + at * model->latent);
}

static void fill(const struct elbow_measured *measured, struct elbow_kl_block *block)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    struct elbow_model *model = request->model;
    for (size_t at = 0; at < block->rows; at += model->rows_max) {
        size_t left = block->rows - at;
        encode(measured, block, at, left < model->rows_max ? left : model->rows_max);
    }
    struct elbow_pass pass = elbow_model_pass(model, 0, request->parameters, 1, NULL, (struct elbow_terms){0});
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    for (size_t at = 0; at < block->rows; at += prior.rows) { // there is memory for a microbatch
        prior.rows = block->rows - at < model->rows_max ? block->rows - at : model->rows_max;
        prior.head = block->head + at * model->head;
        prior.z = block->z + at * model->latent;
        model->prior->log_p(&prior, block->log_p + at);
    }
    struct elbow_posterior_call call = {.rows = block->rows, .latent = model->latent, .head = block->head};
    block->density = elbow_set_density(model->posterior, &call, request->dataset->samples, block->precision);
}

// Rows of the microbatch that lie in the block.
struct estimating {
    const struct elbow_measured *measured;
    struct elbow_kl_block *block;
    size_t first; // row of the microbatch
};

static void estimate_span(void *user, int part, size_t first, size_t count)
{
    const struct estimating *estimating = user;
    struct elbow_kl_block *block = estimating->block;
    size_t latent = block->density.call.latent, workspace = elbow_set_estimate_workspace(block->rows, latent);
    struct elbow_set_estimate estimate =
        elbow_set_estimate(block->rows, latent, block->estimates + (size_t)part * workspace);
    for (size_t i = estimating->first + first; i < estimating->first + first + count; ++i) {
        size_t row = (size_t)(estimating->measured->first + i - block->first);
        elbow_set_density_at(&block->density, row, block->z + row * latent, &estimate);
        elbow_set_estimate_parts(&estimate, row, block->log_p[row], block->parts + i * ELBOW_KL_PARTS_COUNT);
    }
}

const double *elbow_kl_block_parts(const struct elbow_measured *measured, struct elbow_kl_block *block)
{
    size_t most = rows_of(measured->plan);
    uint64_t samples = measured->plan->request->dataset->samples;
    for (size_t i = 0; i < measured->rows;) {
        uint64_t row = measured->first + i, begin = row / most * most, end = begin + most;
        uint64_t first = end < samples ? begin : samples - most;
        size_t left = measured->rows - i, count = end - row < left ? (size_t)(end - row) : left;
        bool is_at_hand = block->rows == most && block->first == first;
        block->first = first;
        block->rows = most;
        if (!is_at_hand)
            fill(measured, block);
        struct estimating estimating = {measured, block, i};
        elbow_threads_split(count, 1, 1, estimate_span, &estimating);
        i += count;
    }
    return block->parts;
}
