// SPDX-License-Identifier: BSD-3-Clause
// The layer residual in double precision: y = F(x) + S(x), F the references of its layers one after the other, S(x) =
// x, or P x of all values, or P x at every s-th place.
#include "reference_layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESIDUAL(first, layers)                                                                                        \
    {                                                                                                                  \
        .kind = ELBOW_LAYER_RESIDUAL, .inner = {.ahead = (first), .count = (layers) }                                  \
    }
#define DENSE(units_, activation_)                                                                                     \
    {                                                                                                                  \
        .kind = ELBOW_LAYER_DENSE, .units = (units_), .activation = ELBOW_ACTIVATION_##activation_                     \
    }
#define CONV(axes, filters_, kernel_, stride_, padding_)                                                               \
    {                                                                                                                  \
        .kind = ELBOW_LAYER_CONV##axes, .filters = (filters_), .kernel = (kernel_), .stride = (stride_),               \
        .padding = (padding_), .activation = ELBOW_ACTIVATION_TANH                                                     \
    }
#define CONV2D(...) CONV(2D, __VA_ARGS__)

const struct reference_layer *const *reference_residual_rows;

static bool at(size_t i, struct reference_case *found)
{
    static const struct reference_case cases[] = {
        {.list = {RESIDUAL(1, 1), DENSE(1, NONE)}, .input = {1, 1, 1, 0}, .rows = 1},
        {.list = {RESIDUAL(1, 1), DENSE(17, SILU)}, .input = {1, 1, 17, 0}, .rows = 5},
        {.list = {RESIDUAL(1, 2), DENSE(33, RELU), DENSE(7, TANH)}, .input = {1, 1, 20, 0}, .rows = 9},
        {.list = {RESIDUAL(1, 3),
                  {.kind = ELBOW_LAYER_LAYER_NORM, .epsilon = 0.5},
                  {.kind = ELBOW_LAYER_GATED, .units = 16},
                  {.kind = ELBOW_LAYER_DROPOUT, .rate = 0.3}},
         .input = {1, 1, 16, 0},
         .rows = 7},
        {.list = {RESIDUAL(1, 2), DENSE(9, ELU), RESIDUAL(1, 1), DENSE(5, GELU)}, .input = {1, 1, 5, 0}, .rows = 6},
        {.list = {RESIDUAL(1, 1), DENSE(300, NONE)}, .input = {1, 1, 300, 0}, .rows = 3}, // of several parts
        {.list = {RESIDUAL(1, 2), CONV2D(3, 3, 1, 1), CONV2D(3, 3, 1, 1)}, .input = {5, 4, 3, 0}, .rows = 3},
        {.list = {RESIDUAL(1, 1), CONV2D(17, 1, 1, 0)}, .input = {3, 4, 2, 0}, .rows = 5},  // as many places
        {.list = {RESIDUAL(1, 1), CONV2D(6, 3, 2, 1)}, .input = {7, 6, 3, 0}, .rows = 130}, // every second one
        {.list = {RESIDUAL(1, 1), CONV2D(2, 4, 4, 0)}, .input = {4, 8, 2, 0}, .rows = 4},
        {.list = {RESIDUAL(1, 2), CONV2D(4, 3, 1, 1), DENSE(12, NONE)}, .input = {3, 2, 2, 0}, .rows = 4}, // flattened
        {.list = {RESIDUAL(1, 1), DENSE(5, TANH)}, .input = {3, 2, 2, 0}, .rows = 4},                      // likewise
        {.list = {RESIDUAL(1, 1), {.kind = ELBOW_LAYER_UPSAMPLE, .factor = 2}}, .input = {3, 2, 2, 0}, .rows = 4},
        {.list = {RESIDUAL(1, 1), CONV2D(2, 4, 1, 0)}, .input = {9, 9, 2, 0}, .rows = 4}, // six places of nine
        {.list = {RESIDUAL(1, 1), CONV(3D, 5, 3, 2, 1)}, .input = {4, 5, 2, 3}, .rows = 4},
        {.list = {RESIDUAL(1, 2), CONV(1D, 3, 3, 1, 1), CONV(1D, 3, 3, 1, 1)}, .input = {1, 9, 3, 0}, .rows = 4},
        {.list = {RESIDUAL(1, 1), CONV2D(2, 9, 1, 0)}, .input = {3, 3, 2, 0}, .rows = 4}, // it does not fit itself
    };
    if (i >= sizeof cases / sizeof *cases)
        return false;
    *found = cases[i];
    found->has_dense_product = true;
    return true;
}

// Distance between the places that make `output` of `input`; 0: there is none.
static size_t stride_of(size_t input, size_t output)
{
    for (size_t stride = 1; stride <= input; ++stride)
        if ((input - 1) / stride + 1 == output)
            return stride;
    return 0;
}

static size_t values_of(struct elbow_shape shape)
{
    return (shape.depth > 0 ? shape.depth : 1) * shape.height * shape.width * shape.channels;
}

static bool is_flat(struct elbow_shape shape)
{
    return shape.depth <= 1 && shape.height * shape.width == 1;
}

static bool is_plain(struct elbow_shape input, struct elbow_shape output)
{
    bool same = input.height == output.height && input.width == output.width && input.channels == output.channels &&
                input.depth == output.depth;
    return same || (is_flat(output) && values_of(input) == values_of(output));
}

static bool shape(const struct elbow_layer *options, struct elbow_shape input, struct elbow_shape *output)
{
    struct elbow_shape at_end = input;
    for (size_t i = 0; i < options->inner.count; ++i) {
        const struct elbow_layer *inner = options + options->inner.ahead + i;
        struct elbow_shape before = at_end;
        if (!reference_residual_rows[inner->kind]->shape(inner, before, &at_end))
            return false;
    }
    *output = at_end;
    return is_plain(input, at_end) || is_flat(at_end) ||
           (stride_of(input.height, at_end.height) > 0 && stride_of(input.width, at_end.width) > 0 &&
            (input.depth == 0 || stride_of(input.depth, at_end.depth) > 0));
}

static size_t tensors_of(const struct elbow_layer *options, struct elbow_shape input)
{
    struct elbow_shape output;
    size_t tensors = 0;
    switch (options->kind) {
    case ELBOW_LAYER_POOL:
    case ELBOW_LAYER_UPSAMPLE:
    case ELBOW_LAYER_DROPOUT:
        return 0;
    case ELBOW_LAYER_RESIDUAL:
        break;
    default:
        return 2;
    }
    tensors = shape(options, input, &output) && !is_plain(input, output) ? 1 : 0;
    for (size_t i = 0; i < options->inner.count; ++i) {
        const struct elbow_layer *inner = options + options->inner.ahead + i;
        tensors += tensors_of(inner, input);
        reference_residual_rows[inner->kind]->shape(inner, input, &output);
        input = output;
    }
    return tensors;
}

// The inner layers, with memory for their values and gradients.
struct chain {
    struct reference_call calls[REFERENCE_LAYERS];
    char names[REFERENCE_LAYERS][64];
    size_t count, tensors;
};

static void make_chain(const struct reference_call *call, struct chain *chain)
{
    struct elbow_shape at_end = call->input;
    *chain = (struct chain){.count = call->options->inner.count};
    for (size_t i = 0; i < chain->count; ++i) {
        struct reference_call *one = &chain->calls[i];
        snprintf(chain->names[i], sizeof chain->names[i], "%.40s.%zu", call->name, i);
        *one = (struct reference_call){.options = call->options + call->options->inner.ahead + i,
                                       .name = chain->names[i],
                                       .input = at_end,
                                       .rows = call->rows,
                                       .about = call->about,
                                       .x = i > 0 ? chain->calls[i - 1].y : call->x};
        reference_residual_rows[one->options->kind]->shape(one->options, one->input, &one->output);
        size_t tensors = tensors_of(one->options, one->input);
        for (size_t t = 0; t < tensors; ++t) {
            one->tensors[t] = call->tensors[chain->tensors + t];
            one->gradients[t] = call->gradients[chain->tensors + t];
        }
        chain->tensors += tensors;
        one->y = reference_room(one->rows * reference_outputs(one));
        one->dx = reference_room(one->rows * reference_inputs(one));
        reference_residual_rows[one->options->kind]->forward(one);
        at_end = one->output;
    }
}

static void release_chain(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; ++i) {
        free(chain->calls[i].y);
        free(chain->calls[i].dx);
    }
}

// Calls visit(x, y, weight) for each term of S: y += weight x; a weight of -1 means the number one.
typedef void visitor(const struct reference_call *call, size_t x, size_t y, long weight, size_t tensor);

static void around(const struct reference_call *call, size_t tensor, visitor *visit)
{
    struct elbow_shape in = call->input, out = call->output;
    size_t inputs = reference_inputs(call), outputs = reference_outputs(call);
    bool plain = is_plain(in, out), flat = is_flat(out);
    size_t down = plain || flat ? 1 : stride_of(in.height, out.height);
    size_t right = plain || flat ? 1 : stride_of(in.width, out.width), terms = flat ? inputs : in.channels;
    size_t behind = plain || flat || in.depth == 0 ? 1 : stride_of(in.depth, out.depth);
    for (size_t row = 0; row < call->rows; ++row)
        for (size_t y = 0; y < outputs; ++y) {
            size_t filter = y % out.channels, j = y / out.channels % out.width, line = y / out.channels / out.width;
            size_t i = line % out.height, h = line / out.height;
            size_t first = flat ? 0 : ((h * behind * in.height + i * down) * in.width + j * right) * in.channels;
            if (plain)
                visit(call, row * inputs + y, row * outputs + y, -1, tensor);
            for (size_t c = 0; !plain && c < terms; ++c)
                visit(call, row * inputs + first + c, row * outputs + y, (long)(c * out.channels + filter), tensor);
        }
}

static void add(const struct reference_call *call, size_t x, size_t y, long weight, size_t tensor)
{
    call->y[y] += (weight < 0 ? 1 : call->tensors[tensor][weight]) * call->x[x];
}

static void spread(const struct reference_call *call, size_t x, size_t y, long weight, size_t tensor)
{
    if (weight >= 0)
        call->gradients[tensor][weight] += call->x[x] * call->dy[y];
    if (call->dx)
        call->dx[x] += (weight < 0 ? 1 : call->tensors[tensor][weight]) * call->dy[y];
}

static void forward(const struct reference_call *call)
{
    struct chain chain;
    make_chain(call, &chain);
    memcpy(call->y, chain.calls[chain.count - 1].y, call->rows * reference_outputs(call) * sizeof *call->y);
    around(call, chain.tensors, add);
    release_chain(&chain);
}

static void backward(const struct reference_call *call)
{
    struct chain chain;
    make_chain(call, &chain);
    for (size_t i = chain.count; i-- > 0;) {
        chain.calls[i].dy = i + 1 == chain.count ? call->dy : chain.calls[i + 1].dx;
        reference_residual_rows[chain.calls[i].options->kind]->backward(&chain.calls[i]);
    }
    for (size_t i = 0; i < call->rows * reference_inputs(call) && call->dx; ++i)
        call->dx[i] += chain.calls[0].dx[i];
    around(call, chain.tensors, spread);
    release_chain(&chain);
}

static struct reference_terms terms(const struct reference_call *call)
{
    struct chain chain;
    struct reference_terms all = {.y = (double)reference_inputs(call),
                                  .gradient = (double)(call->rows * reference_outputs(call)),
                                  .dx = (double)reference_outputs(call),
                                  .coarse = 1};
    make_chain(call, &chain);
    for (size_t i = 0; i < chain.count; ++i) {
        struct reference_terms one = reference_residual_rows[chain.calls[i].options->kind]->terms(&chain.calls[i]);
        all.y += one.y;
        all.gradient += one.gradient + one.y;
        all.dx += one.dx;
        all.coarse *= one.coarse;
    }
    release_chain(&chain);
    return all;
}

const struct reference_layer reference_residual = {
    .at = at, .shape = shape, .forward = forward, .backward = backward, .terms = terms};
