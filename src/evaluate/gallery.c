// SPDX-License-Identifier: BSD-3-Clause
// Samples and reconstructions. The decoder gets whole microbatches of the configuration, and sample number n is a
// function of (model, seed, n): it depends neither on ranks nor on the number of samples.
#include "elbow/evaluate/gallery.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/decoder.h"
#include "elbow/evaluate/detail/gallery.h"
#include "elbow/evaluate/detail/origin.h"
#include "elbow/evaluate/detail/written.h"
#include "elbow/evaluate/evaluation.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct drawing {
    struct elbow_decoder decoder;
    const struct elbow_dataset *dataset; // NULL: samples
    uint64_t first;
    const struct elbow_gallery_list *list; // of rows, in place of those from `first` on; NULL: none
    struct elbow_origin origin;            // of the rows, if samples have names or numbers
    size_t row_bytes;
    struct elbow_collation collation; // of reconstructions
    struct elbow_collated collated;
    struct elbow_conditioning grid;                // where the gallery has no conditioning of its own; owned
    const struct elbow_conditioning *conditioning; // of samples; of reconstructions NULL: their rows'
    bool tells;                                    // the output has conditions
    bool has_figures;                              // the output has the figures of the list
    bool has_class;                                // the output has the class of samples of a classifier
    struct elbow_class_table classes;              // names of the classes; owned
};

static enum elbow_status allocate_workspace(struct drawing *drawing, struct elbow_error *error)
{
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    enum elbow_status status = elbow_decoder_create(&drawing->decoder, error);
    if (status == ELBOW_OK && drawing->dataset != NULL)
        status = elbow_collated_create(&drawing->collation, drawing->decoder.microbatch, &drawing->collated, error);
    if (status == ELBOW_OK && drawing->dataset == NULL)
        elbow_model_begin(gallery->model, gallery->parameters);
    return status;
}

static void give_room_back(struct drawing *drawing)
{
    elbow_decoder_destroy(&drawing->decoder);
    elbow_collated_destroy(&drawing->collated);
    elbow_conditioning_clear(&drawing->grid);
    elbow_class_table_clear(&drawing->classes);
    elbow_origin_clear(&drawing->origin);
}

// The original of row i: the input of the model, or of the one in front of it; NaN for a missing value.
static const float *original_of(const struct drawing *drawing, const struct elbow_microbatch *microbatch, size_t i)
{
    const struct elbow_decoder *decoder = &drawing->decoder;
    size_t values = elbow_decoder_width(decoder);
    const struct elbow_microbatch *seen =
        decoder->front != NULL ? elbow_frozen_seen(drawing->collated.through_workspace) : microbatch;
    memcpy(decoder->shown, seen->values + i * values, values * sizeof *decoder->shown);
    for (size_t d = 0; seen->known != NULL && d < values; ++d)
        if (seen->known[i * values + d] == 0)
            decoder->shown[d] = NAN;
    return decoder->shown;
}

// The class of a sample, of a model with a classifier: the one that is given, or number n mod C for sample n.
static size_t class_of(const struct drawing *drawing, uint64_t sample)
{
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    return (size_t)(gallery->has_class ? (uint64_t)gallery->class_number : sample % gallery->model->classes);
}

// The condition of a sample, with its class.
static void set_condition_of(const struct drawing *drawing, uint64_t sample, float *condition)
{
    const struct elbow_model *model = drawing->decoder.gallery->model;
    memset(condition, 0, model->conditions * sizeof *condition);
    elbow_conditioning_at(drawing->conditioning, sample, condition);
    if (model->classes > 1)
        condition[model->conditions - model->classes + class_of(drawing, sample)] = 1;
}

// The microbatch is full for any `count`: its GEMMs have one shape, and a sample has the same bits beside any others.
static void produce_samples(void *user, uint64_t first, size_t count, void *results)
{
    struct drawing *drawing = user;
    struct elbow_decoder *decoder = &drawing->decoder;
    const struct elbow_gallery *gallery = decoder->gallery;
    struct elbow_model *model = gallery->model;
    size_t rows = decoder->microbatch;
    for (size_t i = 0; i < rows; ++i)
        decoder->ids[i] = first + i;
    for (size_t i = 0; model->conditions > 0 && i < rows; ++i)
        set_condition_of(drawing, first + (i < count ? i : count - 1), decoder->condition + i * model->conditions);
    elbow_model_set_conditions(model, rows, decoder->condition);
    struct elbow_stream stream = {.seed = decoder->seed, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    for (size_t i = 0; gallery->mixture != NULL && i < rows; ++i)
        elbow_mixture_draw(gallery->mixture, decoder->seed, decoder->ids[i], decoder->z + i * model->latent);
    if (gallery->mixture == NULL)
        elbow_model_draw_latent(model, gallery->parameters, stream, rows, decoder->ids, decoder->z);
    elbow_decoder_run(decoder, rows, elbow_decoder_sizes(decoder));
    for (size_t i = 0; i < count; ++i) {
        elbow_decoder_show(decoder, i, decoder->shown);
        char *behind = elbow_decoder_pack(decoder, decoder->shown, true, (char *)results + i * drawing->row_bytes);
        if (drawing->has_class)
            memcpy(behind, &drawing->classes.values[class_of(drawing, first + i)], sizeof(int64_t));
        if (drawing->has_class)
            behind += sizeof(int64_t);
        if (drawing->tells)
            memcpy(behind, decoder->condition + i * model->conditions, model->conditions * sizeof(float));
    }
}

// Replaces the conditions of the rows by the given ones before decoding.
static void tell_otherwise(struct drawing *drawing, const struct elbow_microbatch *microbatch)
{
    struct elbow_decoder *decoder = &drawing->decoder;
    struct elbow_model *model = decoder->gallery->model;
    if (model->conditions == 0)
        return;
    memcpy(decoder->condition, model->classes > 1 ? model->condition : microbatch->about.condition,
           microbatch->rows * model->conditions * sizeof *decoder->condition);
    for (size_t i = 0; i < microbatch->rows; ++i)
        elbow_conditioning_replace(drawing->conditioning, decoder->condition + i * model->conditions);
    elbow_model_set_conditions(model, microbatch->rows, decoder->condition);
}

// The sample in row n of the output.
static uint64_t sample_of(const struct drawing *drawing, uint64_t n)
{
    return drawing->list != NULL ? drawing->list->rows[n] : drawing->first + n;
}

// The microbatch of rows [first, first + count) of the output. For a list it is filled with copies of its last row,
// because the bits of a row must not depend on the number of rows.
static struct elbow_microbatch collate(struct drawing *drawing, uint64_t first, size_t count)
{
    size_t rows = drawing->decoder.microbatch;
    if (drawing->list == NULL)
        return elbow_evaluation_microbatch(&drawing->collation, drawing->first + first, count, &drawing->collated);
    for (size_t i = 0; i < rows; ++i)
        drawing->collated.ids[i] = sample_of(drawing, first + (i < count ? i : count - 1));
    return elbow_collate(&drawing->collation, 0, rows, &drawing->collated);
}

// Row i of the microbatch, which is row n of the output.
static void pack_row(struct drawing *drawing, const struct elbow_microbatch *microbatch, size_t i, uint64_t n,
                     char *row)
{
    const struct elbow_decoder *decoder = &drawing->decoder;
    const char *original = row;
    row = elbow_decoder_pack(decoder, original_of(drawing, microbatch, i), false, row);
    if (decoder->gallery->corrupt) {
        elbow_inputs_turn_back(&drawing->collation.inputs,
                               drawing->collated.inputs.corrupted + i * decoder->gallery->model->values,
                               decoder->shown);
        row = elbow_decoder_pack(decoder, decoder->shown, false, row);
    }
    const char *reconstruction = row;
    elbow_decoder_show(decoder, i, decoder->shown);
    row = elbow_decoder_pack(decoder, decoder->shown, true, row);
    if (drawing->list != NULL)
        row = elbow_decoder_pack_errors(decoder, original, reconstruction, row);
    if (drawing->has_figures) {
        memcpy(row, drawing->list->figures + n, sizeof *drawing->list->figures);
        row += sizeof *drawing->list->figures;
    }
    if (drawing->origin.dataset != NULL)
        elbow_origin_pack(&drawing->origin, sample_of(drawing, n), row);
}

static void produce_reconstructions(void *user, uint64_t first, size_t count, void *results)
{
    struct drawing *drawing = user;
    struct elbow_decoder *decoder = &drawing->decoder;
    struct elbow_model *model = decoder->gallery->model;
    size_t latent = model->latent;
    struct elbow_microbatch microbatch = collate(drawing, first, count);
    memcpy(decoder->ids, microbatch.about.ids, microbatch.rows * sizeof *decoder->ids);
    const float *head = elbow_model_encode(model, decoder->gallery->parameters, &microbatch);
    for (size_t i = 0; i < microbatch.rows; ++i)
        memcpy(decoder->z + i * latent, head + i * model->head, latent * sizeof(float));
    if (drawing->conditioning != NULL)
        tell_otherwise(drawing, &microbatch);
    elbow_decoder_run(
        decoder, microbatch.rows,
        (struct elbow_model_sizes){.x = microbatch.values, .known = microbatch.known, .sizes = microbatch.sizes});
    for (size_t i = 0; i < count; ++i)
        pack_row(drawing, &microbatch, i, first + i, (char *)results + i * drawing->row_bytes);
}

// The conditions of the samples, in a user's file of datasets.
static size_t add_condition(struct drawing *drawing, const char *path, struct elbow_sink_column *column)
{
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    drawing->tells = gallery->model->conditions > 0 && gallery->pending == NULL && elbow_decoder_is_of_datasets(path);
    *column = (struct elbow_sink_column){
        .name = "condition", .element = ELBOW_ELEMENT_FLOAT32, .rank = 1, .shape = {gallery->model->conditions}};
    return drawing->tells ? 1 : 0;
}

// Names and rows of the samples for a user's file of datasets; only names for lines of values; nothing for pictures.
static size_t add_origin(struct drawing *drawing, const char *path, struct elbow_sink_column *columns,
                         struct elbow_error *error)
{
    if (drawing->decoder.gallery->pending != NULL || !elbow_sink_holds_texts(path))
        return 0;
    drawing->origin.dataset = drawing->dataset;
    if (elbow_decoder_is_of_datasets(path)) {
        elbow_origin_create(drawing->dataset, &drawing->origin, error);
        drawing->origin.has_rows = drawing->origin.has_rows || drawing->list != NULL;
    }
    return elbow_origin_columns(&drawing->origin, columns);
}

// Pictures of a row, side by side, and in files of datasets the columns beside them.
static size_t add_pairs(struct drawing *drawing, const char *path, struct elbow_sink_column *columns,
                        struct elbow_error *error)
{
    size_t count = 0;
    const struct elbow_decoder *decoder = &drawing->decoder;
    const struct elbow_gallery_list *list = drawing->list;
    columns[count++] = elbow_decoder_column(decoder, "originals");
    if (decoder->gallery->corrupt)
        columns[count++] = elbow_decoder_column(decoder, "corrupted");
    columns[count++] = elbow_decoder_column(decoder, "reconstructions");
    if (list != NULL) {
        columns[count] = elbow_decoder_column(decoder, "errors");
        columns[count++].is_difference = true;
    }
    drawing->has_figures = list != NULL && list->figures != NULL && elbow_decoder_is_of_datasets(path);
    if (drawing->has_figures)
        columns[count++] = (struct elbow_sink_column){.name = list->figure, .element = ELBOW_ELEMENT_FLOAT64};
    return count + add_origin(drawing, path, columns + count, error);
}

// The class of samples of a model with a classifier, in a user's file of datasets or lines.
static size_t add_class(struct drawing *drawing, const char *path, struct elbow_sink_column *column,
                        struct elbow_error *error)
{
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    drawing->has_class = gallery->model->classes > 1 && gallery->pending == NULL && elbow_sink_holds_texts(path);
    if (drawing->has_class)
        elbow_class_table_make(&gallery->data->classes, &drawing->classes, error);
    *column = (struct elbow_sink_column){
        .name = "class", .element = ELBOW_ELEMENT_INT64, .names = &drawing->classes.names, .named = "class"};
    return drawing->has_class ? 1 : 0;
}

static size_t add_samples(struct drawing *drawing, const char *path, struct elbow_sink_column *columns,
                          struct elbow_error *error)
{
    columns[0] = elbow_decoder_column(&drawing->decoder, "samples");
    size_t count = 1 + add_class(drawing, path, columns + 1, error);
    return count + add_condition(drawing, path, columns + count);
}

// Number of pictures side by side: the samples of a class of a condition, or one of each class of a classifier; 0: as
// many as fit.
static size_t across_of(const struct drawing *drawing, uint64_t count)
{
    enum { ACROSS_MOST = 32 };
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    uint64_t classes = gallery->model->classes;
    if (drawing->dataset != NULL)
        return 0;
    if (drawing->conditioning->has_grid)
        return (size_t)drawing->conditioning->per_class;
    return classes > 1 && !gallery->has_class && classes <= ACROSS_MOST && classes <= count ? (size_t)classes : 0;
}

// Collective.
static enum elbow_status draw_gallery(struct drawing *drawing, const char *path, uint64_t count,
                                      struct elbow_error *error)
{
    const struct elbow_gallery *gallery = drawing->decoder.gallery;
    bool has_pairs = drawing->dataset != NULL;
    drawing->decoder.is_double = elbow_gallery_needs_doubles(gallery, path);
    drawing->decoder.microbatch = (size_t)gallery->config->train.microbatch;
    struct elbow_sink_column columns[5 + ELBOW_ORIGIN_COLUMNS];
    struct elbow_sink_plan plan = {.path = path,
                                   .columns = columns,
                                   .is_gallery = true,
                                   .rows = count,
                                   .at_once = drawing->decoder.microbatch,
                                   .publish = gallery->publish,
                                   .pending = gallery->pending};
    elbow_decoder_plan(&drawing->decoder, &plan);
    plan.column_count =
        has_pairs ? add_pairs(drawing, path, columns, error) : add_samples(drawing, path, columns, error);
    plan.across = across_of(drawing, count);
    for (size_t i = 0; i < plan.column_count; ++i)
        drawing->row_bytes += elbow_sink_column_bytes(&columns[i]);
    if (count == 0)
        elbow_error_set(error, ELBOW_USAGE, "%.500s: nothing to draw; ask for at least one", path);
    if (error->status == ELBOW_OK && elbow_sink_check(&plan, error) == ELBOW_OK)
        allocate_workspace(drawing, error);
    const struct elbow_written written = {.plan = &plan,
                                          .microbatch = drawing->decoder.microbatch,
                                          .row_bytes = drawing->row_bytes,
                                          .user = drawing,
                                          .produce = has_pairs ? produce_reconstructions : produce_samples};
    if (elbow_comm_agree(gallery->comm, error) == ELBOW_OK)
        elbow_written_run(gallery->comm, &written, error);
    give_room_back(drawing);
    return error->status;
}

// Collective. The rows of a list that are no images.
static enum elbow_status draw_lines(struct drawing *drawing, const char *path, struct elbow_gallery_plot *plots,
                                    struct elbow_error *error)
{
    struct elbow_sink_column columns[5 + ELBOW_ORIGIN_COLUMNS];
    drawing->decoder.microbatch = (size_t)drawing->decoder.gallery->config->train.microbatch;
    size_t count = add_pairs(drawing, path, columns, error), width = elbow_sink_values(&columns[0]);
    const struct elbow_gallery_lines lines = {.gallery = drawing->decoder.gallery,
                                              .dataset = drawing->dataset,
                                              .list = drawing->list,
                                              .count = count - 1, // without the errors
                                              .width = width,
                                              .stride = count * width,
                                              .plots = plots,
                                              .user = drawing,
                                              .produce = produce_reconstructions};
    drawing->row_bytes = lines.stride * sizeof(float);
    if (error->status == ELBOW_OK &&
        (plots != NULL || elbow_gallery_check_lines(path, drawing->list->count, error) == ELBOW_OK))
        allocate_workspace(drawing, error);
    if (elbow_comm_agree(lines.gallery->comm, error) == ELBOW_OK)
        elbow_gallery_draw_lines(&lines, path, error);
    give_room_back(drawing);
    return error->status;
}

enum elbow_status elbow_gallery_samples(const struct elbow_gallery *gallery, const char *path, uint64_t count,
                                        uint64_t seed, bool draw, struct elbow_error *error)
{
    struct drawing drawing = {.decoder = {.gallery = gallery, .seed = seed, .draw = draw, .of = ELBOW_DRAW_OF_SAMPLES}};
    *error = (struct elbow_error){0};
    drawing.grid.conditions = &gallery->data->conditions;
    drawing.conditioning = gallery->conditioning != NULL ? gallery->conditioning : &drawing.grid;
    if (gallery->conditioning == NULL)
        elbow_conditioning_settle(&drawing.grid, count, true, error);
    return draw_gallery(&drawing, path, count, error);
}

static struct drawing reconstructions_of(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                         uint64_t seed, bool draw)
{
    struct drawing drawing = {
        .decoder = {.gallery = gallery, .seed = seed, .draw = draw, .of = ELBOW_DRAW_OF_RECONSTRUCTIONS},
        .dataset = dataset,
        .collation = elbow_collation_of_evaluation(gallery->config, dataset),
        .conditioning = gallery->conditioning};
    if (gallery->corrupt)
        elbow_collation_corrupt(gallery->config, &drawing.collation);
    return drawing;
}

enum elbow_status elbow_gallery_reconstructions(const struct elbow_gallery *gallery,
                                                const struct elbow_dataset *dataset, const char *path, uint64_t first,
                                                uint64_t count, uint64_t seed, bool draw, struct elbow_error *error)
{
    struct drawing drawing = reconstructions_of(gallery, dataset, seed, draw);
    drawing.first = first;
    *error = (struct elbow_error){0};
    if (first >= dataset->samples || count > dataset->samples - first)
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: has %s, too few for %" PRIu64 " from row %" PRIu64 " on",
                               dataset->name, elbow_text_count(dataset->samples, "row").text, count, first);
    return draw_gallery(&drawing, path, count, error);
}

enum elbow_status elbow_gallery_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     const char *path, const struct elbow_gallery_list *list, uint64_t seed, bool draw,
                                     struct elbow_error *error)
{
    struct drawing drawing = reconstructions_of(gallery, dataset, seed, draw);
    drawing.list = list;
    *error = (struct elbow_error){0};
    for (uint64_t i = 0; i < list->count; ++i)
        if (list->rows[i] >= dataset->samples)
            return elbow_error_set(error, ELBOW_USAGE, "%.500s: has %s, and no row %" PRIu64, dataset->name,
                                   elbow_text_count(dataset->samples, "row").text, list->rows[i]);
    if (elbow_gallery_plots(gallery, path))
        return draw_lines(&drawing, path, NULL, error);
    return draw_gallery(&drawing, path, list->count, error);
}

enum elbow_status elbow_gallery_plot_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                          const struct elbow_gallery_list *list, struct elbow_gallery_plot *plots,
                                          struct elbow_error *error)
{
    struct drawing drawing = reconstructions_of(gallery, dataset, (uint64_t)gallery->config->seed, false);
    drawing.list = list;
    *error = (struct elbow_error){0};
    return draw_lines(&drawing, "row.png", plots, error);
}
