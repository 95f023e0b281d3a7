// SPDX-License-Identifier: BSD-3-Clause
// The table of layers, and the defaults for a NULL in a row.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <string.h>

#define ROW(name, word, ...) [name] = &elbow_layer_##word,
static const struct elbow_layer_row *const layers[] = {ELBOW_LAYER_LIST(ROW)};

const struct elbow_layer_row *elbow_layer_row(enum elbow_layer_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_LAYER_KINDS);
    return layers[kind];
}

// Errors within a layer give its place there.
static bool refuse_inner(size_t i, char reason[ELBOW_LAYER_REASON_SIZE])
{
    char inner[ELBOW_LAYER_REASON_SIZE];
    memcpy(inner, reason, sizeof inner);
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE, "layers.%zu: %s", i, inner);
    return false;
}

bool elbow_layer_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                       char reason[ELBOW_LAYER_REASON_SIZE])
{
    struct elbow_shape shape = input;
    for (size_t i = 0; i < options->inner.count; ++i) {
        if (!elbow_layer_shape(elbow_layer_inner(options, i), shape, &shape, reason))
            return refuse_inner(i, reason);
        if (!elbow_shape_is_held(shape)) {
            snprintf(reason, ELBOW_LAYER_REASON_SIZE,
                     "gives more than 2^31 values; use smaller strides or fewer filters");
            return refuse_inner(i, reason);
        }
    }
    *output = shape;
    return elbow_layer_row(options->kind)->shape(options, input, output, reason);
}

bool elbow_layer_place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                              char reason[ELBOW_LAYER_REASON_SIZE])
{
    if (options->inner.count == 0)
        return elbow_layer_row(options->kind)->place_before(options, output, input, reason);
    struct elbow_shape place = output;
    for (size_t i = options->inner.count; i-- > 0;) {
        struct elbow_shape after = place;
        if (!elbow_layer_place_before(elbow_layer_inner(options, i), after, &place, reason))
            return refuse_inner(i, reason);
    }
    place.channels = input->channels;
    *input = place;
    return true;
}

bool elbow_layer_keeps_places(const struct elbow_layer *options)
{
    bool keeps = options->inner.count > 0 || elbow_layer_row(options->kind)->place_before;
    for (size_t i = 0; i < options->inner.count; ++i)
        keeps = keeps && elbow_layer_keeps_places(elbow_layer_inner(options, i));
    return keeps;
}

bool elbow_layer_needs_places(const struct elbow_layer *options)
{
    bool needs = elbow_layer_row(options->kind)->needs_image;
    for (size_t i = 0; i < options->inner.count; ++i)
        needs = needs || elbow_layer_needs_places(elbow_layer_inner(options, i));
    return needs;
}

bool elbow_layer_takes_condition(const struct elbow_layer *options)
{
    bool takes = elbow_layer_row(options->kind)->takes_condition;
    for (size_t i = 0; i < options->inner.count; ++i)
        takes = takes || elbow_layer_takes_condition(elbow_layer_inner(options, i));
    return takes;
}

size_t elbow_layer_conditions(const struct elbow_layer *options, bool every_layer, size_t *left)
{
    size_t conditions = elbow_layer_takes_condition(options) ? *left : 0;
    if (conditions > 0 && !every_layer)
        *left = 0;
    return conditions;
}

static enum elbow_status create_inner(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                      struct elbow_layer_instance *layer, struct elbow_error *error)
{
    size_t count = site->options->inner.count, conditions = site->conditions;
    struct elbow_layer_site inner = *site;
    enum elbow_status status = ELBOW_OK;
    if (count > 0)
        status = elbow_allocate(&layer->inner, count, sizeof *layer->inner, "layers", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        char name[ELBOW_TENSOR_NAME_SIZE];
        ELBOW_CHECK(elbow_text_format(name, sizeof name, "%s.%zu", site->name, i));
        inner.name = name;
        inner.options = elbow_layer_inner(site->options, i);
        inner.conditions = elbow_layer_conditions(inner.options, site->every_layer, &conditions);
        status = elbow_layer_create(parameters, &inner, &layer->inner[i], error);
        layer->inner_count = i + (status == ELBOW_OK);
        inner.input = layer->inner[i].output;
    }
    return status;
}

enum elbow_status elbow_layer_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                     struct elbow_layer_instance *layer, struct elbow_error *error)
{
    char reason[ELBOW_LAYER_REASON_SIZE];
    *layer = (struct elbow_layer_instance){
        .row = elbow_layer_row(site->options->kind), .input = site->input, .begin = parameters->size};
    ELBOW_CHECK(elbow_layer_shape(site->options, site->input, &layer->output, reason));
    layer->inputs = elbow_shape_values(layer->input);
    layer->outputs = elbow_shape_values(layer->output);
    enum elbow_status status = create_inner(parameters, site, layer, error);
    if (status == ELBOW_OK)
        status = layer->row->create(parameters, site, layer, error);
    if (status != ELBOW_OK)
        elbow_layer_destroy(layer);
    return status;
}

void elbow_layer_destroy(struct elbow_layer_instance *layer)
{
    if (layer->state && layer->row->destroy)
        layer->row->destroy(layer->state);
    for (size_t i = 0; i < layer->inner_count; ++i)
        elbow_layer_destroy(&layer->inner[i]);
    elbow_release(&layer->state);
    elbow_release(&layer->inner);
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

static const char *word_of(const struct elbow_layer_row *row)
{
    for (int kind = 0; kind < ELBOW_LAYER_KINDS; ++kind)
        if (elbow_layer_row((enum elbow_layer_kind)kind) == row)
            return elbow_layer_word((enum elbow_layer_kind)kind);
    return "layer";
}

const char *elbow_layer_lacks_onnx(const struct elbow_layer_instance *layer)
{
    const char *word = layer->row->onnx == NULL ? word_of(layer->row) : NULL;
    for (size_t i = 0; i < layer->inner_count && word == NULL; ++i)
        word = elbow_layer_lacks_onnx(&layer->inner[i]);
    return word;
}
