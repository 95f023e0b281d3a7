// SPDX-License-Identifier: BSD-3-Clause
// Pseudo-inputs: through the encoder and back. If there are more rows than memory, they go in several pieces of a
// constant number, so that the bits depend on the configuration alone.
#include "elbow/vae/detail/pseudo.h"

#include "elbow/vae/detail/draws.h"

#include "elbow/base/memory.h"
#include "elbow/base/trace.h"
#include "elbow/math/vector.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 512 }; // rows that go through the encoder at a time

// True if the likelihood of all values bounds them, and the encoder sees them untransformed.
static bool is_unit(const struct elbow_config *config)
{
    struct elbow_demand demand = elbow_config_demand(config);
    bool is_unit = demand.support == ELBOW_SUPPORT_UNIT || demand.support == ELBOW_SUPPORT_BINARY ||
                   demand.support == ELBOW_SUPPORT_LEVEL;
    return is_unit && demand.config == NULL && config->model.input.transform == ELBOW_TRANSFORM_NONE;
}

// An encoder over the tensors of the model's, which are the first of the arena.
static enum elbow_status create_encoder(const struct elbow_config *config, struct elbow_shape input,
                                        struct elbow_model *model, struct elbow_error *error)
{
    struct elbow_parameters same = {0};
    struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    enum elbow_status status = elbow_network_create(
        &same, "encoder", input, &config->model.encoder, (struct elbow_shape){1, 1, model->head, 0},
        (enum elbow_initializer)config->model.initializer, pseudo->rows, &pseudo->encoder, error);
    pseudo->encoder.bounds = model->encoder.bounds;
    pseudo->encoder_end = same.size;
    for (size_t i = 0; status == ELBOW_OK && i < same.count; ++i)
        ELBOW_CHECK(strcmp(same.tensors[i].name, model->parameters.tensors[i].name) == 0 &&
                    same.tensors[i].offset == model->parameters.tensors[i].offset &&
                    same.tensors[i].count == model->parameters.tensors[i].count);
    elbow_parameters_clear(&same);
    return status;
}

enum elbow_status elbow_pseudo_create(const struct elbow_config *config, struct elbow_shape input, size_t index,
                                      struct elbow_model *model, struct elbow_error *error)
{
    struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    const struct elbow_tensor *tensor = &model->parameters.tensors[index];
    *pseudo = (struct elbow_pseudo_inputs){.count = model->components,
                                           .inputs = elbow_shape_values(input),
                                           .tensor = tensor->offset,
                                           .heads = model->components * model->head,
                                           .low = is_unit(config) ? 0 : -INFINITY,
                                           .high = is_unit(config) ? 1 : INFINITY};
    ELBOW_CHECK(tensor->count == pseudo->count * pseudo->inputs && index + 1 == model->parameters.count);
    pseudo->first = elbow_parameters_reserve(&model->parameters, pseudo->heads);
    if (model->rows_max == 0)
        return ELBOW_OK;
    pseudo->rows = pseudo->count < ROWS_MOST ? pseudo->count : ROWS_MOST;
    enum elbow_status status = create_encoder(config, input, model, error);
    if (status != ELBOW_OK)
        return status;
    bool is_whole = pseudo->rows == pseudo->count;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(pseudo->x, pseudo->rows * pseudo->inputs),
        ELBOW_ARRAY(pseudo->dx, pseudo->rows * pseudo->inputs),
        ELBOW_ARRAY(pseudo->head, pseudo->heads),
        ELBOW_ARRAY(pseudo->dhead, pseudo->rows * model->head),
        ELBOW_ARRAY(pseudo->gradient, is_whole ? 0 : pseudo->encoder_end),
        ELBOW_ARRAY(model->prior_workspace,
                    model->prior->workspace(elbow_model_heads(model), model->latent, model->components)),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the pseudo-inputs", error);
}

void elbow_pseudo_destroy(struct elbow_model *model)
{
    struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    elbow_network_destroy(&pseudo->encoder);
    elbow_release(&pseudo->x);
    elbow_release(&pseudo->dx);
    elbow_release(&pseudo->head);
    elbow_release(&pseudo->dhead);
    elbow_release(&pseudo->gradient);
    elbow_release(&model->prior_workspace);
}

size_t elbow_pseudo_bytes(const struct elbow_model *model)
{
    const struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    if (pseudo->count == 0)
        return 0;
    size_t floats = pseudo->rows * (2 * pseudo->inputs + model->head) + pseudo->heads +
                    (pseudo->rows == pseudo->count ? 0 : pseudo->encoder_end);
    return elbow_network_bytes(&pseudo->encoder) + floats * sizeof(float) +
           model->prior->workspace(elbow_model_heads(model), model->latent, model->components) * sizeof(double);
}

static size_t rows_from(const struct elbow_pseudo_inputs *pseudo, size_t first)
{
    return pseudo->count - first < pseudo->rows ? pseudo->count - first : pseudo->rows;
}

// A NaN stays.
static const float *encode(struct elbow_pseudo_inputs *pseudo, const float *parameters, size_t first)
{
    size_t rows = rows_from(pseudo, first);
    const float *u = parameters + pseudo->tensor + first * pseudo->inputs;
    for (size_t i = 0; i < rows * pseudo->inputs; ++i)
        pseudo->x[i] = u[i] <= pseudo->low ? pseudo->low : u[i] >= pseudo->high ? pseudo->high : u[i];
    return elbow_network_forward(&pseudo->encoder, parameters, rows, pseudo->x);
}

void elbow_model_begin(struct elbow_model *model, const float *parameters)
{
    struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    struct elbow_trace_start begin = elbow_trace_begin(pseudo->count > 0 ? model->track : NULL);
    for (size_t first = 0; first < pseudo->count; first += pseudo->rows)
        memcpy(pseudo->head + first * model->head, encode(pseudo, parameters, first),
               rows_from(pseudo, first) * model->head * sizeof *pseudo->head);
    if (pseudo->count > 0)
        elbow_trace_end(model->track, ELBOW_TRACE_FORWARD, pseudo->count, begin);
}

// The gradient of rows from `first` on with respect to themselves, where the encoder's input follows them.
static void pass_down(const struct elbow_pseudo_inputs *pseudo, const float *parameters, size_t first, float *gradient)
{
    size_t at = pseudo->tensor + first * pseudo->inputs;
    for (size_t i = 0; i < rows_from(pseudo, first) * pseudo->inputs; ++i) {
        float u = parameters[at + i];
        gradient[at + i] = u <= pseudo->low || u >= pseudo->high ? 0 : pseudo->dx[i];
    }
}

void elbow_model_finish(struct elbow_model *model, const float *parameters, const float *heads, float *gradient)
{
    struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    ELBOW_CHECK(pseudo->count > 0 && pseudo->rows > 0);
    struct elbow_trace_start begin = elbow_trace_begin(model->track);
    for (size_t first = 0; first < pseudo->count; first += pseudo->rows) {
        size_t rows = rows_from(pseudo, first);
        float *of_encoder = first == 0 ? gradient : pseudo->gradient;
        if (pseudo->rows < pseudo->count)
            encode(pseudo, parameters, first);
        memcpy(pseudo->dhead, heads + first * model->head, rows * model->head * sizeof *heads);
        elbow_network_backward(&pseudo->encoder, parameters, rows, pseudo->x, pseudo->dhead, of_encoder, pseudo->dx);
        if (first > 0)
            elbow_vector_add(pseudo->encoder_end, gradient, of_encoder, gradient);
        pass_down(pseudo, parameters, first, gradient);
    }
    elbow_trace_end(model->track, ELBOW_TRACE_BACKWARD, pseudo->count, begin);
}

void elbow_model_start_pseudo_inputs(const struct elbow_model *model, const float *rows, float *values)
{
    const struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    const float margin = 0.01F; // at the bounds the gradient is zero
    for (size_t i = 0; i < pseudo->count * pseudo->inputs; ++i)
        values[pseudo->tensor + i] = fminf(fmaxf(rows[i], pseudo->low + margin), pseudo->high - margin);
}
