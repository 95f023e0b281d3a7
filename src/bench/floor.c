// SPDX-License-Identifier: BSD-3-Clause
// The floor. Its buffers are its own, laid out as in training: one arena each for parameters and gradients, activations
// that one layer writes and the next one reads; so the caches see what they see in a step. Values are those of training
// in size: neither denormal nor infinite.
#include "elbow/bench/detail/floor.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/math/blas.h"
#include "elbow/nn/conv2d.h"

// A layer as its products see it. Dense: y (rows, units) = x (rows, depth) W (depth, units). A convolution is a product
// of as many rows a sample as its map has pixels, of patches (rows, depth) and W; a transposed one has the map as its
// input and the patches as its output.
struct layer {
    size_t pixels, depth, units;
    size_t inputs, outputs; // values of a sample
    bool is_conv, is_transposed;
    bool is_first; // of the model: nobody needs its input's gradient
};

static size_t layer_count(const struct elbow_model *model)
{
    return model->encoder.count + model->decoder.count;
}

static struct layer layer_at(const struct elbow_model *model, size_t index)
{
    bool in_encoder = index < model->encoder.count;
    const struct elbow_network *network = in_encoder ? &model->encoder : &model->decoder;
    size_t i = in_encoder ? index : index - model->encoder.count;
    const struct elbow_dense *dense = &network->layers[i];
    const struct elbow_conv2d *conv = &network->convs[i];
    struct layer layer = {.pixels = 1,
                          .depth = dense->inputs,
                          .units = dense->units,
                          .inputs = dense->inputs,
                          .outputs = dense->units,
                          .is_conv = conv->convolution.depth > 0,
                          .is_transposed = conv->is_transposed,
                          .is_first = index == 0};
    if (!layer.is_conv)
        return layer;
    layer.pixels = conv->convolution.map.height * conv->convolution.map.width;
    layer.depth = conv->convolution.depth;
    layer.units = conv->convolution.map.channels;
    return layer;
}

// Whole cache lines.
static size_t padded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

// The six ways of storing the operands that BLAS has: A and B as they are, A transposed, B transposed; and all of that
// for the transposed product C^T = B^T A^T.
enum { ORDERS = 6, PLAIN = 0, A_TRANSPOSED = 1, B_TRANSPOSED = 2, PRODUCT_TRANSPOSED = 3 };

static void multiply(const struct elbow_floor_product *product, int order)
{
    bool swapped = order >= PRODUCT_TRANSPOSED;
    size_t m = swapped ? product->n : product->m, n = swapped ? product->m : product->n, k = product->k;
    const float *a = swapped ? product->b : product->a, *b = swapped ? product->a : product->b;
    switch (order % PRODUCT_TRANSPOSED) {
    case PLAIN:
        elbow_blas_multiply(m, n, k, a, k, b, n, false, product->c, n);
        return;
    case A_TRANSPOSED:
        elbow_blas_multiply_at(m, n, k, a, m, b, n, false, product->c, n);
        return;
    case B_TRANSPOSED:
        elbow_blas_multiply_bt(m, n, k, a, k, b, k, false, product->c, n);
        return;
    }
}

// The fastest of some tries, which the noise of other programs does not touch.
static double try_order(const struct elbow_floor_product *product, int order)
{
    enum { TRIES = 7 };
    double least = 0;
    for (int i = 0; i < TRIES; ++i) {
        double start = elbow_clock_seconds();
        multiply(product, order);
        double seconds = elbow_clock_seconds() - start;
        if (i == 1 || (i > 1 && seconds < least)) // the first one warms up
            least = seconds;
    }
    return least;
}

static void choose_orders(struct elbow_floor *floor)
{
    for (size_t i = 0; i < floor->count; ++i) {
        double least = try_order(&floor->products[i], 0);
        for (int order = 1; order < ORDERS; ++order) {
            double seconds = try_order(&floor->products[i], order);
            if (seconds >= least)
                continue;
            least = seconds;
            floor->products[i].order = order;
        }
    }
}

static void add_product(struct elbow_floor *floor, size_t m, size_t n, size_t k, const float *a, const float *b,
                        float *c)
{
    floor->products[floor->count++] = (struct elbow_floor_product){.m = m, .n = n, .k = k, .a = a, .b = b, .c = c};
    floor->operations += 2.0 * (double)m * (double)n * (double)k;
}

// Where a layer's operands lie, in floats from the start of their buffers.
struct operands {
    size_t x, y, weight;
};

static void list_forward(const struct layer *layer, struct operands at, size_t rows, struct elbow_floor *floor)
{
    const float *x = floor->activations + at.x, *weight = floor->parameters + at.weight;
    float *y = floor->activations + at.y;
    if (layer->is_transposed)
        add_product(floor, rows * layer->pixels, layer->depth, layer->units, x, weight, floor->patches);
    else
        add_product(floor, rows * layer->pixels, layer->units, layer->depth, layer->is_conv ? floor->patches : x,
                    weight, y);
}

static void list_backward(const struct layer *layer, struct operands at, size_t rows, struct elbow_floor *floor)
{
    const float *x = floor->activations + at.x, *dy = floor->deltas + at.y, *weight = floor->parameters + at.weight;
    float *dx = floor->deltas + at.x;
    size_t positions = rows * layer->pixels;
    add_product(floor, layer->depth, layer->units, positions, layer->is_conv ? floor->patches : x,
                layer->is_transposed ? x : dy, floor->gradients + at.weight);
    if (layer->is_first)
        return;
    if (layer->is_transposed)
        add_product(floor, positions, layer->units, layer->depth, floor->patches, weight, dx);
    else
        add_product(floor, positions, layer->depth, layer->units, dy, weight, layer->is_conv ? floor->patches : dx);
}

// The products in the order of a step: forward, then weights' and inputs' gradients from the last layer to the first.
static void list_products(const struct elbow_model *model, size_t rows, struct elbow_floor *floor)
{
    size_t layers = layer_count(model);
    struct operands at = {0};
    for (size_t i = 0; i < layers; ++i) {
        struct layer layer = layer_at(model, i);
        at.y = at.x + padded(rows * layer.inputs);
        list_forward(&layer, at, rows, floor);
        at.x = at.y;
        at.weight += padded(layer.depth * layer.units);
    }
    for (size_t i = layers; i-- > 0;) {
        struct layer layer = layer_at(model, i);
        at.y = at.x;
        at.x -= padded(rows * layer.inputs);
        at.weight -= padded(layer.depth * layer.units);
        list_backward(&layer, at, rows, floor);
    }
}

static void fill(float *values, size_t count, float size)
{
    for (size_t i = 0; i < count; ++i)
        values[i] = size * (float)((int)(i * 2654435761U >> 16 & 255) - 127) / 128.0f;
}

enum elbow_status elbow_floor_create(const struct elbow_config *config, const struct elbow_model *model, size_t rows,
                                     struct elbow_floor_slice slice, struct elbow_floor *floor,
                                     struct elbow_error *error)
{
    size_t layers = layer_count(model), activations = 0, weights = 0, patches = 0, size = model->parameters.size;
    *floor = (struct elbow_floor){0};
    for (size_t i = 0; i < layers; ++i) {
        struct layer layer = layer_at(model, i);
        activations += padded(rows * layer.inputs) + (i + 1 == layers ? padded(rows * layer.outputs) : 0);
        weights += padded(layer.depth * layer.units);
        if (layer.is_conv && rows * layer.pixels * layer.depth > patches)
            patches = rows * layer.pixels * layer.depth;
    }
    // The latent variables are half as wide as the encoder's head: the next layer's input begins there and runs on.
    activations += padded(rows * 2 * model->latent);
    size = weights > size ? weights : size;
    const char *what = "the buffers of the benchmark";
    enum elbow_status status = elbow_allocate(&floor->products, 3 * layers, sizeof *floor->products, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->activations, activations, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->deltas, activations, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->patches, patches, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->parameters, size, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->gradients, size, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_optimizer_create(config, &model->parameters, slice.size, &floor->optimizer, error);
    if (status != ELBOW_OK)
        return status;
    floor->slice = slice;
    fill(floor->activations, activations, 1.0f);
    fill(floor->deltas, activations, 0.5f);
    fill(floor->patches, patches, 1.0f);
    fill(floor->parameters, size, 0.1f);
    list_products(model, rows, floor);
    choose_orders(floor);
    return ELBOW_OK;
}

void elbow_floor_destroy(struct elbow_floor *floor)
{
    elbow_optimizer_destroy(&floor->optimizer);
    elbow_release(&floor->products);
    elbow_release(&floor->activations);
    elbow_release(&floor->deltas);
    elbow_release(&floor->patches);
    elbow_release(&floor->parameters);
    elbow_release(&floor->gradients);
    *floor = (struct elbow_floor){0};
}

void elbow_floor_multiply(struct elbow_floor *floor)
{
    for (size_t i = 0; i < floor->count; ++i)
        multiply(&floor->products[i], floor->products[i].order);
}

void elbow_floor_optimize(struct elbow_floor *floor)
{
    floor->updates += 1;
    for (int i = 0; i < floor->slice.count; ++i) {
        struct elbow_piece piece = floor->slice.pieces[i];
        struct elbow_optimizer_part part = {.first = piece.first, .count = piece.count, .offset = piece.offset};
        elbow_optimizer_apply(&floor->optimizer, part, floor->updates, 1e-6, 1.0, floor->gradients + piece.first,
                              floor->parameters + piece.first);
    }
}
