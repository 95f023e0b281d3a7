// SPDX-License-Identifier: BSD-3-Clause
// The term of conditions, in every layer that takes them: gradient, rows that say nothing, layers within layers.
#include "elbow/base/memory.h"
#include "elbow/nn/layer.h"
#include "elbow/nn/network.h"
#include "layer_fixture.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 5, C = 3 };

// A layer with conditions, or without.
struct told {
    struct elbow_parameters parameters;
    struct elbow_layer_instance layer;
    struct elbow_about about;
    float *values, *x, *y, *kept, *dy, *dx, *gradient, *workspace;
};

static const float conditions[ROWS * C] = {1, 0, 0, 0, 0.5F, -1.25F, 0, 0, 0, 0.25F, 1, 2, 0, -3, 0};

// Options of all kinds: sizes, a smooth activation, and inner layers.
static struct elbow_layer options_of(enum elbow_layer_kind kind)
{
    return (struct elbow_layer){.kind = kind,
                                .units = 300,
                                .activation = ELBOW_ACTIVATION_TANH,
                                .filters = 3,
                                .kernel = 3,
                                .stride = 1,
                                .padding = 1};
}

static bool create(const struct elbow_layer *options, size_t count, struct told *told)
{
    const struct elbow_shape input = {.height = 4, .width = 5, .channels = 2};
    struct elbow_layer_site site = {.name = "l", .options = options, .input = input, .rows_max = ROWS};
    struct elbow_shape output;
    char reason[ELBOW_LAYER_REASON_SIZE];
    *told = (struct told){.about = {.condition = conditions}};
    if (!elbow_layer_takes_condition(options) || !elbow_layer_shape(options, input, &output, reason))
        return false;
    site.conditions = count;
    ck_assert_int_eq(elbow_layer_create(&told->parameters, &site, &told->layer, NULL), ELBOW_OK);
    told->values = drawn(told->parameters.size, 1);
    for (size_t i = 0; i < told->parameters.size; ++i)
        told->values[i] *= 0.2F;
    told->x = drawn(ROWS * told->layer.inputs, 2);
    told->y = drawn(ROWS * told->layer.outputs, 3);
    told->kept = drawn(ROWS * elbow_layer_kept(&told->layer), 4);
    told->dy = drawn(ROWS * told->layer.outputs, 5);
    told->dx = drawn(ROWS * told->layer.inputs, 6);
    told->gradient = drawn(told->parameters.size, 7);
    told->workspace = drawn(elbow_layer_workspace(&told->layer), 8);
    return true;
}

static void destroy(struct told *told)
{
    float **all[] = {&told->values, &told->x,  &told->y,        &told->kept,
                     &told->dy,     &told->dx, &told->gradient, &told->workspace};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        elbow_release(all[i]);
    elbow_layer_destroy(&told->layer);
    elbow_parameters_clear(&told->parameters);
}

static struct elbow_layer_call call(const struct told *told)
{
    return (struct elbow_layer_call){.parameters = told->values,
                                     .rows = ROWS,
                                     .x = told->x,
                                     .y = told->y,
                                     .kept = told->kept,
                                     .about = &told->about,
                                     .workspace = told->workspace,
                                     .dy = told->dy,
                                     .dx = told->dx,
                                     .gradient = told->gradient};
}

// The sum of y times the numbers that dy began with.
static double objective(const struct told *told, const float *weights)
{
    struct elbow_layer_call forward = call(told);
    double sum = 0;
    elbow_layer_forward(&told->layer, &forward);
    for (size_t i = 0; i < ROWS * told->layer.outputs; ++i)
        sum += (double)told->y[i] * (double)weights[i];
    return sum;
}

static size_t each_told(size_t count, void (*check)(struct told *told, const struct elbow_layer *options))
{
    size_t seen = 0;
    for (int kind = 0; kind < ELBOW_LAYER_KINDS; ++kind) {
        struct elbow_layer options = options_of((enum elbow_layer_kind)kind);
        struct told told;
        if (!create(&options, count, &told))
            continue;
        check(&told, &options);
        destroy(&told);
        ++seen;
    }
    return seen;
}

static void check_gradient(struct told *told, const struct elbow_layer *options)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&told->parameters, "l/condition");
    const float step = 1.0F / 128;
    ck_assert_msg(tensor && tensor->rank == 2 && tensor->shape[0] == C && tensor->is_weight, "%s",
                  elbow_layer_word(options->kind));
    float *weights = drawn(ROWS * told->layer.outputs, 5);
    objective(told, weights);
    struct elbow_layer_call backward = call(told);
    elbow_layer_backward(&told->layer, &backward);
    for (size_t i = 0; i < tensor->count; i += tensor->count / 37 + 1) {
        float *at = &told->values[tensor->offset + i], before = *at;
        *at = before + step;
        double above = objective(told, weights);
        *at = before - step;
        double derivative = (above - objective(told, weights)) / (2 * (double)step);
        *at = before;
        ck_assert_msg(fabs(derivative - (double)told->gradient[tensor->offset + i]) < 4e-3 * (1 + fabs(derivative)),
                      "%s, number %zu: %g, not %g", elbow_layer_word(options->kind), i,
                      (double)told->gradient[tensor->offset + i], derivative);
    }
    elbow_release(&weights);
}

START_TEST(gradient_is_that_of_the_term)
{
    ck_assert_uint_ge(each_told(C, check_gradient), 4);
}
END_TEST

// The tensors that both have, alike.
static void copy_values(const struct told *from, struct told *to)
{
    for (size_t t = 0; t < to->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &to->parameters.tensors[t];
        const struct elbow_tensor *source = elbow_parameters_find(&from->parameters, tensor->name);
        ck_assert_ptr_nonnull(source);
        memcpy(to->values + tensor->offset, from->values + source->offset, tensor->count * sizeof(float));
    }
}

static void run(struct told *told)
{
    struct elbow_layer_call both = call(told);
    elbow_layer_forward(&told->layer, &both);
    elbow_layer_backward(&told->layer, &both);
}

static void check_nothing(struct told *told, const struct elbow_layer *options)
{
    static const float zeros[ROWS * C];
    struct told plain;
    ck_assert(create(options, 0, &plain));
    ck_assert_ptr_null(elbow_parameters_find(&plain.parameters, "l/condition"));
    copy_values(told, &plain);
    run(&plain);
    for (int known = 0; known < 2; ++known) {
        float *dy = drawn(ROWS * told->layer.outputs, 5);
        memcpy(told->dy, dy, ROWS * told->layer.outputs * sizeof *dy);
        elbow_release(&dy);
        told->about.condition = known ? zeros : NULL;
        run(told);
        ck_assert_int_eq(memcmp(told->y, plain.y, ROWS * plain.layer.outputs * sizeof(float)), 0);
        ck_assert_int_eq(memcmp(told->dx, plain.dx, ROWS * plain.layer.inputs * sizeof(float)), 0);
        const struct elbow_tensor *tensor = elbow_parameters_find(&told->parameters, "l/condition");
        for (size_t i = 0; i < tensor->count; ++i)
            ck_assert(told->gradient[tensor->offset + i] == 0);
    }
    destroy(&plain);
}

START_TEST(zeros_say_nothing)
{
    ck_assert_uint_ge(each_told(C, check_nothing), 4);
}
END_TEST

static size_t count_conditions(const struct elbow_parameters *parameters)
{
    size_t count = 0;
    for (size_t t = 0; t < parameters->count; ++t)
        count += strstr(parameters->tensors[t].name, "/condition") != NULL;
    return count;
}

// A network of a layer without weights, one that holds two, and a dense one, before its head.
static void check_network(bool every_layer, size_t expected)
{
    struct elbow_layers hidden = {.count = 3,
                                  .layers = {{.kind = ELBOW_LAYER_LAYER_NORM, .epsilon = 1e-5},
                                             {.kind = ELBOW_LAYER_RESIDUAL, .inner = {.ahead = 2, .count = 2}},
                                             {.kind = ELBOW_LAYER_DENSE, .units = 4},
                                             {.kind = ELBOW_LAYER_DENSE, .units = 6},
                                             {.kind = ELBOW_LAYER_DENSE, .units = 7}}};
    const struct elbow_network_conditions conditions_of = {.count = C, .every_layer = every_layer};
    struct elbow_parameters parameters = {0};
    struct elbow_network network;
    ck_assert_int_eq(elbow_network_create_conditioned(&parameters, "net", (struct elbow_shape){1, 1, 7, 0}, &hidden,
                                                      (struct elbow_shape){1, 1, 2, 0}, ELBOW_INITIALIZER_AUTO, ROWS,
                                                      conditions_of, &network, NULL),
                     ELBOW_OK);
    ck_assert_uint_eq(count_conditions(&parameters), expected);
    ck_assert_ptr_nonnull(elbow_parameters_find(&parameters, "net.1.0/condition"));
    elbow_network_destroy(&network);
    elbow_parameters_clear(&parameters);
}

START_TEST(first_or_every_layer_takes_them)
{
    check_network(false, 1);
    check_network(true, 4);
}
END_TEST

UNIT_MAIN("nn/condition", gradient_is_that_of_the_term, zeros_say_nothing, first_or_every_layer_takes_them)
