// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/decoder.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/gallery.h"

#include <math.h>
#include <string.h>

size_t elbow_decoder_width(const struct elbow_decoder *decoder)
{
    return (size_t)elbow_gallery_shown(decoder->gallery)->values;
}

enum elbow_status elbow_decoder_create(struct elbow_decoder *decoder, struct elbow_error *error)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    const struct elbow_model *model = gallery->model;
    size_t rows = decoder->microbatch, width = elbow_decoder_width(decoder);
    bool has_front = gallery->frozen != NULL;
    ELBOW_CHECK(rows > 0 && rows <= model->rows_max);
    ELBOW_CHECK(gallery->data->values == model->values);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(decoder->ids, rows),
        ELBOW_ARRAY(decoder->z, rows * model->latent),
        ELBOW_ARRAY(decoder->means, rows * model->values),
        ELBOW_ARRAY(decoder->shown, width),
        ELBOW_ARRAY(decoder->rows, has_front ? rows * width : 0),
        ELBOW_ARRAY(decoder->condition, rows * model->conditions),
        ELBOW_ARRAY(decoder->turned, width), // the last one
    };
    size_t count = sizeof arrays / sizeof *arrays - (elbow_gallery_turns_back(gallery) ? 0 : 1);
    enum elbow_status status = elbow_allocate_all(arrays, count, "a microbatch to draw", error);
    if (status == ELBOW_OK && has_front)
        status = elbow_frozen_open(gallery->frozen, NULL, rows, false, &decoder->front, error);
    return status;
}

void elbow_decoder_destroy(struct elbow_decoder *decoder)
{
    elbow_release(&decoder->ids);
    elbow_frozen_close(decoder->front);
    elbow_release(&decoder->rows);
    elbow_release(&decoder->z);
    elbow_release(&decoder->means);
    elbow_release(&decoder->shown);
    elbow_release(&decoder->condition);
    elbow_release(&decoder->turned);
}

struct elbow_sink_column elbow_decoder_column(const struct elbow_decoder *decoder, const char *name)
{
    const struct elbow_data_facts *data = elbow_gallery_shown(decoder->gallery);
    struct elbow_sink_column column = {.name = name,
                                       .element = decoder->is_double ? ELBOW_ELEMENT_FLOAT64 : ELBOW_ELEMENT_FLOAT32,
                                       .rank = (size_t)data->rank};
    memcpy(column.shape, data->shape, sizeof column.shape);
    return column;
}

void elbow_decoder_plan(const struct elbow_decoder *decoder, struct elbow_sink_plan *plan)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    const struct elbow_data_facts *data = elbow_gallery_shown(gallery);
    struct elbow_shades shades = elbow_data_shades(data, elbow_gallery_reading(gallery), gallery->is_transformed);
    plan->layout = data->layout;
    plan->black = shades.black;
    plan->white = shades.white;
}

bool elbow_decoder_is_of_datasets(const char *path)
{
    for (const char *const *ending = elbow_sink_endings(ELBOW_SINK_HDF5); *ending != NULL; ++ending)
        if (elbow_output_ends(path, *ending))
            return true;
    return false;
}

struct elbow_model_sizes elbow_decoder_sizes(const struct elbow_decoder *decoder)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    struct elbow_model_sizes sizes = {.total = gallery->size, .mean = gallery->data->mean, .size = gallery->data->size};
    if (gallery->size > 0) // otherwise the size of a row of the training data
        sizes.size = gallery->size;
    return sizes;
}

// The key of a draw of row i; `further`: 0, or ELBOW_DRAWS_IN_FRONT.
static struct elbow_stream stream_of(const struct elbow_decoder *decoder, size_t i, uint32_t further)
{
    return (struct elbow_stream){.seed = decoder->seed,
                                 .purpose = ELBOW_PURPOSE_SAMPLE_DRAW,
                                 .id = decoder->ids[i],
                                 .draw = decoder->of + further};
}

// Decodes the results once more, by the model in front of the data: means, or draws.
static void decode_further(const struct elbow_decoder *decoder, size_t rows)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    if (decoder->front == NULL)
        return;
    for (size_t i = 0; decoder->draw && i < rows; ++i)
        elbow_model_draw(gallery->model, gallery->parameters, i, stream_of(decoder, i, 0),
                         decoder->means + i * gallery->model->values);
    elbow_frozen_decode(decoder->front, rows, decoder->means, decoder->rows);
}

void elbow_decoder_run(struct elbow_decoder *decoder, size_t rows, struct elbow_model_sizes sizes)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    elbow_model_set_sizes(gallery->model, rows, sizes);
    elbow_model_decode(gallery->model, gallery->parameters, rows, decoder->z, decoder->means);
    decode_further(decoder, rows);
}

void elbow_decoder_show(const struct elbow_decoder *decoder, size_t i, float *values)
{
    const struct elbow_gallery *gallery = decoder->gallery;
    const float *means = decoder->front != NULL ? decoder->rows : decoder->means;
    size_t width = elbow_decoder_width(decoder);
    if (!decoder->draw)
        memcpy(values, means + i * width, width * sizeof *values);
    else if (decoder->front != NULL)
        elbow_frozen_draw(decoder->front, i, stream_of(decoder, i, ELBOW_DRAWS_IN_FRONT), values);
    else
        elbow_model_draw(gallery->model, gallery->parameters, i, stream_of(decoder, i, 0), values);
}

char *elbow_decoder_pack(const struct elbow_decoder *decoder, const float *values, bool is_told, char *at)
{
    const struct elbow_fit *fit = &elbow_gallery_shown(decoder->gallery)->transform;
    size_t width = elbow_decoder_width(decoder);
    if (decoder->turned == NULL) {
        memcpy(at, values, width * sizeof *values);
        return at + width * sizeof *values;
    }
    elbow_fit_inverse(fit, 0, width, values, decoder->turned);
    if (is_told)
        elbow_fit_set_constants(fit, 0, width, decoder->turned);
    if (decoder->is_double) {
        memcpy(at, decoder->turned, width * sizeof *decoder->turned);
        return at + width * sizeof *decoder->turned;
    }
    for (size_t d = 0; d < width; ++d) {
        float value = (float)decoder->turned[d];
        memcpy(at + d * sizeof value, &value, sizeof value);
    }
    return at + width * sizeof *values;
}

static double value_at(const struct elbow_decoder *decoder, const char *row, size_t d)
{
    float single;
    double number;
    if (decoder->is_double) {
        memcpy(&number, row + d * sizeof number, sizeof number);
        return number;
    }
    memcpy(&single, row + d * sizeof single, sizeof single);
    return (double)single;
}

char *elbow_decoder_pack_errors(const struct elbow_decoder *decoder, const char *one, const char *other, char *at)
{
    size_t width = elbow_decoder_width(decoder);
    for (size_t d = 0; d < width; ++d) {
        double distance = fabs(value_at(decoder, one, d) - value_at(decoder, other, d));
        float single = (float)distance;
        size_t size = decoder->is_double ? sizeof distance : sizeof single;
        memcpy(at, decoder->is_double ? (const void *)&distance : &single, size);
        at += size;
    }
    return at;
}
