// SPDX-License-Identifier: BSD-3-Clause
// Shapes forwards from the input, and, for the convolutions that end in an image, backwards from the output.
#include "elbow/nn/architecture.h"

#include <inttypes.h>

// Bounds that keep every product of sizes below 2^63, whatever a configuration asks for.
enum { SIDE_MAX = 1 << 30 };

size_t elbow_shape_values(struct elbow_shape shape)
{
    return shape.height * shape.width * shape.channels;
}

static bool is_same(struct elbow_shape a, struct elbow_shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

static const char *kind_of(const struct elbow_layer *layer)
{
    return layer->kind == ELBOW_LAYER_CONV2D ? "conv2d" : "conv_transpose2d";
}

static enum elbow_status refuse_misfit(const char *name, size_t index, const struct elbow_layer *layer,
                                       struct elbow_shape input, struct elbow_error *error)
{
    bool has_output_padding = layer->kind == ELBOW_LAYER_CONV_TRANSPOSE2D && layer->output_padding >= layer->stride;
    if (has_output_padding)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: an output_padding of %" PRId64 " must be below the stride, %" PRId64,
                               name, index, layer->output_padding, layer->stride);
    return elbow_error_set(error, ELBOW_CONFIG,
                           "model.%s.%zu: a %s of kernel %" PRId64 ", stride %" PRId64 ", padding %" PRId64
                           " does not fit an input of %zu x %zu x %zu (height, width, channels)",
                           name, index, kind_of(layer), layer->kernel, layer->stride, layer->padding, input.height,
                           input.width, input.channels);
}

static enum elbow_status check_size(const char *name, size_t index, struct elbow_shape shape, struct elbow_error *error)
{
    size_t values;
    if (shape.height <= SIDE_MAX && shape.width <= SIDE_MAX &&
        !__builtin_mul_overflow(shape.height * shape.width, shape.channels, &values) && values <= ELBOW_VALUES_MAX)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "model.%s.%zu: gives %zu x %zu x %zu values (height, width, channels), more than 2^31; use "
                           "smaller strides or fewer filters",
                           name, index, shape.height, shape.width, shape.channels);
}

// The smallest side of an input that gives `output`; 0 if there is none.
static size_t side_before(const struct elbow_layer *layer, size_t output)
{
    int64_t side = (int64_t)output, k = layer->kernel, s = layer->stride, p = layer->padding;
    if (layer->kind == ELBOW_LAYER_CONV2D)
        side = s * (side - 1) + k - 2 * p;
    else if ((side - layer->output_padding + 2 * p - k) % s != 0)
        return 0;
    else
        side = (side - layer->output_padding + 2 * p - k) / s + 1;
    return side > 0 && side <= SIDE_MAX ? (size_t)side : 0;
}

// Height and width (channels 0) of the input of the layers [first, count), which end in the output.
static enum elbow_status place_before(const char *name, const struct elbow_layers *layers, size_t first,
                                      struct elbow_shape output, struct elbow_shape *place, struct elbow_error *error)
{
    *place = (struct elbow_shape){output.height, output.width, 0};
    for (size_t i = layers->count; i-- > first;) {
        const struct elbow_layer *layer = &layers->layers[i];
        struct elbow_shape after = *place;
        place->height = side_before(layer, after.height);
        place->width = side_before(layer, after.width);
        if (place->height == 0 || place->width == 0)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.%s.%zu: no input of a %s of kernel %" PRId64 ", stride %" PRId64
                                   ", padding %" PRId64 ", output_padding %" PRId64
                                   " gives the %zu x %zu places that are needed behind it, to end in the data's "
                                   "%zu x %zu; change one of them",
                                   name, i, kind_of(layer), layer->kernel, layer->stride, layer->padding,
                                   layer->output_padding, after.height, after.width, output.height, output.width);
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
    size_t places = place.height * place.width;
    if (values % places != 0)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the %zu values before this %s cannot become %zu x %zu x channels, which "
                               "it takes to end in the data's %zu x %zu; make them a multiple of %zu",
                               name, first, values, kind_of(&layers->layers[first]), place.height, place.width,
                               output.height, output.width, places);
    *shape = (struct elbow_shape){place.height, place.width, values / places};
    return ELBOW_OK;
}

static enum elbow_status check_head(const char *name, const struct elbow_layers *layers, struct elbow_shape given,
                                    struct elbow_shape output, struct elbow_error *error)
{
    size_t last = layers->count - 1;
    const struct elbow_layer *layer = &layers->layers[last];
    if (!is_same(given, output))
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the last %s is the output layer and must give the data's %zu x %zu x %zu "
                               "(height, width, channels), but gives %zu x %zu x %zu; change its filters or sizes",
                               name, last, kind_of(layer), output.height, output.width, output.channels, given.height,
                               given.width, given.channels);
    if (layer->activation != ELBOW_ACTIVATION_NONE)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "model.%s.%zu: the last %s is the output layer, which has no activation; write "
                               "activation: none",
                               name, last, kind_of(layer));
    return ELBOW_OK;
}

static bool is_image(struct elbow_shape shape)
{
    return shape.height * shape.width > 1;
}

// One end of a network is the data; where neither is an image, there is nothing to convolve.
static enum elbow_status check_image(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                     struct elbow_shape output, struct elbow_error *error)
{
    for (size_t i = 0; i < layers->count && !is_image(input) && !is_image(output); ++i)
        if (layers->layers[i].kind != ELBOW_LAYER_DENSE)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.%s.%zu: a %s needs samples with a height and a width; if the rows of the "
                                   "data are flat images, data.shape says so",
                                   name, i, kind_of(&layers->layers[i]));
    return ELBOW_OK;
}

// Where the convolutions begin that the list ends in.
static size_t trailing(const struct elbow_layers *layers)
{
    size_t first = layers->count;
    while (first > 0 && layers->layers[first - 1].kind != ELBOW_LAYER_DENSE)
        --first;
    return first;
}

static struct elbow_shape flat(size_t values)
{
    return (struct elbow_shape){1, 1, values};
}

enum elbow_status elbow_architecture_plan(const char *name, struct elbow_shape input, const struct elbow_layers *layers,
                                          struct elbow_shape output, struct elbow_architecture *architecture,
                                          struct elbow_error *error)
{
    struct elbow_shape shape = input;
    size_t first = trailing(layers);
    architecture->has_dense_head = !is_image(output) || first == layers->count;
    enum elbow_status status = check_image(name, input, layers, output, error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < layers->count; ++i) {
        const struct elbow_layer *layer = &layers->layers[i];
        if (i == first && !architecture->has_dense_head && !is_image(shape))
            status = reshape(name, layers, first, output, &shape, error);
        if (status != ELBOW_OK)
            return status;
        architecture->inputs[i] = shape;
        if (layer->kind == ELBOW_LAYER_DENSE)
            shape = flat((size_t)layer->units);
        else if (!elbow_conv2d_shape(layer, architecture->inputs[i], &shape))
            return refuse_misfit(name, i, layer, architecture->inputs[i], error);
        status = check_size(name, i, shape, error);
        if (status != ELBOW_OK)
            return status;
        architecture->outputs[i] = shape;
    }
    architecture->inputs[layers->count] = shape;
    architecture->outputs[layers->count] = output;
    return architecture->has_dense_head ? ELBOW_OK : check_head(name, layers, shape, output, error);
}
