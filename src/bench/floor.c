// SPDX-License-Identifier: BSD-3-Clause
// The floor. It has buffers of its own, laid out as in training: one arena each for parameters and gradients, and
// activations that one layer writes and the next one reads, so that caches work as in a step. The magnitude of values
// is that of training: neither denormal nor infinite.
#include "elbow/bench/detail/floor.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/math/blas.h"

static size_t layer_count(const struct elbow_model *model)
{
    return model->encoder.count + model->decoder.count;
}

static const struct elbow_layer_instance *layer_at(const struct elbow_model *model, size_t index)
{
    bool in_encoder = index < model->encoder.count;
    return in_encoder ? &model->encoder.layers[index] : &model->decoder.layers[index - model->encoder.count];
}

// The decoder sees each draw of a row.
static size_t rows_at(const struct elbow_model *model, size_t index, size_t rows)
{
    return index < model->encoder.count ? rows : rows * model->draws;
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

// Collects the products of a layer. x, y: places of its operands, in floats from the start of the activations, or of
// their gradients.
struct listing {
    struct elbow_floor *floor;
    bool is_forward, is_first; // is_first: of the model, so that the gradient of its input is not needed
    size_t x, y, begin;        // of its tensors in the arena
};

static float *operand_of(const struct listing *listing, enum elbow_operand operand)
{
    const struct elbow_floor *floor = listing->floor;
    switch (operand) {
    case ELBOW_OPERAND_X:
        return floor->activations + listing->x;
    case ELBOW_OPERAND_Y:
        return floor->activations + listing->y;
    case ELBOW_OPERAND_DX:
        return floor->deltas + listing->x;
    case ELBOW_OPERAND_DY:
        return floor->deltas + listing->y;
    case ELBOW_OPERAND_TENSORS:
        return floor->parameters + listing->begin;
    case ELBOW_OPERAND_GRADIENT:
        return floor->gradients + listing->begin;
    case ELBOW_OPERAND_WORKSPACE:
        return floor->workspace;
    case ELBOW_OPERAND_INNER_X:
        return floor->inner_x;
    case ELBOW_OPERAND_INNER_Y:
        return floor->inner_y;
    }
    return NULL;
}

static void list_product(void *user, const struct elbow_product *product)
{
    const struct listing *listing = user;
    struct elbow_floor *floor = listing->floor;
    if ((product->stage == ELBOW_PRODUCT_FORWARD) != listing->is_forward)
        return;
    if (product->stage == ELBOW_PRODUCT_INPUTS && listing->is_first)
        return;
    floor->products[floor->count++] = (struct elbow_floor_product){.m = product->m,
                                                                   .n = product->n,
                                                                   .k = product->k,
                                                                   .a = operand_of(listing, product->a),
                                                                   .b = operand_of(listing, product->b),
                                                                   .c = operand_of(listing, product->c)};
    floor->operations += 2.0 * (double)product->m * (double)product->n * (double)product->k;
}

// The products in the order of a step: forward, then backward from the last layer to the first.
static void list_products(const struct elbow_model *model, size_t rows, struct elbow_floor *floor)
{
    size_t layers = layer_count(model);
    struct listing listing = {.floor = floor, .is_forward = true};
    for (size_t i = 0; i < layers; ++i) {
        const struct elbow_layer_instance *layer = layer_at(model, i);
        listing.begin = layer->begin;
        listing.y = listing.x + padded(rows_at(model, i, rows) * layer->inputs);
        elbow_layer_products(layer, rows_at(model, i, rows), list_product, &listing);
        listing.x = listing.y;
    }
    listing.is_forward = false;
    for (size_t i = layers; i-- > 0;) {
        const struct elbow_layer_instance *layer = layer_at(model, i);
        listing.begin = layer->begin;
        listing.is_first = i == 0;
        listing.y = listing.x;
        listing.x -= padded(rows_at(model, i, rows) * layer->inputs);
        elbow_layer_products(layer, rows_at(model, i, rows), list_product, &listing);
    }
}

// The number of products, and the sizes of the largest operands that are neither tensors nor activations.
struct measured {
    size_t products, workspace, inner_x, inner_y;
};

static void note(enum elbow_operand operand, size_t size, struct measured *measured)
{
    size_t *most = operand == ELBOW_OPERAND_WORKSPACE ? &measured->workspace
                   : operand == ELBOW_OPERAND_INNER_X ? &measured->inner_x
                   : operand == ELBOW_OPERAND_INNER_Y ? &measured->inner_y
                                                      : NULL;
    if (most != NULL && size > *most)
        *most = size;
}

static void measure_product(void *user, const struct elbow_product *product)
{
    struct measured *measured = user;
    measured->products += 1;
    note(product->a, product->m * product->k, measured);
    note(product->b, product->k * product->n, measured);
    note(product->c, product->m * product->n, measured);
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
    size_t layers = layer_count(model), activations = 0, size = model->parameters.size;
    struct measured measured = {0};
    *floor = (struct elbow_floor){0};
    for (size_t i = 0; i < layers; ++i) {
        const struct elbow_layer_instance *layer = layer_at(model, i);
        size_t seen = rows_at(model, i, rows);
        activations += padded(seen * layer->inputs) + (i + 1 == layers ? padded(seen * layer->outputs) : 0);
        elbow_layer_products(layer, seen, measure_product, &measured);
    }
    // The latent variables are narrower than the encoder's head: the next layer's input begins there and runs on.
    activations += padded(rows * model->head);
    const char *what = "the buffers of the benchmark";
    enum elbow_status status =
        elbow_allocate(&floor->products, measured.products, sizeof *floor->products, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->activations, activations, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->deltas, activations, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->workspace, measured.workspace, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->inner_x, measured.inner_x, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&floor->inner_y, measured.inner_y, sizeof(float), what, error);
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
    fill(floor->workspace, measured.workspace, 1.0f);
    fill(floor->inner_x, measured.inner_x, 1.0f);
    fill(floor->inner_y, measured.inner_y, 0.5f);
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
    elbow_release(&floor->workspace);
    elbow_release(&floor->inner_x);
    elbow_release(&floor->inner_y);
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
