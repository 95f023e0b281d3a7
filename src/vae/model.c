// SPDX-License-Identifier: BSD-3-Clause
// The parts of a VAE: its tensors, its networks and its memory. All memory is allocated here, none while computing
// (model_compute.c).
#include "elbow/vae/detail/model.h"

#include "elbow/vae/detail/classes.h"
#include "elbow/vae/detail/draws.h"
#include "elbow/vae/detail/pseudo.h"
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

// The tensor of numbers beside the networks, named by its part if there are several.
static enum elbow_status add_shared(struct elbow_model *model, struct elbow_model_part *part, struct elbow_error *error)
{
    static const char workspace[] = "likelihood/";
    struct elbow_tensor tensor = {0}, wider = {0};
    size_t index = 0, number = (size_t)(part - model->parts);
    if (!part->likelihood->shared || !part->likelihood->shared(&part->options, part->values, &tensor))
        return ELBOW_OK;
    char name[sizeof tensor.name];
    ELBOW_CHECK(strncmp(tensor.name, workspace, strlen(workspace)) == 0);
    if (model->part_count > 1) {
        (void)elbow_text_format(name, sizeof name, "%s%zu/%s", workspace, number, tensor.name + strlen(workspace));
        memcpy(tensor.name, name, sizeof name);
    }
    enum elbow_status status = elbow_parameters_add(&model->parameters, tensor, &index, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_tensor *added = &model->parameters.tensors[index];
    part->likelihood->shared(&part->options, part->values + 1, &wider);
    part->shared = (struct elbow_shared_numbers){added->offset, added->count, wider.shape[0] != tensor.shape[0]};
    return ELBOW_OK;
}

static enum elbow_status add_prior(const struct elbow_config *config, struct elbow_shape input,
                                   struct elbow_model *model, struct elbow_error *error)
{
    struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS];
    const struct elbow_prior_sizes sizes = {.latent = model->latent,
                                            .conditions = model->conditions,
                                            .components = model->components,
                                            .inputs = elbow_shape_values(input)};
    size_t count = model->prior && model->prior->tensors ? model->prior->tensors(&sizes, tensors) : 0, index = 0;
    ELBOW_CHECK(count <= ELBOW_PRIOR_TENSORS && (count == 0 || model->prior->gradient));
    for (size_t t = 0; t < count; ++t) {
        enum elbow_status status = elbow_parameters_add(&model->parameters, tensors[t], &index, error);
        if (status != ELBOW_OK)
            return status;
        model->prior_tensors.offsets[t] = model->parameters.tensors[index].offset;
    }
    model->prior_tensors.count = count;
    if (count > 0 && model->prior->encodes)
        return elbow_pseudo_create(config, input, index, model, error);
    return ELBOW_OK;
}

static bool needs_places(const struct elbow_layers *layers)
{
    for (size_t i = 0; i < layers->count; ++i)
        if (elbow_layer_needs_places(&layers->layers[i]))
            return true;
    return false;
}

struct elbow_shape elbow_model_sample(const struct elbow_config *config, enum elbow_layout layout, size_t rank,
                                      const uint64_t *shape)
{
    size_t values = 1, at[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < rank; ++i) {
        values *= (size_t)shape[i];
        if (i < 4)
            at[i] = (size_t)shape[i];
    }
    bool may_be_image = layout == ELBOW_LAYOUT_AUTO || layout == ELBOW_LAYOUT_IMAGE;
    if (may_be_image && (rank == 2 || rank == 3))
        return (struct elbow_shape){at[0], at[1], at[2], 0};
    bool has_places = needs_places(&config->model.encoder) || needs_places(&config->model.decoder);
    if (has_places && layout == ELBOW_LAYOUT_SERIES && (rank == 1 || rank == 2))
        return (struct elbow_shape){1, at[0], at[1], 0};
    if (has_places && layout == ELBOW_LAYOUT_VOLUME && (rank == 3 || rank == 4))
        return (struct elbow_shape){at[1], at[2], at[3], at[0]};
    return (struct elbow_shape){1, 1, values, 0};
}

struct elbow_shape elbow_model_inputs(const struct elbow_config *config, struct elbow_shape sample)
{
    if (config->model.input.mask)
        sample.channels *= 2; // for each place its values, then the mask of known values
    return sample;
}

// A decoder that ends in a convolution must give all outputs of a value.
static bool has_convolution(const struct elbow_layers *decoder)
{
    return decoder->count > 0 && elbow_layer_row(decoder->layers[decoder->count - 1].kind)->can_be_head;
}

static void tell_outputs(struct elbow_shape sample, size_t outputs, const struct elbow_layers *decoder,
                         struct elbow_error *error)
{
    struct elbow_error told = *error;
    if (error->status == ELBOW_CONFIG && outputs > 1 && has_convolution(decoder))
        elbow_error_set(error, ELBOW_CONFIG, "%s (the likelihood needs %zu outputs for each value: %zu x %zu channels)",
                        told.message, outputs, outputs, sample.channels);
}

// The bounds of the log-variances of q(z|x).
static struct elbow_network_bounds bounds_of(const struct elbow_config *config, const struct elbow_model *model)
{
    const struct elbow_posterior_options *options = &config->model.posterior_options;
    bool has_bounds = (options->has_least || options->has_most) && model->prior != NULL;
    return (struct elbow_network_bounds){.first = model->latent,
                                         .count = has_bounds ? model->latent : 0,
                                         .least = options->has_least ? (float)options->least : -INFINITY,
                                         .most = options->has_most ? (float)options->most : INFINITY};
}

static enum elbow_status create_layers(const struct elbow_config *config, struct elbow_shape sample,
                                       struct elbow_model *model, struct elbow_error *error)
{
    enum elbow_initializer initializer = (enum elbow_initializer)config->model.initializer;
    struct elbow_network_conditions conditions = {.every_layer = config->model.condition.every_layer};
    size_t classes = elbow_model_has_classes(model) ? model->classes : 0;
    conditions.count = classes > 0 || config->model.condition.encoder ? model->conditions : 0;
    conditions.has_blocks = classes > 0;
    enum elbow_status status =
        elbow_network_create_conditioned(&model->parameters, "encoder", elbow_model_inputs(config, sample),
                                         &config->model.encoder, (struct elbow_shape){1, 1, model->head, 0},
                                         initializer, elbow_model_heads(model), conditions, &model->encoder, error);
    model->encoder.bounds = bounds_of(config, model);
    conditions.count = classes > 0 || config->model.condition.decoder ? model->conditions : 0;
    conditions.has_blocks = false;
    size_t outputs = model->parts[0].outputs;
    struct elbow_shape output = {sample.height, sample.width, sample.channels * outputs, sample.depth};
    if (model->part_count > 1)
        output = (struct elbow_shape){1, 1, model->outputs, 0};
    if (status == ELBOW_OK) {
        status = elbow_network_create_conditioned(
            &model->parameters, "decoder", (struct elbow_shape){1, 1, model->latent, 0}, &config->model.decoder, output,
            initializer, elbow_model_points(model), conditions, &model->decoder, error);
        tell_outputs(sample, outputs, &config->model.decoder, error);
    }
    conditions.count = model->conditions - classes;
    if (status == ELBOW_OK && classes > 0)
        status = elbow_network_create_conditioned(&model->parameters, "classifier", elbow_model_inputs(config, sample),
                                                  &config->model.classifier, (struct elbow_shape){1, 1, classes, 0},
                                                  initializer, model->rows_max, conditions, &model->classifier, error);
    for (size_t k = 0; k < model->part_count && status == ELBOW_OK; ++k)
        status = add_shared(model, &model->parts[k], error);
    return status == ELBOW_OK ? add_prior(config, elbow_model_inputs(config, sample), model, error) : status;
}

static enum elbow_status create_workspace(struct elbow_model *model, size_t slots, struct elbow_error *error)
{
    const char *what = "the activations of the latent variables";
    size_t points = slots * elbow_model_points(model), heads = slots * elbow_model_heads(model);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(model->z, points * model->latent),
        ELBOW_ARRAY(model->kl, points * model->latent),
        ELBOW_ARRAY(model->dz, points * model->latent),
        ELBOW_ARRAY(model->dhead, heads * model->head),
        ELBOW_ARRAY(model->recon, points),
        ELBOW_ARRAY(model->objectives, heads),
        ELBOW_ARRAY(model->noted, points * model->notes),
        ELBOW_ARRAY(model->workspace, elbow_model_heads(model) * (model->latent + model->head)),
        ELBOW_ARRAY(model->condition, model->rows_max * model->conditions),
        ELBOW_ARRAY(model->coupled, model->coupling),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, what, error);
    if (status == ELBOW_OK)
        status = elbow_draws_create(model, slots, error);
    if (status == ELBOW_OK)
        status = elbow_classes_create(model, slots, error);
    if (status == ELBOW_OK)
        status = elbow_gathering_create(model, error);
    model->slots = slots;
    return status;
}

static void release_workspace(struct elbow_model *model)
{
    elbow_release(&model->z);
    elbow_release(&model->kl);
    elbow_release(&model->dz);
    elbow_release(&model->dhead);
    elbow_release(&model->recon);
    elbow_release(&model->objectives);
    elbow_release(&model->noted);
    elbow_release(&model->coupled);
    elbow_release(&model->workspace);
    elbow_release(&model->condition);
    elbow_draws_destroy(model);
    elbow_classes_destroy(model);
    elbow_gathering_destroy(model);
}

enum elbow_status elbow_model_widen(struct elbow_model *model, size_t slots, struct elbow_error *error)
{
    if (slots <= model->slots)
        return ELBOW_OK;
    enum elbow_status status = elbow_network_widen(&model->encoder, slots, error);
    if (status == ELBOW_OK)
        status = elbow_network_widen(&model->decoder, slots, error);
    if (status == ELBOW_OK && model->classes > 1)
        status = elbow_network_widen(&model->classifier, slots, error);
    if (status != ELBOW_OK)
        return status;
    release_workspace(model);
    return create_workspace(model, slots, error);
}

enum elbow_status elbow_model_create(const struct elbow_config *config, size_t values, size_t rows_max,
                                     struct elbow_model **model, struct elbow_error *error)
{
    return elbow_model_create_shaped(config, (struct elbow_shape){1, 1, values, 0}, rows_max, model, error);
}

enum elbow_status elbow_model_create_shaped(const struct elbow_config *config, struct elbow_shape sample,
                                            size_t rows_max, struct elbow_model **result, struct elbow_error *error)
{
    enum elbow_posterior_kind posterior = (enum elbow_posterior_kind)config->model.posterior;
    struct elbow_model_rows kinds = {
        .likelihood = elbow_likelihood_row((enum elbow_likelihood_kind)config->model.likelihood), // without parts
        .posterior = elbow_posterior_row(posterior),
        .prior = elbow_posterior_has_kl(posterior) ? elbow_prior_row((enum elbow_prior_kind)config->model.prior) : NULL,
        .objective = elbow_objective_row((enum elbow_objective_kind)config->objective.bound)};
    if (kinds.prior != NULL && config->model.condition.prior && config->model.condition.width > 0)
        kinds.prior = elbow_prior_given_conditions();
    return elbow_model_create_of(kinds, config, sample, rows_max, result, error);
}

// A likelihood of some columns, or of all.
static void add_part(struct elbow_model *model, const struct elbow_likelihood *likelihood,
                     const struct elbow_likelihood_options *options, const struct elbow_ranges *ranges)
{
    struct elbow_model_part *part = &model->parts[model->part_count++];
    *part = (struct elbow_model_part){.likelihood = likelihood, .options = *options, .values = model->values};
    if (ranges && ranges->count > 0) {
        part->ranges = *ranges;
        part->values = 0;
        for (size_t r = 0; r < ranges->count; ++r)
            part->values += (size_t)(ranges->ranges[r].last - ranges->ranges[r].first + 1);
    }
    part->outputs = likelihood->outputs(options);
    part->size = likelihood->size ? likelihood->size(options) : ELBOW_SIZE_NONE;
    part->settles = likelihood->settle && likelihood->settle(options, NULL, NULL);
    part->notes = model->notes;
    while (likelihood->figures && likelihood->figures[part->figures] != ELBOW_FIGURES)
        ++part->figures;
    model->notes += part->figures > 0 ? part->figures + 1 : 0;
    model->outputs += part->values * part->outputs;
}

static enum elbow_status add_parts(const struct elbow_config *config, const struct elbow_likelihood *likelihood,
                                   struct elbow_model *model, struct elbow_error *error)
{
    const struct elbow_likelihood_parts *parts = &config->model.parts;
    if (parts->count == 0)
        add_part(model, likelihood, &config->model.likelihood_options, NULL);
    else if (elbow_config_check_columns(config, model->values, error) != ELBOW_OK)
        return ELBOW_CONFIG;
    for (size_t k = 0; k < parts->count; ++k)
        add_part(model, elbow_likelihood_row((enum elbow_likelihood_kind)parts->parts[k].likelihood),
                 &parts->parts[k].options, &parts->parts[k].columns);
    for (size_t k = 0; k < model->part_count; ++k)
        model->settling = model->parts[k].settles ? model->notes : model->settling;
    if (model->part_count > 1 && has_convolution(&config->model.decoder))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.decoder: ends in a convolution, which treats all values alike, but "
                               "model.likelihood has %zu parts; end with a dense layer, or use one likelihood",
                               model->part_count);
    if (model->outputs > ELBOW_VALUES_MAX)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.likelihood: needs %zu outputs of the decoder, expected at most %d",
                               model->outputs, ELBOW_VALUES_MAX);
    return ELBOW_OK;
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
    model->posterior = kinds.posterior;
    model->conditions = config->model.condition.width;
    model->classes = elbow_config_has_classifier(config) && config->model.classes > 0 ? config->model.classes : 1;
    model->conditions += elbow_model_has_classes(model) ? model->classes : 0;
    model->components = (size_t)config->model.components;
    model->prior = kinds.prior;
    model->head = kinds.posterior->outputs(model->latent);
    model->objective = kinds.objective;
    model->rows_max = rows_max;
    model->copies = model->classes;
    model->draws = config->objective.draws > 1 ? (size_t)config->objective.draws : 1;
    struct elbow_terms terms = elbow_objective_terms(config, config->objective.beta);
    model->extras = elbow_objective_figures(&terms, model->extra_figures);
    model->coupling = elbow_objective_workspace(&terms, elbow_model_heads(model), model->latent);
    status = add_parts(config, kinds.likelihood, model, error);
    if (status == ELBOW_OK)
        status = create_layers(config, sample, model, error);
    if (status == ELBOW_OK && rows_max > 0)
        status = create_workspace(model, 1, error);
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
    elbow_network_destroy(&model->classifier);
    elbow_pseudo_destroy(model);
    elbow_parameters_clear(&model->parameters);
    release_workspace(model);
    elbow_release(&model);
}

size_t elbow_model_bytes(const struct elbow_model *model)
{
    size_t points = elbow_model_points(model), heads = elbow_model_heads(model);
    size_t of_slot = points * (3 * model->latent * sizeof(float) + (1 + model->notes) * sizeof(double)) +
                     heads * (model->head * sizeof(float) + sizeof(double));
    size_t of_latent =
        model->slots * of_slot + (heads * (model->latent + model->head) + model->coupling) * sizeof(double);
    of_latent += model->rows_max * model->conditions * sizeof *model->condition;
    return elbow_network_bytes(&model->encoder) + elbow_network_bytes(&model->decoder) +
           elbow_network_bytes(&model->classifier) + of_latent + elbow_draws_bytes(model) + elbow_classes_bytes(model) +
           elbow_gathering_bytes(model) + elbow_pseudo_bytes(model);
}
