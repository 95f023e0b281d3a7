// SPDX-License-Identifier: BSD-3-Clause
// layer_norm (Ba, Kiros and Hinton 2016, eqs. 3 and 4): over the n values of a sample of any shape,
//   m = mean(x);  s = sqrt(mean((x - m)^2) + epsilon);  h = (x - m) / s;  y = f(gain h + bias),
// where gain and bias are one number for each channel. With da = dy f'(a) and g = gain da:
//   dgain = sum over rows and places of h da;  dbias = sum of da;  dx = (g - mean(g) - h mean(g h)) / s.
// Tensors: gain (channels), bias (channels).
//
// A sample is normalised by its own values alone, so a row's bits do not depend on its neighbours, as those of batch
// normalisation would. h is computed again backward, which costs less than keeping it.
#include "elbow/nn/detail/layer.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"
#include "elbow/math/vector.h"
#include "elbow/nn/activation.h"

#include <math.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

struct layer_norm {
    enum elbow_activation activation;
    double epsilon;
    size_t gain, bias; // offsets in the arena
    size_t rows_max;
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
    (void)options;
    (void)reason;
    input->depth = output.depth;
    input->height = output.height;
    input->width = output.width;
    return true;
}

static enum elbow_status create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                struct elbow_layer_instance *layer, struct elbow_error *error)
{
    struct layer_norm *norm = NULL;
    enum elbow_status status = elbow_allocate(&norm, 1, sizeof *norm, "a layer", error);
    if (status != ELBOW_OK)
        return status;
    layer->state = norm;
    norm->activation = (enum elbow_activation)site->options->activation;
    norm->epsilon = site->options->epsilon;
    norm->rows_max = site->rows_max;
    struct elbow_tensor gain = {
        .rank = 1, .shape = {layer->output.channels}, .initial = ELBOW_INITIAL_CONSTANT, .value = 1};
    struct elbow_tensor bias = {.rank = 1, .shape = {layer->output.channels}, .initial = ELBOW_INITIAL_CONSTANT};
    status = elbow_layer_add_tensor(parameters, site, "gain", gain, &norm->gain, error);
    if (status == ELBOW_OK)
        status = elbow_layer_add_tensor(parameters, site, "bias", bias, &norm->bias, error);
    return status;
}

static size_t kept(const struct elbow_layer_instance *layer)
{
    const struct layer_norm *norm = layer->state;
    return elbow_activation_keeps_derivative(norm->activation) ? layer->outputs : 0;
}

// h of all rows.
static size_t workspace(const struct elbow_layer_instance *layer)
{
    const struct layer_norm *norm = layer->state;
    return norm->rows_max * layer->outputs;
}

// One row: h; returns 1 / s.
static double normalize(double epsilon, size_t n, const float *restrict x, float *restrict h)
{
    double mean = elbow_vector_sum(n, x) / (double)n;
    for (size_t i = 0; i < n; ++i)
        h[i] = (float)((double)x[i] - mean);
    double inverse = 1 / sqrt(elbow_vector_scale(n, 1, h, h) / (double)n + epsilon);
    for (size_t i = 0; i < n; ++i)
        h[i] = (float)((double)h[i] * inverse);
    return inverse;
}

struct pass {
    const struct layer_norm *norm;
    const struct elbow_layer_call *call;
    size_t values, channels;
};

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    const float *gain = pass->call->parameters + pass->norm->gain;
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        float *y = pass->call->y + row * pass->values;
        normalize(pass->norm->epsilon, pass->values, pass->call->x + row * pass->values, y);
        for (size_t place = 0; place < pass->values; place += pass->channels)
            for (size_t c = 0; c < pass->channels; ++c)
                y[place + c] *= gain[c];
    }
}

static struct pass pass_of(const struct elbow_layer_instance *layer, const struct elbow_layer_call *call)
{
    return (struct pass){layer->state, call, layer->outputs, layer->output.channels};
}

static void forward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                    const struct elbow_layer_call *call)
{
    struct pass pass = pass_of(layer, call);
    (void)parts;
    elbow_threads_split(call->rows, 1, VALUES_LEAST / (pass.values + 1) + 1, forward_span, &pass);
    elbow_activation_forward(pass.norm->activation, call->rows * elbow_shape_places(layer->output), pass.channels,
                             call->parameters + pass.norm->bias, call->y, call->kept);
}

// dx of a row from g = gain da and h.
static void differentiate(const struct pass *pass, double inverse, const float *restrict da, const float *restrict h,
                          float *restrict dx)
{
    const float *gain = pass->call->parameters + pass->norm->gain;
    size_t n = pass->values;
    double sum = 0, with_h = 0;
    for (size_t place = 0; place < n; place += pass->channels)
        for (size_t c = 0; c < pass->channels; ++c) {
            double g = (double)gain[c] * (double)da[place + c];
            sum += g;
            with_h += g * (double)h[place + c];
        }
    double mean = sum / (double)n, mean_with_h = with_h / (double)n;
    for (size_t place = 0; place < n; place += pass->channels)
        for (size_t c = 0; c < pass->channels; ++c) {
            size_t i = place + c;
            dx[i] = (float)(inverse * ((double)gain[c] * (double)da[i] - mean - (double)h[i] * mean_with_h));
        }
}

static void rows_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    const struct elbow_layer_call *call = pass->call;
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        size_t at = row * pass->values;
        double inverse = normalize(pass->norm->epsilon, pass->values, call->x + at, call->workspace + at);
        if (call->dx)
            differentiate(pass, inverse, call->dy + at, call->workspace + at, call->dx + at);
    }
}

// Channels [first, first + count) of both gradients, over rows and places in their order.
static void channels_span(void *user, int part, size_t first, size_t count)
{
    enum { BLOCK = 64 };
    const struct pass *pass = user;
    const struct elbow_layer_call *call = pass->call;
    (void)part;
    for (size_t begin = first, block; begin < first + count; begin += block) {
        block = first + count - begin < BLOCK ? first + count - begin : BLOCK;
        double gain[BLOCK] = {0}, bias[BLOCK] = {0};
        for (size_t at = begin; at < call->rows * pass->values; at += pass->channels)
            for (size_t c = 0; c < block; ++c) {
                gain[c] += (double)call->dy[at + c] * (double)call->workspace[at + c];
                bias[c] += (double)call->dy[at + c];
            }
        for (size_t c = 0; c < block; ++c) {
            call->gradient[pass->norm->gain + begin + c] = (float)gain[c];
            call->gradient[pass->norm->bias + begin + c] = (float)bias[c];
        }
    }
}

static void backward(const struct elbow_layer_instance *layer, struct elbow_span parts,
                     const struct elbow_layer_call *call)
{
    struct pass pass = pass_of(layer, call);
    size_t values = call->rows * pass.values;
    (void)parts;
    elbow_activation_backward(pass.norm->activation, values, call->y, call->kept, call->dy);
    elbow_threads_split(call->rows, 1, VALUES_LEAST / (pass.values + 1) + 1, rows_span, &pass);
    elbow_threads_split(pass.channels, ELBOW_THREADS_LINE, VALUES_LEAST * pass.channels / (values + 1) + 1,
                        channels_span, &pass);
}

static elbow_onnx_value mean_of(struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct elbow_onnx_attribute axes = {.name = "axes", .kind = ELBOW_ONNX_INTEGERS, .integers = {1}, .count = 1};
    return elbow_onnx_node(onnx, "ReduceMean", 1, &x, 1, &axes);
}

static elbow_onnx_value onnx_of(const struct elbow_layer_instance *layer, const float *parameters,
                                struct elbow_onnx *onnx, elbow_onnx_value x)
{
    const struct layer_norm *norm = layer->state;
    size_t channels = layer->output.channels;
    const size_t shape[] = {layer->outputs / channels, channels};
    elbow_onnx_value apart = elbow_onnx_two(onnx, "Sub", x, mean_of(onnx, x));
    elbow_onnx_value variance = mean_of(onnx, elbow_onnx_two(onnx, "Mul", apart, apart));
    variance = elbow_onnx_two(onnx, "Add", variance, elbow_onnx_float(onnx, (float)norm->epsilon));
    elbow_onnx_value h = elbow_onnx_two(onnx, "Div", apart, elbow_onnx_one(onnx, "Sqrt", variance));
    h = elbow_onnx_reshape(onnx, h, 2, shape);
    h = elbow_onnx_two(onnx, "Mul", h, elbow_onnx_floats(onnx, 1, &channels, parameters + norm->gain));
    h = elbow_onnx_two(onnx, "Add", h, elbow_onnx_floats(onnx, 1, &channels, parameters + norm->bias));
    return elbow_activation_onnx(norm->activation, onnx, elbow_onnx_reshape(onnx, h, 1, &layer->outputs));
}

const struct elbow_layer_row elbow_layer_layer_norm = {.shape = shape,
                                                       .place_before = place_before,
                                                       .create = create,
                                                       .kept = kept,
                                                       .workspace = workspace,
                                                       .forward = forward,
                                                       .backward = backward,
                                                       .onnx = onnx_of};
