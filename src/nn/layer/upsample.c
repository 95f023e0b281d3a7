// SPDX-License-Identifier: BSD-3-Clause
// upsample: each place becomes `factor` x `factor` equal ones (nearest neighbour); a side of length 1 (series) is left
// as it is. With a convolution behind it, it has none of the chequered patterns that a conv_transpose2d can leave
// (Odena et al. 2016). Backward a place gets the sum over those that it became, row by row.
#include "elbow/nn/detail/layer.h"

#include "elbow/math/threads.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

static size_t factor_of(const struct elbow_layer *options, size_t side)
{
    return side == 1 ? 1 : (size_t)options->factor;
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)reason;
    *output = (struct elbow_shape){input.height * factor_of(options, input.height),
                                   input.width * factor_of(options, input.width), input.channels};
    return true;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    size_t down = factor_of(options, output.height), right = factor_of(options, output.width);
    // From a side of length 1, which would stay, nothing becomes longer.
    bool fits = output.height % down == 0 && output.width % right == 0 &&
                (output.height == 1 || output.height > down) && (output.width == 1 || output.width > right);
    if (!fits)
        snprintf(reason, ELBOW_LAYER_REASON_SIZE, "an upsample by %lld cannot give the %zu x %zu places",
                 (long long)options->factor, output.height, output.width);
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
    size_t height, width, channels; // of the input
    size_t down, right;             // factors
    const float *x, *dy;
    float *y, *dx;
};

static struct pass pass_of(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    return (struct pass){.height = layer->input.height,
                         .width = layer->input.width,
                         .channels = layer->input.channels,
                         .down = layer->output.height / layer->input.height,
                         .right = layer->output.width / layer->input.width,
                         .x = call->x,
                         .dy = call->dy,
                         .y = call->y,
                         .dx = call->dx};
}

// A row of places is spread to the right, then down.
static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t channels = pass->channels, wide = pass->width * pass->right * channels;
    (void)part;
    for (size_t line = first * pass->height; line < (first + count) * pass->height; ++line) {
        const float *x = pass->x + line * pass->width * channels;
        float *y = pass->y + line * pass->down * wide, *to = y;
        for (size_t j = 0; j < pass->width; ++j)
            for (size_t k = 0; k < pass->right; ++k, to += channels)
                memcpy(to, x + j * channels, channels * sizeof *to);
        for (size_t k = 1; k < pass->down; ++k)
            memcpy(y + k * wide, y, wide * sizeof *y);
    }
}

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t channels = pass->channels, wide = pass->width * pass->right * channels;
    (void)part;
    memset(pass->dx + first * pass->height * pass->width * channels, 0,
           count * pass->height * pass->width * channels * sizeof(float));
    for (size_t line = first * pass->height; line < (first + count) * pass->height; ++line)
        for (size_t k = 0; k < pass->down; ++k) {
            const float *dy = pass->dy + (line * pass->down + k) * wide;
            float *dx = pass->dx + line * pass->width * channels;
            for (size_t j = 0; j < pass->width * pass->right; ++j, dy += channels)
                for (size_t c = 0; c < channels; ++c)
                    dx[j / pass->right * channels + c] += dy[c];
        }
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

const struct elbow_layer_row elbow_layer_upsample = {.needs_image = true,
                                                     .only_moves = true,
                                                     .shape = shape,
                                                     .place_before = place_before,
                                                     .create = create,
                                                     .forward = forward,
                                                     .backward = backward};
