// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/gather.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

struct encoding {
    const struct elbow_evaluation_request *request;
    struct elbow_permutation order; // which samples: its first ones
    bool is_whole, are_means;
    struct elbow_collation collation;
    struct elbow_collated collated;
    struct elbow_gathered *gathered;
};

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct encoding *encoding = user;
    const struct elbow_evaluation_request *request = encoding->request;
    struct elbow_model *model = request->model;
    for (size_t i = 0; i < count; ++i)
        encoding->collated.ids[i] = encoding->is_whole ? first + i : elbow_permutation_at(&encoding->order, first + i);
    struct elbow_microbatch microbatch = elbow_collate(&encoding->collation, 0, count, &encoding->collated);
    const float *head = elbow_model_encode(model, request->parameters, &microbatch);
    if (!encoding->are_means) {
        model->posterior->draw(count, model->latent, head, microbatch.noise, results);
        return;
    }
    for (size_t i = 0; i < count; ++i)
        memcpy((float *)results + i * model->latent, head + i * model->head, model->latent * sizeof(float));
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct encoding *encoding = user;
    struct elbow_gathered *gathered = encoding->gathered;
    size_t latent = encoding->request->model->latent;
    const float *z = results;
    (void)error;
    for (size_t k = 0; k < count * latent; ++k)
        gathered->is_finite = gathered->is_finite && isfinite(z[k]);
    memcpy(gathered->latents + first * latent, z, count * latent * sizeof *z);
    return ELBOW_OK;
}

uint64_t elbow_gather_rows(const struct elbow_evaluation_request *request)
{
    uint64_t samples = request->dataset->samples;
    return samples < ELBOW_GATHER_MOST ? samples : ELBOW_GATHER_MOST;
}

enum elbow_status elbow_gather(const struct elbow_evaluation_request *request, uint64_t seed, bool are_means,
                               struct elbow_gathered *gathered, struct elbow_error *error)
{
    uint64_t samples = request->dataset->samples, rows = elbow_gather_rows(request);
    size_t latent = request->model->latent, microbatch = (size_t)request->config->train.microbatch;
    struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_FIT_CHOICE};
    struct encoding encoding = {.request = request,
                                .order = elbow_permutation_keyed(samples, stream),
                                .is_whole = rows == samples,
                                .are_means = are_means,
                                .collation = elbow_collation_of_evaluation(request->config, request->dataset),
                                .gathered = gathered};
    struct elbow_ordered_rows_job job = {.rows = rows,
                                         .microbatch = microbatch,
                                         .row_bytes = latent * sizeof(float),
                                         .user = &encoding,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = request->dataset};
    *gathered = (struct elbow_gathered){.rows = rows, .is_finite = true};
    *error = (struct elbow_error){0};
    if (encoding.is_whole)
        job.runs = elbow_dataset_runs(request->dataset);
    elbow_collated_create(&encoding.collation, microbatch, &encoding.collated, error);
    if (error->status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0)
        elbow_allocate(&gathered->latents, rows * latent, sizeof(float), "latents", error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(request->comm, &job, error);
    elbow_collated_destroy(&encoding.collated);
    return error->status;
}

void elbow_gathered_clear(struct elbow_gathered *gathered)
{
    elbow_release(&gathered->latents);
    *gathered = (struct elbow_gathered){0};
}
