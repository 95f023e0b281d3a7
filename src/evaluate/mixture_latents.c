// SPDX-License-Identifier: BSD-3-Clause
// The latents that a mixture is fitted to: all ranks encode, rank zero fits, and all get the same mixture.
#include "elbow/evaluate/mixture.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/gather.h"

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
    uint64_t rows = elbow_gather_rows(request);
    struct elbow_gathered gathered = {0};
    *mixture = (struct elbow_mixture){0};
    *error = (struct elbow_error){0};
    if (components > rows)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--fit %zu: more components than the %s of %.500s to fit them to; give fewer",
                               components, elbow_text_count(rows, "latent").text, request->dataset->name);
    enum elbow_status status = elbow_gather(request, seed, false, &gathered, error);
    if (status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0) {
        if (!gathered.is_finite)
            elbow_error_set(error, ELBOW_NUMBERS, "--fit %zu: the latents of %.500s are not finite", components,
                            request->dataset->name);
        else
            elbow_mixture_fit(gathered.latents, rows, request->model->latent, components, seed, mixture, error);
    }
    if (status == ELBOW_OK && elbow_comm_agree_root(request->comm, error) == ELBOW_OK)
        share(request->comm, mixture, error);
    if (error->status == ELBOW_OK)
        tell(request, mixture, log);
    elbow_gathered_clear(&gathered);
    return error->status;
}
