// SPDX-License-Identifier: BSD-3-Clause
// The latents that a mixture is fitted to: all ranks encode, rank zero fits, and all get the same mixture.
#include "elbow/evaluate/mixture.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

enum { LATENTS_MOST = 16384 };

struct encoding {
    const struct elbow_evaluation_request *request;
    struct elbow_permutation order; // which samples: its first ones
    bool is_whole;
    struct elbow_collation collation;
    struct elbow_collated collated;
    float *latents; // rank zero
    bool is_finite;
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
    model->posterior->draw(count, model->latent, head, microbatch.noise, results);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct encoding *encoding = user;
    size_t latent = encoding->request->model->latent;
    const float *z = results;
    (void)error;
    for (size_t k = 0; k < count * latent; ++k)
        encoding->is_finite = encoding->is_finite && isfinite(z[k]);
    memcpy(encoding->latents + first * latent, z, count * latent * sizeof *z);
    return ELBOW_OK;
}

// Collective. Rank zero's mixture to all.
static enum elbow_status share(struct elbow_comm *comm, struct elbow_mixture *mixture, struct elbow_error *error)
{
    struct elbow_mixture plain = *mixture;
    bool is_root = elbow_comm_place(comm).rank == 0;
    elbow_comm_broadcast(comm, &plain, sizeof plain);
    size_t components = plain.components, factors = components * plain.latent * (plain.is_full ? plain.latent : 1);
    if (!is_root) {
        *mixture = plain;
        mixture->weights = mixture->means = mixture->factors = NULL; // addresses of rank zero's
        const struct elbow_array arrays[] = {ELBOW_ARRAY(mixture->weights, components),
                                             ELBOW_ARRAY(mixture->means, components * plain.latent),
                                             ELBOW_ARRAY(mixture->factors, factors)};
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a mixture", error);
    }
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, mixture->weights, components * sizeof *mixture->weights);
    elbow_comm_broadcast(comm, mixture->means, components * plain.latent * sizeof *mixture->means);
    elbow_comm_broadcast(comm, mixture->factors, factors * sizeof *mixture->factors);
    return ELBOW_OK;
}

// Collective. The latents on rank zero.
static enum elbow_status encode(struct encoding *encoding, uint64_t rows, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = encoding->request;
    size_t latent = request->model->latent, microbatch = (size_t)request->config->train.microbatch;
    struct elbow_ordered_rows_job job = {.rows = rows,
                                         .microbatch = microbatch,
                                         .row_bytes = latent * sizeof(float),
                                         .user = encoding,
                                         .produce = produce,
                                         .consume = consume};
    elbow_collated_create(&encoding->collation, microbatch, &encoding->collated, error);
    if (error->status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0)
        elbow_allocate(&encoding->latents, rows * latent, sizeof(float), "latents", error);
    if (elbow_comm_agree(request->comm, error) != ELBOW_OK)
        return error->status;
    return elbow_ordered_rows_run(request->comm, &job, error);
}

static void tell(const struct elbow_evaluation_request *request, const struct elbow_mixture *mixture,
                 struct elbow_log *log)
{
    elbow_log_say(log, "fit: a mixture of %s with %s, to %s of %llu of %s; mean log-density %.4f nats",
                  elbow_text_count(mixture->components, "normal distribution").text,
                  mixture->is_full ? "full covariances" : "variances of each dimension",
                  request->model->prior != NULL ? "a draw of z for each" : "the latents",
                  (unsigned long long)mixture->latents, elbow_text_count(request->dataset->samples, "sample").text,
                  mixture->log_density);
}

enum elbow_status elbow_mixture_fit_dataset(const struct elbow_evaluation_request *request, size_t components,
                                            uint64_t seed, struct elbow_log *log, struct elbow_mixture *mixture,
                                            struct elbow_error *error)
{
    uint64_t samples = request->dataset->samples, rows = samples < LATENTS_MOST ? samples : LATENTS_MOST;
    struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_FIT_CHOICE};
    struct encoding encoding = {.request = request,
                                .order = elbow_permutation_keyed(samples, stream),
                                .is_whole = rows == samples,
                                .collation = elbow_collation_of_evaluation(request->config, request->dataset),
                                .is_finite = true};
    *mixture = (struct elbow_mixture){0};
    *error = (struct elbow_error){0};
    if (components > rows)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--fit %zu: more components than the %s of %.500s that they are fitted to; give fewer",
                               components, elbow_text_count(rows, "latent").text, request->dataset->name);
    enum elbow_status status = encode(&encoding, rows, error);
    if (status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0) {
        if (!encoding.is_finite)
            elbow_error_set(error, ELBOW_NUMBERS, "--fit %zu: the latents of %.500s are not finite", components,
                            request->dataset->name);
        else
            elbow_mixture_fit(encoding.latents, rows, request->model->latent, components, seed, mixture, error);
    }
    if (status == ELBOW_OK && elbow_comm_agree_root(request->comm, error) == ELBOW_OK)
        share(request->comm, mixture, error);
    if (error->status == ELBOW_OK)
        tell(request, mixture, log);
    elbow_collated_destroy(&encoding.collated);
    elbow_release(&encoding.latents);
    return error->status;
}
