// SPDX-License-Identifier: BSD-3-Clause
// Shapes forward from the input and, for layers that end in an image, backward from the output.
#include "elbow/nn/architecture.h"

#include <string.h>

static const struct elbow_layer_row *row_of(const struct elbow_layer *layer)
{
    return elbow_layer_row(layer->kind);
}

// The number of axes as the layer counts them: most layers accept any.
static int axes_of(const struct elbow_layer *layer, struct elbow_shape shape)
{
    int axes = row_of(layer)->axes;
    return axes > 0 ? axes : elbow_shape_axes(shape) == 3 ? 3 : 2;
}

static enum elbow_status check_size(const char *name, const struct elbow_layers *layers, size_t index,
                                    struct elbow_shape shape, struct elbow_error *error)
{
    int axes = axes_of(&layers->layers[index], shape);
    if (elbow_shape_is_held(shape))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "model.%s.%zu: gives %s values (%s), more than 2^31; use smaller strides or fewer filters",
                           name, index, elbow_shape_text(shape, axes).text, elbow_shape_names(axes));
}

// Places (channels 0) of the input of the layers [first, count), which end in the output.
static enum elbow_status place_before(const char *name, const struct elbow_layers *layers, size_t first,
                                      struct elbow_shape output, struct elbow_shape *place, struct elbow_error *error)
{
    char reason[ELBOW_LAYER_REASON_SIZE];
    *place = (struct elbow_shape){output.height, output.width, 0, output.depth};
    for (size_t i = layers->count; i-- > first;) {
        struct elbow_shape after = *place;
        if (!elbow_layer_place_before(&layers->layers[i], after, place, reason))
            return elbow_error_set(
                error, ELBOW_CONFIG,
                "model.%s.%zu: %s that the layers behind it need to end in the data's %s; change one of them", name, i,
                reason, elbow_shape_places_text(output, axes_of(&layers->layers[i], output)).text);
    }
    return ELBOW_OK;
}

static enum elbow_status reshape(const char *name, const struct elbow_layers *layers, size_t first,
                                 struct elbow_shape output, struct elbow_shape *shape, struct elbow_error *error)
{
    struct elbow_shape place;
    size_t values = elbow_shape_values(*shape);
    enum elbow_status status = place_before(name, layers, first, output, &place, error);
    if (status != ELBOW_OK)
        return status;
    size_t places = elbow_shape_places(place);
    int axes = axes_of(&layers->layers[first], output);
    if (values % places != 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the %zu values before this %s cannot become %s x channels, which are "
                               "needed to end in the data's %s; make them a multiple of %zu",
                               name, first, values, elbow_layer_word(layers->layers[first].kind),
                               elbow_shape_places_text(place, axes).text, elbow_shape_places_text(output, axes).text,
                               places);
    *shape = (struct elbow_shape){place.height, place.width, values / places, place.depth};
    return ELBOW_OK;
}

static enum elbow_status check_head(const char *name, const struct elbow_layers *layers, struct elbow_shape given,
                                    struct elbow_shape output, struct elbow_error *error)
{
    size_t last = layers->count - 1;
    const struct elbow_layer *layer = &layers->layers[last];
    int axes = axes_of(layer, output);
    if (!elbow_shape_is_same(given, output))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the last %s is the output layer and must give %s (%s) for the data, but "
                               "gives %s; change its filters or sizes",
                               name, last, elbow_layer_word(layer->kind), elbow_shape_text(output, axes).text,
                               elbow_shape_names(axes), elbow_shape_text(given, axes).text);
    if (layer->activation != ELBOW_ACTIVATION_NONE)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the last %s is the output layer, which has no activation; write "
                               "activation: none",
                               name, last, elbow_layer_word(layer->kind));
    return ELBOW_OK;
}

static const char *article_of(const struct elbow_layer *layer)
{
    return strchr("aeiou", elbow_layer_word(layer->kind)[0]) != NULL ? "an" : "a";
}

static bool is_image(struct elbow_shape shape)
{
    return elbow_shape_places(shape) > 1;
}

// The layer, or one that it holds, whose row has a property; NULL: none.
static const struct elbow_layer *find(const struct elbow_layer *layer, bool (*has)(const struct elbow_layer_row *row))
{
    const struct elbow_layer *found = has(row_of(layer)) ? layer : NULL;
    for (size_t i = 0; i < layer->inner.count && found == NULL; ++i)
        found = find(elbow_layer_inner(layer, i), has);
    return found;
}

static bool needs_image(const struct elbow_layer_row *row)
{
    return row->needs_image;
}

static bool only_moves(const struct elbow_layer_row *row)
{
    return row->only_moves;
}

// Refuses flat samples: the error says which samples the layer needs, and which key declares them.
static enum elbow_status refuse_flat(const char *name, size_t i, const struct elbow_layer *layer,
                                     struct elbow_error *error)
{
    static const char *const needs[] = {
        "samples with a height and a width; for flat rows of images, or rows with further axes of length 1, set "
        "data.shape: [height, width, channels]",
        "series; if samples are series, set data.layout: series (with data.shape: [time, channels] if rows are flat)",
        "samples with a height and a width; for flat rows of images, or rows with further axes of length 1, set "
        "data.shape: [height, width, channels]",
        "volumes; if samples are volumes, set data.layout: volume (with data.shape: [depth, height, width] if rows are "
        "flat)"};
    return elbow_error_set(error, ELBOW_CONFIG, "model.%s.%zu: %s %s needs %s", name, i, article_of(layer),
                           elbow_layer_word(layer->kind), needs[row_of(layer)->axes]);
}

// The layer, or an inner one, whose axes differ from those of the places; NULL: none. A series may be used as an image
// of height 1.
static const struct elbow_layer *find_other_axes(const struct elbow_layer *layer, int has)
{
    int axes = row_of(layer)->axes;
    const struct elbow_layer *found = axes == 0 || axes == has || (axes == 2 && has == 1) ? NULL : layer;
    for (size_t i = 0; i < layer->inner.count && found == NULL; ++i)
        found = find_other_axes(elbow_layer_inner(layer, i), has);
    return found;
}

static enum elbow_status refuse_axes(const char *name, size_t i, const struct elbow_layer *layer,
                                     struct elbow_shape sample, struct elbow_error *error)
{
    static const char *const words[] = {"", "series", "images", "volumes"}, *const layouts[] = {"", "series", "image",
                                                                                                "volume"};
    int axes = row_of(layer)->axes, has = elbow_shape_axes(sample);
    return elbow_error_set(
        error, ELBOW_CONFIG,
        "model.%s.%zu: %s %s needs %s, and the samples are %s of %s (%s); data.layout: %s declares them to be %s", name,
        i, article_of(layer), elbow_layer_word(layer->kind), words[axes], words[has],
        elbow_shape_text(sample, has).text, elbow_shape_names(has), layouts[axes], words[axes]);
}

// One end of a network is the data; if neither end has places, there is nothing to convolve.
static enum elbow_status check_image(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                     struct elbow_shape output, struct elbow_error *error)
{
    bool has_places = is_image(input) || is_image(output);
    struct elbow_shape sample = is_image(input) ? input : output;
    for (size_t i = 0; i < layers->count; ++i) {
        const struct elbow_layer *flat = has_places ? NULL : find(&layers->layers[i], needs_image);
        const struct elbow_layer *other =
            has_places ? find_other_axes(&layers->layers[i], elbow_shape_axes(sample)) : NULL;
        if (flat)
            return refuse_flat(name, i, flat, error);
        if (other)
            return refuse_axes(name, i, other, sample, error);
    }
    return ELBOW_OK;
}

// The first of the layers at the end of the list that keep places.
static size_t trailing(const struct elbow_layers *layers)
{
    size_t first = layers->count;
    while (first > 0 && elbow_layer_keeps_places(&layers->layers[first - 1]))
        --first;
    return first;
}

// A convolution of flat values is a dense layer or unfolds them; a layer that only moves places has no effect there.
static enum elbow_status check_flat(const char *name, const struct elbow_layers *layers, size_t i,
                                    struct elbow_error *error)
{
    const struct elbow_layer *layer = find(&layers->layers[i], only_moves);
    if (layer == NULL)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_CONFIG,
        "model.%s.%zu: %s %s has no effect here, because the values have no height and width; put it %s, or remove it",
        name, i, article_of(layer), elbow_layer_word(layer->kind),
        strcmp(name, "decoder") == 0 ? "behind the dense layers, with a convolution at the end"
                                     : "before the dense layers");
}

static bool has_image_head(const struct elbow_layers *layers, struct elbow_shape output)
{
    return is_image(output) && layers->count > 0 && row_of(&layers->layers[layers->count - 1])->can_be_head;
}

enum elbow_status elbow_architecture_plan(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                          struct elbow_shape output, struct elbow_architecture *architecture,
                                          struct elbow_error *error)
{
    char reason[ELBOW_LAYER_REASON_SIZE];
    struct elbow_shape shape = input;
    size_t first = trailing(layers);
    bool is_flat = !is_image(input); // not where layers have left one place of many
    architecture->has_dense_head = !has_image_head(layers, output);
    enum elbow_status status = check_image(name, input, layers, output, error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < layers->count; ++i) {
        const struct elbow_layer *layer = &layers->layers[i];
        bool is_in_run = i >= first && !architecture->has_dense_head; // which reshape gives a height and width
        if (i == first && is_in_run && !is_image(shape))
            status = reshape(name, layers, first, output, &shape, error);
        else if (is_flat && !is_in_run)
            status = check_flat(name, layers, i, error);
        if (status != ELBOW_OK)
            return status;
        architecture->inputs[i] = shape;
        if (!elbow_layer_shape(layer, architecture->inputs[i], &shape, reason))
            return elbow_error_set(error, ELBOW_CONFIG, "model.%s.%zu: %s", name, i, reason);
        status = check_size(name, layers, i, shape, error);
        if (status != ELBOW_OK)
            return status;
        architecture->outputs[i] = shape;
        is_flat = !is_image(shape) && (is_flat || !elbow_layer_keeps_places(layer));
    }
    architecture->inputs[layers->count] = shape;
    architecture->outputs[layers->count] = output;
    return architecture->has_dense_head ? ELBOW_OK : check_head(name, layers, shape, output, error);
}
