// SPDX-License-Identifier: BSD-3-Clause
// What a VAE is made of: its tensors, its networks and its room. All room is made here; nothing that computes
// allocates (model_compute.c).
#include "elbow/vae/detail/model.h"

#include "elbow/base/memory.h"

#include <string.h>

static enum elbow_status add_shared(const struct elbow_tensor *tensor, struct elbow_model *model,
                                    struct elbow_error *error)
{
    size_t index = 0;
    enum elbow_status status = elbow_parameters_add(&model->parameters, *tensor, &index, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_tensor *added = &model->parameters.tensors[index];
    model->shared = (struct elbow_shared_numbers){added->offset, added->count};
    return ELBOW_OK;
}

static enum elbow_status add_prior(struct elbow_model *model, struct elbow_error *error)
{
    struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS];
    size_t count = model->prior->tensors ? model->prior->tensors(model->latent, tensors) : 0, index = 0;
    ELBOW_CHECK(count <= ELBOW_PRIOR_TENSORS && (count == 0 || model->prior->gradient));
    for (size_t t = 0; t < count; ++t) {
        enum elbow_status status = elbow_parameters_add(&model->parameters, tensors[t], &index, error);
        if (status != ELBOW_OK)
            return status;
        model->prior_tensors.offsets[t] = model->parameters.tensors[index].offset;
    }
    model->prior_tensors.count = count;
    return ELBOW_OK;
}

struct elbow_shape elbow_model_sample(enum elbow_layout layout, size_t rank, const uint64_t *shape)
{
    size_t values = 1;
    for (size_t i = 0; i < rank; ++i)
        values *= (size_t)shape[i];
    bool may_be_image = layout == ELBOW_LAYOUT_AUTO || layout == ELBOW_LAYOUT_IMAGE;
    if (!may_be_image || (rank != 2 && rank != 3))
        return (struct elbow_shape){1, 1, values};
    return (struct elbow_shape){(size_t)shape[0], (size_t)shape[1], rank == 3 ? (size_t)shape[2] : 1};
}

// A decoder that ends in a convolution must give all outputs of a value.
static void tell_outputs(struct elbow_shape sample, size_t outputs, const struct elbow_layers *decoder,
                         struct elbow_error *error)
{
    struct elbow_error told = *error;
    bool has_head = decoder->count > 0 && elbow_layer_row(decoder->layers[decoder->count - 1].kind)->can_be_head;
    if (error->status == ELBOW_CONFIG && outputs > 1 && has_head)
        elbow_error_set(error, ELBOW_CONFIG, "%s (the likelihood takes %zu outputs for each value: %zu x %zu channels)",
                        told.message, outputs, outputs, sample.channels);
}

static enum elbow_status create_layers(const struct elbow_config *config, struct elbow_shape sample,
                                       struct elbow_model *model, struct elbow_error *error)
{
    enum elbow_initializer initializer = (enum elbow_initializer)config->model.initializer;
    enum elbow_status status = elbow_network_create(&model->parameters, "encoder", sample, &config->model.encoder,
                                                    (struct elbow_shape){1, 1, 2 * model->latent}, initializer,
                                                    model->rows_max, &model->encoder, error);
    size_t outputs = model->likelihood->outputs(&model->options);
    struct elbow_shape output = {sample.height, sample.width, sample.channels * outputs};
    if (status == ELBOW_OK) {
        status =
            elbow_network_create(&model->parameters, "decoder", (struct elbow_shape){1, 1, model->latent},
                                 &config->model.decoder, output, initializer, model->rows_max, &model->decoder, error);
        tell_outputs(sample, outputs, &config->model.decoder, error);
    }
    struct elbow_tensor tensor = {0};
    if (status == ELBOW_OK && model->likelihood->shared &&
        model->likelihood->shared(&model->options, model->values, &tensor))
        status = add_shared(&tensor, model, error);
    return status == ELBOW_OK ? add_prior(model, error) : status;
}

static enum elbow_status create_room(struct elbow_model *model, size_t lanes, struct elbow_error *error)
{
    const char *what = "the activations of the latent variables";
    size_t rows = lanes * model->rows_max, row_bytes = model->latent * sizeof(float);
    enum elbow_status status = elbow_allocate(&model->z, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->kl, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->dz, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->dhead, rows, 2 * row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->recon, rows, sizeof *model->recon, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->objectives, rows, sizeof *model->objectives, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->noted, rows * model->notes, sizeof *model->noted, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->room, model->rows_max, 3 * model->latent * sizeof(double), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->sizes, model->rows_max, sizeof *model->sizes, what, error);
    for (size_t i = 0; status == ELBOW_OK && i < model->rows_max; ++i)
        model->sizes[i] = 1;
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->dshared, model->shared.count, sizeof *model->dshared, what, error);
    model->lanes = lanes;
    return status;
}

static void release_room(struct elbow_model *model)
{
    elbow_release(&model->z);
    elbow_release(&model->kl);
    elbow_release(&model->dz);
    elbow_release(&model->dhead);
    elbow_release(&model->recon);
    elbow_release(&model->objectives);
    elbow_release(&model->noted);
    elbow_release(&model->room);
    elbow_release(&model->sizes);
    elbow_release(&model->dshared);
}

enum elbow_status elbow_model_widen(struct elbow_model *model, size_t lanes, struct elbow_error *error)
{
    if (lanes <= model->lanes)
        return ELBOW_OK;
    enum elbow_status status = elbow_network_widen(&model->encoder, lanes, error);
    if (status == ELBOW_OK)
        status = elbow_network_widen(&model->decoder, lanes, error);
    if (status != ELBOW_OK)
        return status;
    release_room(model);
    return create_room(model, lanes, error);
}

enum elbow_status elbow_model_create(const struct elbow_config *config, size_t values, size_t rows_max,
                                     struct elbow_model **model, struct elbow_error *error)
{
    return elbow_model_create_shaped(config, (struct elbow_shape){1, 1, values}, rows_max, model, error);
}

enum elbow_status elbow_model_create_shaped(const struct elbow_config *config, struct elbow_shape sample,
                                            size_t rows_max, struct elbow_model **result, struct elbow_error *error)
{
    struct elbow_model_rows kinds = {
        .likelihood = elbow_likelihood_row((enum elbow_likelihood_kind)config->model.likelihood),
        .prior = elbow_prior_row((enum elbow_prior_kind)config->model.prior),
        .objective = elbow_objective_row((enum elbow_objective_kind)config->objective.bound)};
    return elbow_model_create_of(kinds, config, sample, rows_max, result, error);
}

enum elbow_status elbow_model_create_of(struct elbow_model_rows kinds, const struct elbow_config *config,
                                        struct elbow_shape sample, size_t rows_max, struct elbow_model **result,
                                        struct elbow_error *error)
{
    size_t values = elbow_shape_values(sample);
    ELBOW_CHECK(config && result && values > 0 && config->model.latent > 0);
    *result = NULL;
    struct elbow_model *model = NULL;
    enum elbow_status status = elbow_allocate(&model, 1, sizeof *model, "the model", error);
    if (status != ELBOW_OK)
        return status;
    model->values = values;
    model->latent = (size_t)config->model.latent;
    model->likelihood = kinds.likelihood;
    model->prior = kinds.prior;
    model->objective = kinds.objective;
    model->options = config->model.likelihood_options;
    while (model->likelihood->figures && model->likelihood->figures[model->notes] != ELBOW_FIGURES)
        ++model->notes;
    if (model->likelihood->settle && model->likelihood->settle(&model->options, NULL, NULL))
        model->settling = model->notes + 1;
    model->rows_max = rows_max;
    status = create_layers(config, sample, model, error);
    if (status == ELBOW_OK && rows_max > 0)
        status = create_room(model, 1, error);
    if (status != ELBOW_OK) {
        elbow_model_destroy(model);
        return status;
    }
    *result = model;
    return ELBOW_OK;
}

enum elbow_status elbow_model_layout(const struct elbow_config *config, struct elbow_shape sample,
                                     struct elbow_parameters *parameters, struct elbow_error *error)
{
    struct elbow_model *model = NULL;
    enum elbow_status status = elbow_model_create_shaped(config, sample, 0, &model, error);
    if (status != ELBOW_OK)
        return status;
    *parameters = model->parameters;
    model->parameters = (struct elbow_parameters){0};
    elbow_model_destroy(model);
    return ELBOW_OK;
}

void elbow_model_destroy(struct elbow_model *model)
{
    if (!model)
        return;
    elbow_network_destroy(&model->encoder);
    elbow_network_destroy(&model->decoder);
    elbow_parameters_clear(&model->parameters);
    release_room(model);
    elbow_release(&model);
}

size_t elbow_model_bytes(const struct elbow_model *model)
{
    size_t of_latent =
        model->lanes * model->rows_max * (5 * model->latent * sizeof(float) + (2 + model->notes) * sizeof(double));
    of_latent += model->rows_max * (3 * model->latent + 1) * sizeof(double);
    return elbow_network_bytes(&model->encoder) + elbow_network_bytes(&model->decoder) + of_latent +
           model->shared.count * sizeof *model->dshared;
}
