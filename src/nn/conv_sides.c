// SPDX-License-Identifier: BSD-3-Clause
// The sizes of the convolutional layers, axis by axis. Along an axis that a kind does not have, samples have one place.
#include "elbow/nn/detail/conv_layer.h"

#include "elbow/base/text.h"

#include <inttypes.h>

enum { SIDE_MAX = 1 << 30 };

bool elbow_conv_is_transposed(enum elbow_layer_kind kind)
{
    return kind == ELBOW_LAYER_CONV_TRANSPOSE1D || kind == ELBOW_LAYER_CONV_TRANSPOSE2D ||
           kind == ELBOW_LAYER_CONV_TRANSPOSE3D;
}

int elbow_conv_axes(enum elbow_layer_kind kind)
{
    switch (kind) {
    case ELBOW_LAYER_CONV1D:
    case ELBOW_LAYER_CONV_TRANSPOSE1D:
        return 1;
    case ELBOW_LAYER_CONV3D:
    case ELBOW_LAYER_CONV_TRANSPOSE3D:
        return 3;
    default:
        return 2;
    }
}

static struct elbow_sides sides_of(int axes, int64_t along, int64_t else_)
{
    return (struct elbow_sides){(size_t)(axes >= 3 ? along : else_), (size_t)(axes >= 2 ? along : else_),
                                (size_t)along};
}

struct elbow_window elbow_conv_window(const struct elbow_layer *options)
{
    int axes = elbow_conv_axes(options->kind);
    return (struct elbow_window){.kernel = sides_of(axes, options->kernel, 1),
                                 .stride = sides_of(axes, options->stride, 1),
                                 .padding = sides_of(axes, options->padding, 0)};
}

static void check_options(const struct elbow_layer *options)
{
    ELBOW_CHECK(options->filters > 0 && options->kernel > 0 && options->stride > 0);
    ELBOW_CHECK(options->padding >= 0 && options->output_padding >= 0);
}

// Places along an axis of the output; below 1: there are none.
static int64_t side_after(const struct elbow_layer *options, size_t input)
{
    if (elbow_conv_is_transposed(options->kind))
        return options->stride * ((int64_t)input - 1) + options->kernel + options->output_padding -
               2 * options->padding;
    int64_t over = (int64_t)input + 2 * options->padding - options->kernel;
    return over < 0 ? 0 : over / options->stride + 1;
}

// Likewise of the smallest input that gives an output.
static int64_t side_before(const struct elbow_layer *options, size_t output)
{
    if (!elbow_conv_is_transposed(options->kind))
        return options->stride * ((int64_t)output - 1) + options->kernel - 2 * options->padding;
    int64_t steps = (int64_t)output - options->output_padding + 2 * options->padding - options->kernel;
    return steps % options->stride == 0 ? steps / options->stride + 1 : 0;
}

typedef int64_t side_function(const struct elbow_layer *options, size_t places);

// Applies the function along the axes of the kind; false if there are no places or too many.
static bool map_sides(const struct elbow_layer *options, side_function *side, struct elbow_shape from,
                      struct elbow_shape *to)
{
    int axes = elbow_conv_axes(options->kind);
    int64_t depth = axes >= 3 ? side(options, elbow_shape_depth(from)) : 1;
    int64_t height = axes >= 2 ? side(options, from.height) : 1, width = side(options, from.width);
    bool fits = depth > 0 && height > 0 && width > 0 && depth <= SIDE_MAX && height <= SIDE_MAX && width <= SIDE_MAX;
    to->depth = axes >= 3 && fits ? (size_t)depth : from.depth;
    to->height = fits ? (size_t)height : 0;
    to->width = fits ? (size_t)width : 0;
    return fits;
}

// True if there is only one place along the axes that the kind does not have.
static bool has_axes(const struct elbow_layer *options, struct elbow_shape shape, char reason[ELBOW_LAYER_REASON_SIZE])
{
    int axes = elbow_conv_axes(options->kind);
    if ((axes >= 3 || elbow_shape_depth(shape) == 1) && (axes >= 2 || shape.height == 1))
        return true;
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE, "a %s goes along %s, and cannot take %s places",
                            elbow_layer_word(options->kind), axes == 1 ? "one axis" : "two axes",
                            elbow_shape_places_text(shape, axes).text);
    return false;
}

bool elbow_conv_layer_shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                            char reason[ELBOW_LAYER_REASON_SIZE])
{
    int axes = elbow_conv_axes(options->kind);
    check_options(options);
    ELBOW_CHECK(elbow_shape_values(input) > 0);
    if (elbow_conv_is_transposed(options->kind) && options->output_padding >= options->stride) {
        (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                                "an output_padding of %" PRId64 " must be below the stride, %" PRId64,
                                options->output_padding, options->stride);
        return false;
    }
    if (!has_axes(options, input, reason))
        return false;
    output->channels = (size_t)options->filters;
    if (map_sides(options, side_after, input, output))
        return true;
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                            "a %s of kernel %" PRId64 ", stride %" PRId64 ", padding %" PRId64
                            " does not fit an input of %s (%s)",
                            elbow_layer_word(options->kind), options->kernel, options->stride, options->padding,
                            elbow_shape_text(input, axes).text, elbow_shape_names(axes));
    return false;
}

bool elbow_conv_layer_place(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                            char reason[ELBOW_LAYER_REASON_SIZE])
{
    check_options(options);
    if (!has_axes(options, output, reason))
        return false;
    if (map_sides(options, side_before, output, input))
        return true;
    (void)elbow_text_format(reason, ELBOW_LAYER_REASON_SIZE,
                            "no input of a %s of kernel %" PRId64 ", stride %" PRId64 ", padding %" PRId64
                            ", output_padding %" PRId64 " gives the %s places",
                            elbow_layer_word(options->kind), options->kernel, options->stride, options->padding,
                            options->output_padding,
                            elbow_shape_places_text(output, elbow_conv_axes(options->kind)).text);
    return false;
}
