// SPDX-License-Identifier: BSD-3-Clause
// Samples and reconstructions. The decoder sees whole microbatches of the configuration, and sample number n is a
// function of (model, seed, n): neither ranks nor the number of samples asked for show in it.
#include "elbow/evaluate/gallery.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/gallery.h"
#include "elbow/evaluate/detail/origin.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/output/sink.h"
#include "elbow/parallel/ordered_rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// Draws from p(x|z) by the `draw` of their stream: of samples and of reconstructions, and behind them those of the
// model in front of the data, so that no word serves two.
enum { DRAW_OF_SAMPLES = 0, DRAW_OF_RECONSTRUCTIONS = 1, DRAWS_IN_FRONT = 2 };

struct drawing {
    const struct elbow_gallery *gallery;
    const struct elbow_dataset *dataset; // NULL: samples
    uint64_t first, seed;
    bool draw;
    struct elbow_origin origin; // of the rows, where each says which sample it is
    size_t microbatch, row_bytes;
    struct elbow_sink sink;           // rank zero
    struct elbow_collation collation; // of reconstructions
    struct elbow_collated collated;
    uint64_t *ids;                                 // room for a microbatch: what keys its draws
    float *z, *means;                              // likewise
    struct elbow_frozen_room *front;               // what decodes the means; owned; NULL: nothing does
    float *rows;                                   // what comes of them, likewise
    float *condition;                              // (microbatch, C) likewise
    struct elbow_conditioning grid;                // where the gallery has no conditioning of its own; owned
    const struct elbow_conditioning *conditioning; // of samples; of reconstructions NULL: their rows'
    bool tells;                                    // the output has them
    float *shown;                                  // a sample
    double *row;    // a sample that is turned back by data.transform, where samples are; else NULL
    bool is_double; // the output has doubles
};

// Values of a row that is shown.
static size_t width_of(const struct drawing *drawing)
{
    return (size_t)elbow_gallery_shown(drawing->gallery)->values;
}

static enum elbow_status make_room(struct drawing *drawing, struct elbow_error *error)
{
    const struct elbow_model *model = drawing->gallery->model;
    size_t rows = drawing->microbatch, width = width_of(drawing);
    bool has_front = drawing->gallery->frozen != NULL;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(drawing->ids, rows),
        ELBOW_ARRAY(drawing->z, rows * model->latent),
        ELBOW_ARRAY(drawing->means, rows * model->values),
        ELBOW_ARRAY(drawing->shown, width),
        ELBOW_ARRAY(drawing->rows, has_front ? rows * width : 0),
        ELBOW_ARRAY(drawing->condition, rows * model->conditions),
        ELBOW_ARRAY(drawing->row, width), // the last one
    };
    size_t count = sizeof arrays / sizeof *arrays - (elbow_gallery_turns_back(drawing->gallery) ? 0 : 1);
    enum elbow_status status = elbow_allocate_all(arrays, count, "a microbatch to draw", error);
    if (status == ELBOW_OK && drawing->dataset != NULL)
        status = elbow_collated_create(&drawing->collation, rows, &drawing->collated, error);
    if (status == ELBOW_OK && has_front)
        status = elbow_frozen_open(drawing->gallery->frozen, NULL, rows, false, &drawing->front, error);
    if (status == ELBOW_OK && drawing->dataset == NULL)
        elbow_model_begin(drawing->gallery->model, drawing->gallery->parameters);
    return status;
}

static void give_room_back(struct drawing *drawing)
{
    elbow_release(&drawing->ids);
    elbow_collated_destroy(&drawing->collated);
    elbow_frozen_close(drawing->front);
    elbow_release(&drawing->rows);
    elbow_release(&drawing->z);
    elbow_release(&drawing->means);
    elbow_release(&drawing->shown);
    elbow_release(&drawing->condition);
    elbow_conditioning_clear(&drawing->grid);
    elbow_origin_clear(&drawing->origin);
    elbow_release(&drawing->row);
}

// What a draw of row i is keyed by; `further`: 0, or DRAWS_IN_FRONT.
static struct elbow_stream stream_of(const struct drawing *drawing, size_t i, uint32_t further)
{
    uint32_t draw = drawing->dataset == NULL ? DRAW_OF_SAMPLES : DRAW_OF_RECONSTRUCTIONS;
    return (struct elbow_stream){
        .seed = drawing->seed, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = drawing->ids[i], .draw = draw + further};
}

// The model in front of the data decodes what has been decoded: means, or draws.
static void decode_further(const struct drawing *drawing, size_t rows)
{
    const struct elbow_gallery *gallery = drawing->gallery;
    if (drawing->front == NULL)
        return;
    for (size_t i = 0; drawing->draw && i < rows; ++i)
        elbow_model_draw(gallery->model, gallery->parameters, i, stream_of(drawing, i, 0),
                         drawing->means + i * gallery->model->values);
    elbow_frozen_decode(drawing->front, rows, drawing->means, drawing->rows);
}

// The mean of p(x|z), or a draw from it, of row i of the microbatch.
static void show(const struct drawing *drawing, size_t i, float *image)
{
    const struct elbow_gallery *gallery = drawing->gallery;
    const float *means = drawing->front != NULL ? drawing->rows : drawing->means;
    size_t values = width_of(drawing);
    if (!drawing->draw)
        memcpy(image, means + i * values, values * sizeof *image);
    else if (drawing->front != NULL)
        elbow_frozen_draw(drawing->front, i, stream_of(drawing, i, DRAWS_IN_FRONT), image);
    else
        elbow_model_draw(gallery->model, gallery->parameters, i, stream_of(drawing, i, 0), image);
}

// The original of row i: what the model sees, or the one in front of it; NaN where a value is missing.
static const float *original_of(const struct drawing *drawing, const struct elbow_microbatch *microbatch, size_t i)
{
    size_t values = width_of(drawing);
    const struct elbow_microbatch *seen =
        drawing->front != NULL ? elbow_frozen_seen(drawing->collated.through_room) : microbatch;
    memcpy(drawing->shown, seen->values + i * values, values * sizeof *drawing->shown);
    for (size_t d = 0; seen->known != NULL && d < values; ++d)
        if (seen->known[i * values + d] == 0)
            drawing->shown[d] = NAN;
    return drawing->shown;
}

// Puts a sample into a packed row and returns what comes behind it: as the model has it, or turned back and rounded
// once. `is_told`: a model has told it.
static char *pack(const struct drawing *drawing, const float *values, bool is_told, char *at)
{
    const struct elbow_fit *fit = &elbow_gallery_shown(drawing->gallery)->transform;
    size_t width = width_of(drawing);
    if (drawing->row == NULL) {
        memcpy(at, values, width * sizeof *values);
        return at + width * sizeof *values;
    }
    elbow_fit_inverse(fit, 0, width, values, drawing->row);
    if (is_told)
        elbow_fit_set_constants(fit, 0, width, drawing->row);
    if (drawing->is_double) {
        memcpy(at, drawing->row, width * sizeof *drawing->row);
        return at + width * sizeof *drawing->row;
    }
    for (size_t d = 0; d < width; ++d) {
        float value = (float)drawing->row[d];
        memcpy(at + d * sizeof value, &value, sizeof value);
    }
    return at + width * sizeof *values;
}

// What a sample is told: conditions, and of C classes number n mod C for sample n.
static void tell_sample(const struct drawing *drawing, uint64_t sample, float *told)
{
    const struct elbow_model *model = drawing->gallery->model;
    memset(told, 0, model->conditions * sizeof *told);
    elbow_conditioning_at(drawing->conditioning, sample, told);
    if (model->classes > 1)
        told[model->conditions - model->classes + sample % model->classes] = 1;
}

// The microbatch is full, whatever `count`: its GEMMs have one shape, and each sample the same bits in any company.
static void produce_samples(void *user, uint64_t first, size_t count, void *results)
{
    struct drawing *drawing = user;
    const struct elbow_gallery *gallery = drawing->gallery;
    struct elbow_model *model = gallery->model;
    for (size_t i = 0; i < drawing->microbatch; ++i)
        drawing->ids[i] = first + i;
    for (size_t i = 0; model->conditions > 0 && i < drawing->microbatch; ++i)
        tell_sample(drawing, first + (i < count ? i : count - 1), drawing->condition + i * model->conditions);
    elbow_model_set_conditions(model, drawing->microbatch, drawing->condition);
    struct elbow_stream stream = {.seed = drawing->seed, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    for (size_t i = 0; gallery->mixture != NULL && i < drawing->microbatch; ++i)
        elbow_mixture_draw(gallery->mixture, drawing->seed, drawing->ids[i], drawing->z + i * model->latent);
    if (gallery->mixture == NULL)
        elbow_model_draw_latent(model, gallery->parameters, stream, drawing->microbatch, drawing->ids, drawing->z);
    struct elbow_model_sizes sizes = {.total = gallery->size, .mean = gallery->data->mean, .size = gallery->data->size};
    if (gallery->size > 0) // else as of a row of the training data
        sizes.size = gallery->size;
    elbow_model_set_sizes(model, drawing->microbatch, sizes);
    elbow_model_decode(model, gallery->parameters, drawing->microbatch, drawing->z, drawing->means);
    decode_further(drawing, drawing->microbatch);
    for (size_t i = 0; i < count; ++i) {
        show(drawing, i, drawing->shown);
        char *behind = pack(drawing, drawing->shown, true, (char *)results + i * drawing->row_bytes);
        if (drawing->tells)
            memcpy(behind, drawing->condition + i * model->conditions, model->conditions * sizeof(float));
    }
}

// The rows are decoded under what is given in place of what was said of them.
static void tell_otherwise(struct drawing *drawing, const struct elbow_microbatch *microbatch)
{
    struct elbow_model *model = drawing->gallery->model;
    if (model->conditions == 0)
        return;
    memcpy(drawing->condition, model->classes > 1 ? model->condition : microbatch->about.condition,
           microbatch->rows * model->conditions * sizeof *drawing->condition);
    for (size_t i = 0; i < microbatch->rows; ++i)
        elbow_conditioning_replace(drawing->conditioning, drawing->condition + i * model->conditions);
    elbow_model_set_conditions(model, microbatch->rows, drawing->condition);
}

static void produce_reconstructions(void *user, uint64_t first, size_t count, void *results)
{
    struct drawing *drawing = user;
    const struct elbow_gallery *gallery = drawing->gallery;
    struct elbow_model *model = gallery->model;
    size_t values = model->values, latent = model->latent;
    struct elbow_microbatch microbatch =
        elbow_evaluation_microbatch(&drawing->collation, drawing->first + first, count, &drawing->collated);
    memcpy(drawing->ids, microbatch.about.ids, count * sizeof *drawing->ids);
    const float *head = elbow_model_encode(model, gallery->parameters, &microbatch);
    for (size_t i = 0; i < count; ++i)
        memcpy(drawing->z + i * latent, head + i * model->head, latent * sizeof(float));
    if (drawing->conditioning != NULL)
        tell_otherwise(drawing, &microbatch);
    struct elbow_model_sizes sizes = {.x = microbatch.values, .known = microbatch.known, .sizes = microbatch.sizes};
    elbow_model_set_sizes(model, count, sizes);
    elbow_model_decode(model, gallery->parameters, count, drawing->z, drawing->means);
    decode_further(drawing, count);
    for (size_t i = 0; i < count; ++i) {
        char *row = (char *)results + i * drawing->row_bytes;
        row = pack(drawing, original_of(drawing, &microbatch, i), false, row);
        if (gallery->corrupt) {
            elbow_inputs_turn_back(&drawing->collation.inputs, drawing->collated.inputs.corrupted + i * values,
                                   drawing->shown);
            row = pack(drawing, drawing->shown, false, row);
        }
        show(drawing, i, drawing->shown);
        row = pack(drawing, drawing->shown, true, row);
        if (drawing->origin.dataset != NULL)
            elbow_origin_pack(&drawing->origin, drawing->first + first + i, row);
    }
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct drawing *drawing = user;
    return elbow_sink_put(&drawing->sink, first, count, results, error);
}

// Collective. Opens the output, fills it, closes it.
static enum elbow_status fill(struct drawing *drawing, const struct elbow_sink_plan *plan, struct elbow_error *error)
{
    struct elbow_comm *comm = drawing->gallery->comm;
    bool is_root = elbow_comm_place(comm).rank == 0;
    struct elbow_ordered_rows_job job = {.rows = plan->rows,
                                         .microbatch = drawing->microbatch,
                                         .row_bytes = drawing->row_bytes,
                                         .user = drawing,
                                         .produce =
                                             drawing->dataset != NULL ? produce_reconstructions : produce_samples,
                                         .consume = consume};
    if (is_root)
        elbow_sink_open(plan, &drawing->sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status != ELBOW_OK)
        return error->status;
    elbow_ordered_rows_run(comm, &job, error);
    if (is_root)
        elbow_sink_close(&drawing->sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    return error->status;
}

// A sample as the dataset has it.
static struct elbow_sink_column column_of(const struct drawing *drawing, const char *name)
{
    const struct elbow_data_facts *data = elbow_gallery_shown(drawing->gallery);
    struct elbow_sink_column column = {.name = name,
                                       .element = drawing->is_double ? ELBOW_ELEMENT_FLOAT64 : ELBOW_ELEMENT_FLOAT32,
                                       .rank = (size_t)data->rank};
    memcpy(column.shape, data->shape, sizeof column.shape);
    return column;
}

static bool is_of_datasets(const char *path)
{
    for (const char *const *ending = elbow_sink_endings(ELBOW_SINK_HDF5); *ending != NULL; ++ending)
        if (elbow_output_ends(path, *ending))
            return true;
    return false;
}

// What the samples were told, in a user's file of datasets.
static size_t add_condition(struct drawing *drawing, const char *path, struct elbow_sink_column *column)
{
    const struct elbow_gallery *gallery = drawing->gallery;
    drawing->tells = gallery->model->conditions > 0 && gallery->pending == NULL && is_of_datasets(path);
    *column = (struct elbow_sink_column){
        .name = "condition", .element = ELBOW_ELEMENT_FLOAT32, .rank = 1, .shape = {gallery->model->conditions}};
    return drawing->tells ? 1 : 0;
}

// Names and rows of the samples, in a user's file of datasets; names alone before lines of values; nothing in pictures.
static size_t add_origin(struct drawing *drawing, const char *path, struct elbow_sink_column *columns,
                         struct elbow_error *error)
{
    if (drawing->gallery->pending != NULL || !elbow_sink_holds_texts(path))
        return 0;
    drawing->origin.dataset = drawing->dataset;
    if (is_of_datasets(path))
        elbow_origin_create(drawing->dataset, &drawing->origin, error);
    return elbow_origin_columns(&drawing->origin, columns);
}

// Collective.
static enum elbow_status draw_gallery(struct drawing *drawing, const char *path, uint64_t count,
                                      struct elbow_error *error)
{
    const struct elbow_gallery *gallery = drawing->gallery;
    bool has_pairs = drawing->dataset != NULL;
    size_t shown = 0;
    drawing->is_double = elbow_gallery_needs_doubles(gallery, path);
    struct elbow_sink_column columns[3 + ELBOW_ORIGIN_COLUMNS];
    columns[shown++] = column_of(drawing, has_pairs ? "originals" : "samples");
    if (has_pairs && gallery->corrupt)
        columns[shown++] = column_of(drawing, "corrupted");
    if (has_pairs)
        columns[shown++] = column_of(drawing, "reconstructions");
    const struct elbow_data_facts *data = elbow_gallery_shown(gallery);
    struct elbow_shades shades = elbow_data_shades(data, elbow_gallery_reading(gallery), gallery->is_transformed);
    struct elbow_sink_plan plan = {.path = path,
                                   .columns = columns,
                                   .column_count = shown,
                                   .is_gallery = true,
                                   .layout = data->layout,
                                   .black = shades.black,
                                   .white = shades.white,
                                   .rows = count,
                                   .at_once = drawing->microbatch,
                                   .publish = gallery->publish,
                                   .pending = gallery->pending};
    if (!has_pairs && drawing->conditioning->has_grid)
        plan.across = (size_t)drawing->conditioning->per_class;
    if (has_pairs)
        plan.column_count += add_origin(drawing, path, columns + shown, error);
    else
        plan.column_count += add_condition(drawing, path, columns + shown);
    for (size_t i = 0; i < plan.column_count; ++i)
        drawing->row_bytes += elbow_sink_column_bytes(&columns[i]);
    ELBOW_CHECK(drawing->microbatch > 0 && drawing->microbatch <= gallery->model->rows_max);
    ELBOW_CHECK(gallery->data->values == gallery->model->values);
    if (count == 0)
        elbow_error_set(error, ELBOW_USAGE, "%.500s: nothing to draw; ask for at least one", path);
    if (error->status == ELBOW_OK && elbow_sink_check(&plan, error) == ELBOW_OK)
        make_room(drawing, error);
    if (elbow_comm_agree(gallery->comm, error) == ELBOW_OK)
        fill(drawing, &plan, error);
    give_room_back(drawing);
    return error->status;
}

enum elbow_status elbow_gallery_samples(const struct elbow_gallery *gallery, const char *path, uint64_t count,
                                        uint64_t seed, bool draw, struct elbow_error *error)
{
    struct drawing drawing = {
        .gallery = gallery, .seed = seed, .draw = draw, .microbatch = (size_t)gallery->config->train.microbatch};
    *error = (struct elbow_error){0};
    drawing.grid.conditions = &gallery->data->conditions;
    drawing.conditioning = gallery->conditioning != NULL ? gallery->conditioning : &drawing.grid;
    if (gallery->conditioning == NULL)
        elbow_conditioning_settle(&drawing.grid, count, true, error);
    return draw_gallery(&drawing, path, count, error);
}

enum elbow_status elbow_gallery_reconstructions(const struct elbow_gallery *gallery,
                                                const struct elbow_dataset *dataset, const char *path, uint64_t first,
                                                uint64_t count, uint64_t seed, bool draw, struct elbow_error *error)
{
    struct drawing drawing = {.gallery = gallery,
                              .dataset = dataset,
                              .collation = elbow_collation_of_evaluation(gallery->config, dataset),
                              .conditioning = gallery->conditioning,
                              .first = first,
                              .seed = seed,
                              .draw = draw,
                              .microbatch = (size_t)gallery->config->train.microbatch};
    *error = (struct elbow_error){0};
    if (gallery->corrupt)
        elbow_collation_corrupt(gallery->config, &drawing.collation);
    if (first >= dataset->samples || count > dataset->samples - first)
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: has %s, too few for %" PRIu64 " from row %" PRIu64 " on",
                               dataset->name, elbow_text_count(dataset->samples, "row").text, count, first);
    return draw_gallery(&drawing, path, count, error);
}
