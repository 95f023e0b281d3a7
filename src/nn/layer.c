// SPDX-License-Identifier: BSD-3-Clause
// The table of layers, and what stands for a NULL in a row.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"

#define ROW(name, word, ...) [name] = &elbow_layer_##word,
static const struct elbow_layer_row *const layers[] = {ELBOW_LAYER_LIST(ROW)};

const struct elbow_layer_row *elbow_layer_row(enum elbow_layer_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_LAYER_KINDS);
    return layers[kind];
}

enum elbow_status elbow_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     struct elbow_layer_instance *layer, struct elbow_error *error)
{
    char reason[ELBOW_LAYER_REASON_SIZE];
    *layer = (struct elbow_layer_instance){
        .row = elbow_layer_row(site->options->kind), .input = site->input, .begin = parameters->size};
    ELBOW_CHECK(layer->row->shape(site->options, site->input, &layer->output, reason));
    layer->inputs = elbow_shape_values(layer->input);
    layer->outputs = elbow_shape_values(layer->output);
    enum elbow_status status = layer->row->create(parameters, site, layer, error);
    if (status != ELBOW_OK)
        elbow_layer_destroy(layer);
    return status;
}

void elbow_layer_destroy(struct elbow_layer_instance *layer)
{
    if (layer->state && layer->row->destroy)
        layer->row->destroy(layer->state);
    elbow_release(&layer->state);
    *layer = (struct elbow_layer_instance){0};
}

size_t elbow_layer_kept(const struct elbow_layer_instance *layer)
{
    return layer->row->kept ? layer->row->kept(layer) : 0;
}

size_t elbow_layer_workspace(const struct elbow_layer_instance *layer)
{
    return layer->row->workspace ? layer->row->workspace(layer) : 0;
}

size_t elbow_layer_parts(const struct elbow_layer_instance *layer)
{
    return layer->row->parts ? layer->row->parts(layer) : 1;
}

size_t elbow_layer_part_begin(const struct elbow_layer_instance *layer, size_t part)
{
    return layer->begin + (layer->row->part_begin ? layer->row->part_begin(layer, part) : 0);
}

void elbow_layer_products(const struct elbow_layer_instance *layer, size_t rows, elbow_product_visitor *visit,
                          void *user)
{
    if (layer->row->products)
        layer->row->products(layer, rows, visit, user);
}

static struct elbow_span all_parts(const struct elbow_layer_instance *layer)
{
    return (struct elbow_span){0, elbow_layer_parts(layer)};
}

void elbow_layer_forward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    layer->row->forward(layer, all_parts(layer), call);
}

void elbow_layer_backward(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    layer->row->backward(layer, all_parts(layer), call);
    if (call->dx && layer->row->backward_inputs)
        layer->row->backward_inputs(layer, call);
}
