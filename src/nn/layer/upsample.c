// SPDX-License-Identifier: BSD-3-Clause
// upsample: each place becomes `factor` equal ones along each side (nearest neighbour); a side of length 1 (series)
// does not change. With a convolution behind it, it has none of the checkerboard patterns that a transposed one can
// leave (Odena et al. 2016). Backward a place gets the sum over its copies, plane by plane, row by row.
#include "elbow/nn/detail/layer.h"

#include "elbow/math/threads.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

static size_t factor_of(const struct elbow_layer *options, size_t side)
{
    return side <= 1 ? 1 : (size_t)options->factor;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)reason;
    *output = (struct elbow_shape){input.height * factor_of(options, input.height),
                                   input.width * factor_of(options, input.width), input.channels,
                                   input.depth * factor_of(options, input.depth)};
    return true;
}

// A side of length 1 does not change, so no larger side can come from it.
static bool divides(size_t factor, size_t side)
{
    return side % factor == 0 && (side <= 1 || side > factor);
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    size_t down = factor_of(options, output.height), right = factor_of(options, output.width);
    size_t behind = factor_of(options, output.depth);
    bool fits = divides(behind, output.depth) && divides(down, output.height) && divides(right, output.width);
    if (!fits)
        snprintf(reason, ELBOW_LAYER_REASON_SIZE, "an upsample by %lld cannot give the %s places",
                 (long long)options->factor,
                 elbow_shape_places_text(output, elbow_shape_axes(output) == 3 ? 3 : 2).text);
    input->depth = output.depth / behind;
    input->height = output.height / down;
    input->width = output.width / right;
    return fits;
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    (void)parameters;
    (void)site;
    (void)layer;
    (void)error;
    return ELBOW_OK;
}

struct pass {
    size_t planes, height, width, channels; // of the input
    size_t behind, down, right;             // factors
    const float *x, *dy;
    float *y, *dx;
};

static struct pass pass_of(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    size_t planes = elbow_shape_depth(layer->input);
    return (struct pass){.planes = planes,
                         .height = layer->input.height,
                         .width = layer->input.width,
                         .channels = layer->input.channels,
                         .behind = elbow_shape_depth(layer->output) / planes,
                         .down = layer->output.height / layer->input.height,
                         .right = layer->output.width / layer->input.width,
                         .x = call->x,
                         .dy = call->dy,
                         .y = call->y,
                         .dx = call->dx};
}

// A row of places is spread to the right, then down, a plane then behind itself.
static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t channels = pass->channels, wide = pass->width * pass->right * channels;
    size_t plane = pass->height * pass->down * wide;
    const float *x = pass->x + first * pass->planes * pass->height * pass->width * channels;
    float *y = pass->y + first * pass->planes * pass->behind * plane;
    (void)part;
    for (size_t z = first * pass->planes; z < (first + count) * pass->planes; ++z) {
        float *begin = y;
        for (size_t i = 0; i < pass->height; ++i, x += pass->width * channels) {
            float *line = y;
            for (size_t j = 0; j < pass->width; ++j)
                for (size_t k = 0; k < pass->right; ++k, y += channels)
                    memcpy(y, x + j * channels, channels * sizeof *y);
            for (size_t k = 1; k < pass->down; ++k, y += wide)
                memcpy(y, line, wide * sizeof *y);
        }
        for (size_t k = 1; k < pass->behind; ++k, y += plane)
            memcpy(y, begin, plane * sizeof *y);
    }
}

// Adds a plane of dy to one of dx.
static void add_plane(const struct pass *pass, const float *dy, float *dx)
{
    size_t channels = pass->channels, wide = pass->width * pass->right;
    for (size_t i = 0; i < pass->height; ++i, dx += pass->width * channels)
        for (size_t k = 0; k < pass->down; ++k)
            for (size_t j = 0; j < wide; ++j, dy += channels)
                for (size_t c = 0; c < channels; ++c)
                    dx[j / pass->right * channels + c] += dy[c];
}

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t plane = pass->height * pass->width * pass->channels, large = plane * pass->down * pass->right;
    (void)part;
    memset(pass->dx + first * pass->planes * plane, 0, count * pass->planes * plane * sizeof(float));
    for (size_t z = first * pass->planes; z < (first + count) * pass->planes; ++z)
        for (size_t k = 0; k < pass->behind; ++k)
            add_plane(pass, pass->dy + (z * pass->behind + k) * large, pass->dx + z * plane);
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    struct pass pass = pass_of(layer, call);
    (void)parts;
    elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->outputs + 1) + 1, forward_span, &pass);
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    struct pass pass = pass_of(layer, call);
    (void)parts;
    if (call->dx)
        elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->outputs + 1) + 1, backward_span, &pass);
}

// Each side gets a neighbour of length 1, which is then repeated.
static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct elbow_shape *in = &layer->input, *out = &layer->output;
    const size_t apart[] = {elbow_shape_depth(*in), 1, in->height, 1, in->width, 1, in->channels};
    const int64_t repeated[] = {1,
                                (int64_t)apart[0],
                                (int64_t)(elbow_shape_depth(*out) / apart[0]),
                                (int64_t)in->height,
                                (int64_t)(out->height / in->height),
                                (int64_t)in->width,
                                (int64_t)(out->width / in->width),
                                (int64_t)in->channels};
    (void)parameters;
    x = elbow_onnx_reshape(onnx, x, 7, apart);
    x = elbow_onnx_two(onnx, "Expand", x, elbow_onnx_integers(onnx, 8, repeated));
    return elbow_onnx_reshape(onnx, x, 1, &layer->outputs);
}

const struct elbow_layer_row elbow_layer_upsample = {.needs_image = true,
                                                     .only_moves = true,
                                                     .shape = shape,
                                                     .place_before = place_before,
                                                     .create = create,
                                                     .forward = forward,
                                                     .backward = backward,
                                                     .onnx = onnx_of};
