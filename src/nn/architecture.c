// SPDX-License-Identifier: BSD-3-Clause
// Shapes forwards from the input, and, for the layers that end in an image, backwards from the output.
#include "elbow/nn/architecture.h"

#include <string.h>

static const struct elbow_layer_row *row_of(const struct elbow_layer *layer)
{
    return elbow_layer_row(layer->kind);
}

static enum elbow_status check_size(const char *name, size_t index, struct elbow_shape shape, struct elbow_error *error)
{
    if (elbow_shape_is_held(shape))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "model.%s.%zu: gives %zu x %zu x %zu values (height, width, channels), more than 2^31; use "
                           "smaller strides or fewer filters",
                           name, index, shape.height, shape.width, shape.channels);
}

// Height and width (channels 0) of the input of the layers [first, count), which end in the output.
static enum elbow_status place_before(const char *name, const struct elbow_layers *layers, size_t first,
                                      struct elbow_shape output, struct elbow_shape *place, struct elbow_error *error)
{
    char reason[ELBOW_LAYER_REASON_SIZE];
    *place = (struct elbow_shape){output.height, output.width, 0};
    for (size_t i = layers->count; i-- > first;) {
        struct elbow_shape after = *place;
        if (!elbow_layer_place_before(&layers->layers[i], after, place, reason))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.%s.%zu: %s that are needed behind it, to end in the data's %zu x %zu; change "
                                   "one of them",
                                   name, i, reason, output.height, output.width);
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
    if (values % places != 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the %zu values before this %s cannot become %zu x %zu x channels, which "
                               "it takes to end in the data's %zu x %zu; make them a multiple of %zu",
                               name, first, values, elbow_layer_word(layers->layers[first].kind), place.height,
                               place.width, output.height, output.width, places);
    *shape = (struct elbow_shape){place.height, place.width, values / places};
    return ELBOW_OK;
}

static enum elbow_status check_head(const char *name, const struct elbow_layers *layers, struct elbow_shape given,
                                    struct elbow_shape output, struct elbow_error *error)
{
    size_t last = layers->count - 1;
    const struct elbow_layer *layer = &layers->layers[last];
    if (!elbow_shape_is_same(given, output))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the last %s is the output layer and must give %zu x %zu x %zu (height, "
                               "width, channels) for the data, but gives %zu x %zu x %zu; change its filters or sizes",
                               name, last, elbow_layer_word(layer->kind), output.height, output.width, output.channels,
                               given.height, given.width, given.channels);
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

// One end of a network is the data; where neither is an image, there is nothing to convolve.
static enum elbow_status check_image(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                     struct elbow_shape output, struct elbow_error *error)
{
    for (size_t i = 0; i < layers->count && !is_image(input) && !is_image(output); ++i) {
        const struct elbow_layer *layer = find(&layers->layers[i], needs_image);
        if (layer != NULL)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.%s.%zu: %s %s needs samples with a height and a width; if the rows of the "
                                   "data are flat images, data.shape says so",
                                   name, i, article_of(layer), elbow_layer_word(layer->kind));
    }
    return ELBOW_OK;
}

// Where the layers begin that the list ends in and that keep places.
static size_t trailing(const struct elbow_layers *layers)
{
    size_t first = layers->count;
    while (first > 0 && elbow_layer_keeps_places(&layers->layers[first - 1]))
        --first;
    return first;
}

// A convolution of flat values is a dense layer or unfolds them; what only moves places has nothing to do there.
static enum elbow_status check_flat(const char *name, const struct elbow_layers *layers, size_t i,
                                    struct elbow_error *error)
{
    const struct elbow_layer *layer = find(&layers->layers[i], only_moves);
    if (layer == NULL)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_CONFIG,
        "model.%s.%zu: %s %s does nothing here, where values have no height and width; put it %s, or "
        "remove it",
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
        status = check_size(name, i, shape, error);
        if (status != ELBOW_OK)
            return status;
        architecture->outputs[i] = shape;
        is_flat = !is_image(shape) && (is_flat || !elbow_layer_keeps_places(layer));
    }
    architecture->inputs[layers->count] = shape;
    architecture->outputs[layers->count] = output;
    return architecture->has_dense_head ? ELBOW_OK : check_head(name, layers, shape, output, error);
}
