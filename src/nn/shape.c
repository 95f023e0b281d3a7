// SPDX-License-Identifier: BSD-3-Clause
// Shapes in words.
#include "elbow/nn/shape.h"

#include "elbow/base/text.h"

struct elbow_shape_text elbow_shape_places_text(struct elbow_shape shape, int axes)
{
    struct elbow_shape_text text;
    size_t size = sizeof text.text, depth = elbow_shape_depth(shape);
    if (axes == 3 || depth > 1)
        (void)elbow_text_format(text.text, size, "%zu x %zu x %zu", depth, shape.height, shape.width);
    else if (axes == 2 || shape.height > 1)
        (void)elbow_text_format(text.text, size, "%zu x %zu", shape.height, shape.width);
    else
        (void)elbow_text_format(text.text, size, "%zu", shape.width);
    return text;
}

struct elbow_shape_text elbow_shape_text(struct elbow_shape shape, int axes)
{
    struct elbow_shape_text text;
    (void)elbow_text_format(text.text, sizeof text.text, "%s x %zu", elbow_shape_places_text(shape, axes).text,
                            shape.channels);
    return text;
}

const char *elbow_shape_names(int axes)
{
    return axes == 3 ? "depth, height, width, channels" : axes == 2 ? "height, width, channels" : "time, channels";
}
