// SPDX-License-Identifier: BSD-3-Clause
// A training pass in pieces. Latent variables are between the networks: they are computed with the decoder's first
// part, and their gradients with those of its first layer's inputs.
#include "elbow/vae/layerwise.h"

#include "elbow/vae/detail/classes.h"

// A layer of a network, with its inputs and outputs.
struct place {
    struct elbow_network *network;
    size_t layer, rows;
    const float *x;
    float *dy, *dx;
};

static struct place find(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer)
{
    size_t encoders = model->encoder.count, rows = layerwise->microbatch.rows;
    float *dhead = model->dhead + layerwise->slot * elbow_model_heads(model) * model->head;
    size_t value = layerwise->slot * elbow_model_points(model) * model->latent;
    if (layer < encoders)
        return (struct place){
            &model->encoder, layer, model->copies * rows, elbow_microbatch_inputs(&layerwise->microbatch), dhead, NULL};
    if (layer >= encoders + model->decoder.count)
        return (struct place){&model->classifier,
                              layer - encoders - model->decoder.count,
                              rows,
                              elbow_microbatch_inputs(&layerwise->microbatch),
                              elbow_network_output(&model->classifier, layerwise->slot),
                              NULL};
    return (struct place){&model->decoder,
                          layer - encoders,
                          elbow_model_blocks(model) * rows,
                          model->z + value,
                          elbow_network_output(&model->decoder, layerwise->slot),
                          model->dz + value};
}

static const struct elbow_network *network_of(const struct elbow_model *model, size_t *layer)
{
    if (*layer < model->encoder.count)
        return &model->encoder;
    *layer -= model->encoder.count;
    if (*layer < model->decoder.count)
        return &model->decoder;
    *layer -= model->decoder.count;
    return &model->classifier;
}

size_t elbow_layerwise_layers(const struct elbow_model *model)
{
    return model->encoder.count + model->decoder.count + model->classifier.count;
}

size_t elbow_layerwise_parts(const struct elbow_model *model, size_t layer)
{
    const struct elbow_network *network = network_of(model, &layer);
    return elbow_network_parts(network, layer);
}

size_t elbow_layerwise_first(const struct elbow_model *model, size_t layer, size_t part)
{
    const struct elbow_network *network = network_of(model, &layer);
    return elbow_network_part_first(network, layer, part);
}

size_t elbow_layerwise_end(const struct elbow_model *model, size_t layer, size_t part)
{
    if (part + 1 < elbow_layerwise_parts(model, layer))
        return elbow_layerwise_first(model, layer, part + 1);
    if (layer + 1 < elbow_layerwise_layers(model))
        return elbow_layerwise_first(model, layer + 1, 0);
    for (size_t p = 0; p < model->part_count; ++p)
        if (model->parts[p].shared.count > 0)
            return model->parts[p].shared.offset;
    return model->prior_tensors.count > 0 ? model->prior_tensors.offsets[0] : model->parameters.size;
}

void elbow_layerwise_forward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                             size_t part, const float *parameters)
{
    struct place place = find(model, layerwise, layer);
    if (layer == 0 && part == 0)
        elbow_draws_about(model, layerwise->slot, &layerwise->microbatch);
    if (layer == model->encoder.count && part == 0)
        elbow_model_latent(model, layerwise->slot, &layerwise->microbatch);
    elbow_network_forward_part(place.network, layerwise->slot, place.layer, part, parameters, place.rows, place.x);
}

void elbow_layerwise_backward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                              size_t part, const float *parameters, float *gradient)
{
    struct place place = find(model, layerwise, layer);
    elbow_network_backward_part(place.network, layerwise->slot, place.layer, part, parameters, place.rows, place.x,
                                place.dy, gradient, place.dx);
}

void elbow_layerwise_backward_inputs(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                                     const float *parameters)
{
    struct place place = find(model, layerwise, layer);
    elbow_network_backward_inputs(place.network, layerwise->slot, place.layer, parameters, place.rows, place.x,
                                  place.dy, place.dx);
    if (layer != model->encoder.count)
        return;
    struct elbow_pass pass = elbow_model_pass(model, layerwise->slot, parameters, layerwise->microbatch.rows,
                                              layerwise->microbatch.noise, layerwise->terms);
    pass.weights = elbow_classes_weights(model, layerwise->slot, &layerwise->microbatch);
    model->objective->backward(&pass, place.dx, find(model, layerwise, 0).dy);
}
