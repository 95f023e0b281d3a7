// SPDX-License-Identifier: BSD-3-Clause
#include "layer_fixture.h"

#include "elbow/math/blas.h"
#include "elbow/math/random.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

float *drawn(size_t count, uint64_t number)
{
    float *values = NULL;
    ck_assert_int_eq(elbow_allocate(&values, count > 0 ? count : 1, sizeof *values, "a test", NULL), ELBOW_OK);
    struct elbow_stream stream = {11, ELBOW_PURPOSE_SYNTHETIC, number, 0};
    elbow_random_normal(stream, count, values);
    return values;
}

void add_stranger(struct elbow_parameters *parameters, const char *name)
{
    size_t index;
    struct elbow_tensor tensor = {.rank = 1, .shape = {21}};
    memcpy(tensor.name, name, strlen(name));
    ck_assert_int_eq(elbow_parameters_add(parameters, tensor, &index, NULL), ELBOW_OK);
}

enum elbow_status create_layer(const struct elbow_layer *options, struct elbow_shape input, size_t rows_max,
                               struct elbow_parameters *parameters, struct elbow_layer_instance *layer,
                               struct elbow_error *error)
{
    struct elbow_layer_site site = {
        .name = "l", .options = options, .input = input, .initializer = ELBOW_INITIALIZER_AUTO, .rows_max = rows_max};
    return elbow_layer_create(parameters, &site, layer, error);
}

// Weights so small that activations are not saturated.
static void scale_weights(struct setting *setting)
{
    for (size_t t = 0; t < setting->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &setting->parameters.tensors[t];
        for (size_t i = 0; i < tensor->count && tensor->fan_in > 0; ++i)
            setting->values[tensor->offset + i] /= sqrtf((float)tensor->fan_in);
    }
}

// Facts of the rows that layers may use.
static void name_rows(struct setting *setting)
{
    const struct elbow_array arrays[] = {ELBOW_ARRAY(setting->ids, setting->rows),
                                         ELBOW_ARRAY(setting->abouts, setting->rows)};
    ck_assert_int_eq(elbow_allocate_all(arrays, 2, "a test", NULL), ELBOW_OK);
    for (size_t row = 0; row < setting->rows; ++row) {
        setting->ids[row] = 1000 - 7 * row;
        setting->abouts[row] =
            (struct elbow_about){.ids = setting->ids + row, .seed = 11, .epoch = 3, .is_training = true};
    }
}

bool set_up(struct setting *setting, const struct elbow_layer *list, struct elbow_shape input, size_t rows)
{
    struct elbow_shape output;
    char reason[ELBOW_LAYER_REASON_SIZE];
    *setting = (struct setting){.rows = rows};
    memcpy(setting->list, list, list->inner.count > 0 ? sizeof setting->list : sizeof *list);
    if (!elbow_layer_shape(list, input, &output, reason))
        return false;
    add_stranger(&setting->parameters, "before");
    ck_assert_int_eq(create_layer(&setting->options, input, rows, &setting->parameters, &setting->layer, NULL),
                     ELBOW_OK);
    add_stranger(&setting->parameters, "behind");
    const struct elbow_layer_instance *layer = &setting->layer;
    setting->kept_size = rows * elbow_layer_kept(layer);
    setting->workspace_size = elbow_layer_workspace(layer);
    setting->values = drawn(setting->parameters.size, 1);
    scale_weights(setting);
    setting->x = drawn(rows * layer->inputs, 2);
    setting->dy = drawn(rows * layer->outputs, 3);
    setting->y = drawn(rows * layer->outputs, 5);
    setting->kept = setting->kept_size > 0 ? drawn(setting->kept_size, 6) : NULL;
    setting->dx = drawn(rows * layer->inputs, 7);
    setting->gradient = drawn(setting->parameters.size, 8);
    name_rows(setting);
    setting->workspace = setting->workspace_size > 0 ? drawn(setting->workspace_size, 4) : NULL;
    return true;
}

void tear_down(struct setting *setting)
{
    elbow_layer_destroy(&setting->layer);
    elbow_parameters_clear(&setting->parameters);
    float **all[] = {&setting->values, &setting->x,  &setting->y,        &setting->kept,
                     &setting->dy,     &setting->dx, &setting->gradient, &setting->workspace};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        elbow_release(all[i]);
    elbow_release(&setting->ids);
    elbow_release(&setting->abouts);
}

struct elbow_layer_call call_of(const struct setting *setting, size_t first, size_t count)
{
    const struct elbow_layer_instance *layer = &setting->layer;
    return (struct elbow_layer_call){.parameters = setting->values,
                                     .rows = count,
                                     .x = setting->x + first * layer->inputs,
                                     .y = setting->y + first * layer->outputs,
                                     .kept = setting->kept ? setting->kept + first * elbow_layer_kept(layer) : NULL,
                                     .about = &setting->abouts[first],
                                     .workspace = setting->workspace,
                                     .dy = setting->dy + first * layer->outputs,
                                     .dx = setting->dx + first * layer->inputs,
                                     .gradient = setting->gradient};
}

void run_forward(const struct setting *setting)
{
    struct elbow_layer_call call = call_of(setting, 0, setting->rows);
    elbow_layer_forward(&setting->layer, &call);
}

void run_backward(const struct setting *setting)
{
    struct elbow_layer_call call = call_of(setting, 0, setting->rows);
    elbow_layer_backward(&setting->layer, &call);
}

const struct elbow_tensor *tensor_of(const struct setting *setting, size_t number)
{
    return &setting->parameters.tensors[1 + number]; // behind the first foreign tensor
}

size_t tensors_of(const struct setting *setting)
{
    return setting->parameters.count - 2;
}

struct exact exact_of(const struct setting *setting)
{
    const struct elbow_layer_instance *layer = &setting->layer;
    size_t inputs = setting->rows * layer->inputs, outputs = setting->rows * layer->outputs;
    struct exact exact = {.reference = reference_layer(setting->options.kind),
                          .parameters = reference_copy(setting->parameters.size, setting->values),
                          .gradient = reference_room(setting->parameters.size),
                          .x = reference_copy(inputs, setting->x),
                          .dy = reference_copy(outputs, setting->dy)};
    exact.call = (struct reference_call){.options = &setting->options,
                                         .name = "l",
                                         .about = setting->abouts,
                                         .input = layer->input,
                                         .output = layer->output,
                                         .rows = setting->rows,
                                         .x = exact.x,
                                         .dy = exact.dy,
                                         .y = reference_room(outputs),
                                         .dx = reference_room(inputs)};
    ck_assert_uint_le(tensors_of(setting), REFERENCE_TENSORS);
    for (size_t t = 0; t < tensors_of(setting); ++t) {
        exact.call.tensors[t] = exact.parameters + tensor_of(setting, t)->offset;
        exact.call.gradients[t] = exact.gradient + tensor_of(setting, t)->offset;
    }
    return exact;
}

void release_exact(struct exact *exact)
{
    double *all[] = {exact->parameters, exact->gradient, exact->x, exact->dy, exact->call.y, exact->call.dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        free(all[i]);
}

const char *name_of(const struct subject *subject)
{
    return elbow_layer_word(subject->setting.options.kind);
}

void check_blocks(const struct subject *subject, size_t blocks)
{
    ck_assert_msg(elbow_memory_count().blocks == blocks, "%s, case %zu: memory is left", name_of(subject),
                  subject->number);
}

void each(void (*check)(const struct subject *subject))
{
    for (int kind = 0; kind < ELBOW_LAYER_KINDS; ++kind) {
        struct subject subject = {.reference = reference_layer((enum elbow_layer_kind)kind)};
        struct reference_case found;
        size_t fitting = 0;
        elbow_blas_start();
        for (; subject.reference->at(subject.number, &found); ++subject.number) {
            size_t blocks = elbow_memory_count().blocks;
            ck_assert_int_eq(found.options.kind, kind);
            if (!set_up(&subject.setting, found.list, found.input, found.rows))
                continue;
            ++fitting;
            subject.has_own_products = !found.has_dense_product || elbow_dense_product_is_own();
            check(&subject);
            tear_down(&subject.setting);
            check_blocks(&subject, blocks);
        }
        ck_assert_uint_gt(fitting, 0);
    }
}

size_t inputs_of(const struct setting *setting)
{
    return setting->rows * setting->layer.inputs;
}

size_t outputs_of(const struct setting *setting)
{
    return setting->rows * setting->layer.outputs;
}
