// SPDX-License-Identifier: BSD-3-Clause
// Encoder and decoder as ONNX graphs. Both use scaled values (stored * factor + offset) outside and apply transforms
// inside; nothing in them is random.
#include "elbow/evaluate/detail/exporter.h"

#include "elbow/base/onnx.h"
#include "elbow/base/text.h"
#include "elbow/data/transform.h"

#include <inttypes.h>
#include <string.h>

enum { NOTES = 6, NOTE_SIZE = 192 };

static enum elbow_status refuse(const struct elbow_export_request *request, const char *what, const char *word,
                                struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: %s%s cannot be exported to ONNX; a file that ends in .safetensors has all tensors",
                           request->checkpoint->path, what, word);
}

// Whatever in a model has no counterpart in a graph.
static enum elbow_status check(const struct elbow_export_request *request, struct elbow_error *error)
{
    const struct elbow_config *config = &request->checkpoint->config;
    const struct elbow_model *model = request->model;
    const char *encoder = elbow_network_lacks_onnx(&model->encoder);
    const char *decoder = elbow_network_lacks_onnx(&model->decoder);
    if (config->data.through[0] != '\0')
        return refuse(request, "data.through, a model in front of the data,", "", error);
    if (config->data.dequantize)
        return refuse(request, "data.dequantize, whose noise is random,", "", error);
    if (model->classes > 1)
        return refuse(request, "model.classifier", "", error);
    if (model->conditions > 0)
        return refuse(request, "model.condition", "", error);
    if (model->posterior->factor != NULL)
        return refuse(request, "model.posterior: full", "", error);
    if (model->part_count > 1)
        return refuse(request, "a model.likelihood of several parts", "", error);
    if (model->parts[0].likelihood->onnx_mean == NULL)
        return refuse(request, "model.likelihood: ",
                      elbow_config_choice("model.likelihood", (int)elbow_config_likelihood(config, 0)), error);
    if (encoder != NULL || decoder != NULL)
        return refuse(request, "a layer of the kind ", encoder != NULL ? encoder : decoder, error);
    for (int i = 0; i < 2; ++i) {
        const struct elbow_fit *fit = i == 0 ? &request->checkpoint->data.transform : &request->checkpoint->data.input;
        const struct elbow_transform *row = elbow_transform_row(fit->kind);
        if (row->onnx == NULL || row->onnx_inverse == NULL)
            return refuse(request, "a transform: ", elbow_transform_word(fit->kind), error);
    }
    return ELBOW_OK;
}

// In double, rounded once, as everywhere.
static elbow_onnx_value turn(struct elbow_onnx *onnx, const struct elbow_fit *fit, bool back, elbow_onnx_value x)
{
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    if (fit->kind == ELBOW_TRANSFORM_NONE)
        return x;
    x = elbow_onnx_cast(onnx, x, ELBOW_ONNX_DOUBLE);
    x = back ? row->onnx_inverse(fit, onnx, x) : row->onnx(fit, onnx, x);
    return elbow_onnx_cast(onnx, x, ELBOW_ONNX_FLOAT);
}

// The sides of a sample as the data have them.
static int list_sides(const struct elbow_data_facts *data, size_t sides[8])
{
    for (uint64_t i = 0; i < data->rank; ++i)
        sides[i] = (size_t)data->shape[i];
    return (int)data->rank;
}

// The mask of known values, as channels behind the values of each place.
static elbow_onnx_value add_mask(struct elbow_onnx *onnx, const struct elbow_export_request *request,
                                 elbow_onnx_value x, elbow_onnx_value unknown)
{
    const struct elbow_data_facts *data = &request->checkpoint->data;
    struct elbow_shape sample =
        elbow_model_sample(&request->checkpoint->config, data->layout, (size_t)data->rank, data->shape);
    const size_t places[] = {elbow_shape_places(sample), sample.channels}, all = 2 * elbow_shape_values(sample);
    elbow_onnx_value known = elbow_onnx_cast(onnx, elbow_onnx_one(onnx, "Not", unknown), ELBOW_ONNX_FLOAT);
    x = elbow_onnx_reshape(onnx, x, 2, places);
    known = elbow_onnx_reshape(onnx, known, 2, places);
    return elbow_onnx_reshape(onnx, elbow_onnx_concat(onnx, x, known, 2), 1, &all);
}

static elbow_onnx_value binarize(struct elbow_onnx *onnx, const struct elbow_config *config, elbow_onnx_value x)
{
    if (config->data.binarize != ELBOW_BINARIZE_THRESHOLD)
        return x;
    elbow_onnx_value threshold = elbow_onnx_float(onnx, (float)config->data.threshold);
    return elbow_onnx_cast(onnx, elbow_onnx_two(onnx, "Greater", x, threshold), ELBOW_ONNX_FLOAT);
}

static void make_encoder(const struct elbow_export_request *request, struct elbow_onnx *onnx)
{
    const struct elbow_checkpoint *checkpoint = request->checkpoint;
    const struct elbow_config *config = &checkpoint->config;
    const struct elbow_model *model = request->model;
    size_t sides[8], latent = model->latent;
    int rank = list_sides(&checkpoint->data, sides);
    bool may_miss = config->data.missing != ELBOW_MISSING_REFUSE || config->data.mask[0] != '\0';
    elbow_onnx_value x = elbow_onnx_reshape(onnx, elbow_onnx_input(onnx, "values", rank, sides), 1, &model->values);
    elbow_onnx_value unknown = may_miss || config->model.input.mask ? elbow_onnx_one(onnx, "IsNaN", x) : 0;
    x = turn(onnx, &checkpoint->data.transform, false, x);
    x = turn(onnx, &checkpoint->data.input, false, binarize(onnx, config, x));
    if (may_miss || config->model.input.mask) {
        const elbow_onnx_value inputs[] = {unknown, elbow_onnx_float(onnx, 0), x};
        x = elbow_onnx_node(onnx, "Where", 3, inputs, 0, NULL);
    }
    if (config->model.input.mask)
        x = add_mask(onnx, request, x, unknown);
    x = elbow_network_onnx(&model->encoder, checkpoint->values, onnx, x);
    elbow_onnx_output(onnx, elbow_onnx_slice(onnx, x, 1, 0, latent), "mean", 1, &latent);
    if (model->head > latent)
        elbow_onnx_output(onnx, elbow_onnx_slice(onnx, x, 1, latent, 2 * latent), "log_variance", 1, &latent);
}

// A constant column is set to its constant.
static elbow_onnx_value turn_back(const struct elbow_export_request *request, struct elbow_onnx *onnx,
                                  elbow_onnx_value x)
{
    struct elbow_fit fit = {0};
    if (elbow_fit_copy(&request->checkpoint->data.transform, &fit, NULL) != ELBOW_OK) {
        onnx->graph.lacks_memory = true;
        return x;
    }
    for (size_t i = 0; i < fit.columns; ++i)
        if (fit.numbers[2 * fit.columns + i] != 0)
            fit.numbers[fit.columns + i] = 0;
    x = turn(onnx, &fit, true, x);
    elbow_fit_clear(&fit);
    return x;
}

static void make_decoder(const struct elbow_export_request *request, struct elbow_onnx *onnx)
{
    const struct elbow_checkpoint *checkpoint = request->checkpoint;
    const struct elbow_model *model = request->model;
    const struct elbow_model_part *part = &model->parts[0];
    size_t sides[8];
    int rank = list_sides(&checkpoint->data, sides);
    elbow_onnx_value x = elbow_onnx_input(onnx, "z", 1, &model->latent);
    x = elbow_network_onnx(&model->decoder, checkpoint->values, onnx, x);
    x = part->likelihood->onnx_mean(&part->options, model->values, onnx, x);
    if (checkpoint->config.data.binarize == ELBOW_BINARIZE_NONE)
        x = turn_back(request, onnx, x);
    elbow_onnx_output(onnx, elbow_onnx_reshape(onnx, x, rank, sides), "mean", rank, sides);
}

enum elbow_status elbow_onnx_graphs_make(const struct elbow_export_request *request, int half, char **bytes,
                                         size_t *size, struct elbow_error *error)
{
    static void (*const makers[])(const struct elbow_export_request *, struct elbow_onnx *) = {make_encoder,
                                                                                               make_decoder};
    static const char *const names[] = {"encoder", "decoder"};
    const struct elbow_checkpoint *checkpoint = request->checkpoint;
    char step[NOTE_SIZE], factor[NOTE_SIZE], offset[NOTE_SIZE];
    struct elbow_onnx onnx = {0};
    enum elbow_status status = check(request, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_format(step, sizeof step, "%" PRIu64, checkpoint->state.step);
    elbow_text_format(factor, sizeof factor, "%.17g", checkpoint->data.scale.factor);
    elbow_text_format(offset, sizeof offset, "%.17g", checkpoint->data.scale.offset);
    const struct elbow_onnx_note notes[NOTES] = {{"step", step},
                                                 {"weights", request->is_averaged ? "averaged" : "trained"},
                                                 {"config", checkpoint->config_text},
                                                 {"data_factor", factor},
                                                 {"data_offset", offset},
                                                 {"values", "stored * data_factor + data_offset"}};
    makers[half](request, &onnx);
    return elbow_onnx_finish(&onnx, names[half], NOTES, notes, bytes, size, error);
}
