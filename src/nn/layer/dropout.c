// SPDX-License-Identifier: BSD-3-Clause
// dropout (Srivastava et al. 2014, section 4, scaled in training as in common use): y = m x, dx = m dy, where each m is
// 0 with probability `rate`, otherwise 1 / (1 - rate). In evaluation y = x.
//
// Value i of a sample is dropped where the number in [0, 1) of word i of its stream is below the rate: keyed by the
// sample, by the epoch, and by the layer's name, whose hash is mixed into the seed. Samples in any order, on any rank
// and in any microbatch have the same masks. m is kept.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/math/random.h"
#include "elbow/math/threads.h"

#include <string.h>

enum { VALUES_LEAST = 1 << 12, PIECE = 64 }; // values that are worth a thread; words that are drawn at once

struct dropout {
    uint64_t key; // of the layer
    float rate, scale;
};

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output,
                  char reason[ELBOW_LAYER_REASON_SIZE])
{
    (void)options;
    (void)reason;
    *output = input;
    return true;
}

static bool place_before(const struct elbow_layer *options, struct elbow_shape output, struct elbow_shape *input,
                         char reason[ELBOW_LAYER_REASON_SIZE])
{
    size_t channels = input->channels;
    (void)options;
    (void)reason;
    *input = output;
    input->channels = channels;
    return true;
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct dropout *dropout = NULL;
    enum elbow_status status = elbow_allocate(&dropout, 1, sizeof *dropout, "a layer", error);
    (void)parameters;
    if (status != ELBOW_OK)
        return status;
    layer->state = dropout;
    *dropout = (struct dropout){.key = elbow_hash_text(site->name),
                                .rate = (float)site->options->rate,
                                .scale = (float)(1.0 / (1.0 - site->options->rate))};
    return ELBOW_OK;
}

static size_t kept(const struct elbow_layer_instance *layer)
{
    return layer->outputs;
}

static bool drops(const struct elbow_layer_call *call)
{
    return call->about != NULL && call->about->is_training && call->about->ids != NULL;
}

struct pass {
    struct dropout dropout;
    const struct elbow_layer_call *call;
    size_t values;
};

// m of some values of a row.
static void draw(const struct pass *pass, size_t row, size_t first, size_t count, float *m)
{
    const struct elbow_about *about = pass->call->about;
    struct elbow_stream stream = {.seed = about->seed ^ pass->dropout.key,
                                  .purpose = ELBOW_PURPOSE_DROPOUT,
                                  .id = about->ids[row],
                                  .draw = about->epoch};
    uint32_t words[PIECE];
    elbow_random_words(stream, first, count, words);
    for (size_t i = 0; i < count; ++i)
        m[i] = elbow_random_unit(words[i]) < pass->dropout.rate ? 0.0f : pass->dropout.scale;
}

// A NaN stays one, dropped or not.
static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        const float *x = pass->call->x + row * pass->values;
        float *y = pass->call->y + row * pass->values;
        for (size_t begin = 0; begin < pass->values; begin += PIECE) {
            size_t piece = pass->values - begin < PIECE ? pass->values - begin : PIECE;
            float drawn[PIECE], *m = pass->call->kept ? pass->call->kept + row * pass->values + begin : drawn;
            draw(pass, row, begin, piece, m);
            for (size_t i = 0; i < piece; ++i)
                y[begin + i] = m[i] * x[begin + i];
        }
    }
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    struct pass pass = {*(const struct dropout *)layer->state, call, layer->outputs};
    (void)parts;
    if (drops(call))
        elbow_threads_split(call->rows, 1, VALUES_LEAST / (layer->outputs + 1) + 1, forward_span, &pass);
    else
        memcpy(call->y, call->x, call->rows * layer->outputs * sizeof *call->y);
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    size_t values = call->rows * layer->outputs;
    (void)parts;
    if (call->dx && !drops(call))
        memcpy(call->dx, call->dy, values * sizeof *call->dx);
    for (size_t i = 0; call->dx && drops(call) && i < values; ++i)
        call->dx[i] = call->kept[i] * call->dy[i];
}

// Nothing is dropped outside of training.
static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    (void)layer;
    (void)parameters;
    (void)onnx;
    return x;
}

const struct elbow_layer_row elbow_layer_dropout = {.shape = shape,
                                                    .place_before = place_before,
                                                    .create = create,
                                                    .kept = kept,
                                                    .forward = forward,
                                                    .backward = backward,
                                                    .onnx = onnx_of};
