// SPDX-License-Identifier: BSD-3-Clause
// The shortcut around layers. Places that are not skipped are in their order, so that a sample's values are the rows of
// the product without a copy.
#include "elbow/nn/detail/projection.h"

#include "elbow/base/memory.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/threads.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 14 }; // values that are worth a thread

// Every how many places of a side are taken for the output's; 0: there is no such number.
static size_t stride_of(size_t input, size_t output)
{
    size_t stride = (input + output - 1) / output;
    return (input + stride - 1) / stride == output ? stride : 0;
}

static bool is_identity(struct elbow_shape input, struct elbow_shape output)
{
    bool is_flattened = elbow_shape_places(output) == 1 && elbow_shape_values(input) == elbow_shape_values(output);
    return elbow_shape_is_same(input, output) || is_flattened;
}

bool elbow_projection_fits(struct elbow_shape input, struct elbow_shape output, char reason[ELBOW_LAYER_REASON_SIZE])
{
    bool fits = is_identity(input, output) || elbow_shape_places(output) == 1 ||
                (stride_of(elbow_shape_depth(input), elbow_shape_depth(output)) > 0 &&
                 stride_of(input.height, output.height) > 0 && stride_of(input.width, output.width) > 0);
    int axes = elbow_shape_axes(input) == 3 ? 3 : 2;
    if (!fits)
        snprintf(reason, ELBOW_LAYER_REASON_SIZE,
                 "its layers make %s places of %s, and the projection around them can only keep or skip places; use "
                 "layers that keep their number, or divide it by a whole number",
                 elbow_shape_places_text(output, axes).text, elbow_shape_places_text(input, axes).text);
    return fits;
}

static void list_places(struct elbow_shape input, struct elbow_shape output, size_t *from)
{
    size_t down = stride_of(input.height, output.height), right = stride_of(input.width, output.width);
    size_t behind = stride_of(elbow_shape_depth(input), elbow_shape_depth(output));
    for (size_t h = 0; h < elbow_shape_depth(output); ++h)
        for (size_t i = 0; i < output.height; ++i)
            for (size_t j = 0; j < output.width; ++j)
                *from++ = (h * behind * input.height + i * down) * input.width + j * right;
}

enum elbow_status elbow_projection_create(struct elbow_shape input, struct elbow_shape output, bool has_rows,
                                          struct elbow_projection *projection, struct elbow_error *error)
{
    size_t places = elbow_shape_places(output);
    *projection = (struct elbow_projection){.is_identity = is_identity(input, output),
                                            .inputs = elbow_shape_values(input),
                                            .places = places,
                                            .channels = places == 1 ? elbow_shape_values(input) : input.channels,
                                            .filters = output.channels};
    projection->skips = !projection->is_identity && places * projection->channels != projection->inputs;
    if (!projection->skips || !has_rows)
        return ELBOW_OK;
    enum elbow_status status = elbow_allocate(&projection->from, places, sizeof *projection->from, "a layer", error);
    if (status == ELBOW_OK)
        list_places(input, output, projection->from);
    return status;
}

void elbow_projection_destroy(struct elbow_projection *projection)
{
    elbow_release(&projection->from);
    *projection = (struct elbow_projection){0};
}

size_t elbow_projection_workspace(const struct elbow_projection *projection)
{
    return projection->is_identity ? 0 : projection->places * projection->channels;
}

struct move {
    const struct elbow_projection *projection;
    const float *source;
    float *target;
};

// The places that are taken, of some rows.
static void take_span(void *user, int part, size_t first, size_t count)
{
    const struct move *move = user;
    const struct elbow_projection *projection = move->projection;
    size_t channels = projection->channels;
    (void)part;
    for (size_t row = first; row < first + count; ++row)
        for (size_t k = 0; k < projection->places; ++k)
            memcpy(move->target + (row * projection->places + k) * channels,
                   move->source + row * projection->inputs + projection->from[k] * channels,
                   channels * sizeof *move->target);
}

// The reverse: adds the values of places to the places that they came from.
static void give_span(void *user, int part, size_t first, size_t count)
{
    const struct move *move = user;
    const struct elbow_projection *projection = move->projection;
    size_t channels = projection->channels, places = projection->places;
    (void)part;
    for (size_t row = first; row < first + count; ++row)
        for (size_t k = 0; k < places; ++k) {
            size_t place = projection->skips ? projection->from[k] : k;
            const float *source = move->source + (row * places + k) * channels;
            float *target = move->target + row * projection->inputs + place * channels;
            for (size_t c = 0; c < channels; ++c)
                target[c] += source[c];
        }
}

static void add_span(void *user, int part, size_t first, size_t count)
{
    const struct move *move = user;
    size_t values = move->projection->inputs;
    (void)part;
    for (size_t i = first * values; i < (first + count) * values; ++i)
        move->target[i] += move->source[i];
}

static void run(void (*span)(void *user, int part, size_t first, size_t count),
                const struct elbow_projection *projection, size_t rows, const float *source, float *target)
{
    struct move move = {projection, source, target};
    elbow_threads_split(rows, 1, VALUES_LEAST / (projection->inputs + 1) + 1, span, &move);
}

// The rows of the product.
static const float *taken(const struct elbow_projection *projection, size_t rows, const float *x, float *workspace)
{
    if (!projection->skips)
        return x;
    run(take_span, projection, rows, x, workspace);
    return workspace;
}

void elbow_projection_forward(const struct elbow_projection *projection, size_t rows, const float *x,
                              const float *weight, float *workspace, float *y)
{
    size_t channels = projection->channels;
    if (projection->is_identity)
        run(add_span, projection, rows, x, y);
    else
        elbow_dense_product_forward(rows * projection->places, channels, projection->filters,
                                    (struct elbow_span){0, channels}, taken(projection, rows, x, workspace), weight, y);
}

void elbow_projection_weight(const struct elbow_projection *projection, size_t rows, const float *x, const float *dy,
                             float *workspace, float *dweight)
{
    size_t channels = projection->channels;
    if (!projection->is_identity)
        elbow_dense_product_weight(rows * projection->places, channels, projection->filters,
                                   (struct elbow_span){0, channels}, taken(projection, rows, x, workspace), dy,
                                   dweight);
}

void elbow_projection_inputs(const struct elbow_projection *projection, size_t rows, const float *dy,
                             const float *weight, float *workspace, float *dx)
{
    if (projection->is_identity) {
        run(add_span, projection, rows, dy, dx);
        return;
    }
    elbow_dense_product_input(rows * projection->places, projection->channels, projection->filters, dy, weight,
                              workspace);
    run(give_span, projection, rows, workspace, dx);
}

// The places that are used, of rows of places.
static elbow_onnx_value take_onnx(const struct elbow_projection *projection, struct elbow_onnx *onnx,
                                  elbow_onnx_value x)
{
    int64_t *from = NULL;
    const struct elbow_onnx_attribute axis = {.name = "axis", .kind = ELBOW_ONNX_INTEGER, .integers = {1}, .count = 1};
    if (elbow_allocate(&from, projection->places, sizeof *from, "places", NULL) != ELBOW_OK) {
        onnx->graph.lacks_memory = true;
        return x;
    }
    for (size_t k = 0; k < projection->places; ++k)
        from[k] = (int64_t)projection->from[k];
    const elbow_onnx_value inputs[] = {x, elbow_onnx_integers(onnx, (int)projection->places, from)};
    elbow_release(&from);
    return elbow_onnx_node(onnx, "Gather", 2, inputs, 1, &axis);
}

elbow_onnx_value elbow_projection_onnx(const struct elbow_projection *projection, const float *weight,
                                       struct elbow_onnx *onnx, elbow_onnx_value x)
{
    size_t channels = projection->channels, outputs = projection->places * projection->filters;
    const size_t places[] = {projection->inputs / channels, channels}, shape[] = {channels, projection->filters};
    if (projection->is_identity)
        return x;
    x = elbow_onnx_reshape(onnx, x, 2, places);
    if (projection->skips)
        x = take_onnx(projection, onnx, x);
    x = elbow_onnx_two(onnx, "MatMul", x, elbow_onnx_floats(onnx, 2, shape, weight));
    return elbow_onnx_reshape(onnx, x, 1, &outputs);
}
