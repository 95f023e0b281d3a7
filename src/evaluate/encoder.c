// SPDX-License-Identifier: BSD-3-Clause
// Encodes a dataset. Rows are those of an evaluation, with its noise and its binarisation: the mean of /elbo is the
// ELBO that `elbow eval` prints.
#include "elbow/evaluate/encoder.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/annotation.h"
#include "elbow/evaluate/detail/origin.h"
#include "elbow/evaluate/measure.h"
#include "elbow/output/sink.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

enum { ROWS_AT_ONCE = 1024 }; // that are taken apart before they are written
enum {
    COLUMNS_MAX = 3 + ELBOW_FIGURES + 4 + ELBOW_ORIGIN_COLUMNS
}; // three of q(z|x), figures, labels, two of q(y|x), errors

struct encoding {
    const struct elbow_evaluation_request *request;
    struct elbow_measure_plan plan;
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t column_count, row_bytes;
    struct elbow_measured measured;
    double *sums;                     // of a microbatch
    struct elbow_class_table classes; // of a classifier
    float *cells;                     // (Z, Z) of a row, if the posterior has a factor
    struct elbow_origin origin;
    struct elbow_sink sink;             // rank zero
    const char *into;                   // elbow_encode_output
    struct elbow_annotation annotation; // rank zero; used instead of the sink if it has a name
};

static bool has_factor(const struct encoding *encoding)
{
    return encoding->request->model->posterior->factor != NULL;
}

static enum elbow_status allocate_workspace(struct encoding *encoding, struct elbow_error *error)
{
    size_t rows = (size_t)encoding->request->config->train.microbatch;
    enum elbow_status status = elbow_allocate(&encoding->sums, elbow_measures_width(&encoding->plan), sizeof(double),
                                              "a microbatch to encode", error);
    if (status == ELBOW_OK && has_factor(encoding))
        status = elbow_allocate(&encoding->cells, encoding->plan.latent * encoding->plan.latent, sizeof(float),
                                "a Cholesky factor", error);
    return status == ELBOW_OK ? elbow_measured_create(&encoding->plan, rows, &encoding->measured, error) : status;
}

static void give_room_back(struct encoding *encoding)
{
    elbow_release(&encoding->sums);
    elbow_class_table_clear(&encoding->classes);
    elbow_release(&encoding->cells);
    elbow_origin_clear(&encoding->origin);
    elbow_measured_destroy(&encoding->measured);
}

// The next requested measure with figures of rows; NULL behind the last.
static const struct elbow_measure *next_measure(const struct elbow_measure_plan *plan, size_t *m)
{
    while (*m < ELBOW_MEASURES) {
        const struct elbow_measure *measure = elbow_measure_row((enum elbow_measure_kind)(*m)++);
        if (measure->rows != NULL && measure->width(plan) > 0)
            return measure;
    }
    return NULL;
}

static void add_column(struct encoding *encoding, struct elbow_sink_column column)
{
    ELBOW_CHECK(encoding->column_count < COLUMNS_MAX);
    encoding->columns[encoding->column_count++] = column;
    encoding->row_bytes += elbow_sink_column_bytes(&column);
}

static const char *const latent_axes[] = {"latent", "latent_2"}, *const class_axes[] = {"class_number"};

static void add_class_columns(struct encoding *encoding)
{
    add_column(encoding, (struct elbow_sink_column){.name = "class_probability",
                                                    .element = ELBOW_ELEMENT_FLOAT32,
                                                    .rank = 1,
                                                    .shape = {encoding->request->model->classes},
                                                    .axes = class_axes,
                                                    .meaning = "q(y|x)"});
    add_column(encoding, (struct elbow_sink_column){.name = "class",
                                                    .element = ELBOW_ELEMENT_INT64,
                                                    .names = &encoding->classes.names,
                                                    .named = "class"});
}

// The error of a value, or of a place in a sample with axes.
static struct elbow_sink_column error_column(const struct elbow_dataset *dataset)
{
    static const char *const flat[] = {"value"}, *const names[] = {"axis_1", "axis_2", "axis_3", "axis_4",
                                                                   "axis_5", "axis_6", "axis_7", "axis_8"};
    struct elbow_sink_column column = {.name = "error",
                                       .element = ELBOW_ELEMENT_FLOAT32,
                                       .rank = dataset->rank,
                                       .axes = dataset->rank == 1 ? flat : names,
                                       .meaning = "value minus the mean of p(x|z) at z = the mean of q(z|x)"};
    memcpy(column.shape, dataset->shape, sizeof column.shape);
    return column;
}

// The unit for one sample; NULL for plain numbers.
static const char *units_of(enum elbow_figure_kind kind)
{
    const char *unit = elbow_figure_row(kind)->unit;
    return strcmp(unit, "nats per sample") == 0 ? "nats" : unit[0] != '\0' ? unit : NULL;
}

static void add_columns(struct encoding *encoding)
{
    size_t m = 0;
    uint64_t latent = encoding->plan.latent;
    int64_t importance = encoding->request->importance;
    add_column(encoding, (struct elbow_sink_column){.name = "mean",
                                                    .element = ELBOW_ELEMENT_FLOAT32,
                                                    .rank = 1,
                                                    .shape = {latent},
                                                    .axes = latent_axes,
                                                    .meaning = "mean of q(z|x)"});
    if (elbow_measure_gives(&encoding->plan, ELBOW_FIGURE_KL))
        add_column(encoding, (struct elbow_sink_column){.name = "log_variance",
                                                        .element = ELBOW_ELEMENT_FLOAT32,
                                                        .rank = 1,
                                                        .shape = {latent},
                                                        .axes = latent_axes,
                                                        .meaning = "logarithm of the variance of q(z|x)"});
    if (has_factor(encoding))
        add_column(encoding, (struct elbow_sink_column){.name = "cholesky",
                                                        .element = ELBOW_ELEMENT_FLOAT32,
                                                        .rank = 2,
                                                        .shape = {latent, latent},
                                                        .axes = latent_axes,
                                                        .meaning = "Cholesky factor of the covariance of q(z|x)"});
    for (const struct elbow_measure *measure; (measure = next_measure(&encoding->plan, &m)) != NULL;)
        for (const enum elbow_figure_kind *kind = measure->rows; *kind != ELBOW_FIGURES; ++kind) {
            if (!elbow_measure_gives(&encoding->plan, *kind))
                continue;
            add_column(encoding, (struct elbow_sink_column){
                                     .name = elbow_figure_row(*kind)->name,
                                     .units = units_of(*kind),
                                     .meaning = elbow_figure_row(*kind)->meaning,
                                     .element = ELBOW_ELEMENT_FLOAT64,
                                     .note = *kind == ELBOW_FIGURE_LOG_LIKELIHOOD ? "importance" : NULL, // its K
                                     .note_value = importance});
        }
    if (encoding->request->dataset->has_labels)
        add_column(encoding, (struct elbow_sink_column){.name = "labels",
                                                        .element = ELBOW_ELEMENT_INT64,
                                                        .names = &encoding->request->dataset->label_names,
                                                        .named = "label"});
    if (encoding->request->model->classes > 1)
        add_class_columns(encoding);
    if (encoding->request->decodes)
        add_column(encoding, error_column(encoding->request->dataset));
    struct elbow_sink_column origin[ELBOW_ORIGIN_COLUMNS];
    size_t count = elbow_origin_columns(&encoding->origin, origin);
    for (size_t i = 0; i < count; ++i)
        add_column(encoding, origin[i]);
}

static char *put(char *at, const void *values, size_t bytes)
{
    memcpy(at, values, bytes);
    return at + bytes;
}

// The parameters of q(z|x): mean and log-variances, if there are any; with a full covariance those of its diagonal, and
// L.
static char *put_latents(const struct encoding *encoding, const float *head, char *row)
{
    const struct elbow_model *model = encoding->request->model;
    size_t latent = model->latent;
    if (!has_factor(encoding))
        return put(row, head, model->head * sizeof *head);
    model->posterior->factor(latent, head, encoding->cells);
    row = put(row, head, latent * sizeof *head);
    for (size_t j = 0; j < latent; ++j) {
        double variance = 0;
        for (size_t k = 0; k <= j; ++k)
            variance += (double)encoding->cells[j * latent + k] * (double)encoding->cells[j * latent + k];
        float log_variance = (float)log(variance);
        row = put(row, &log_variance, sizeof log_variance);
    }
    return put(row, encoding->cells, latent * latent * sizeof *encoding->cells);
}

// Values minus the model's predictions, as scaled values, unless they were binarised; NaN for missing values.
static char *put_errors(const struct encoding *encoding, size_t i, char *row)
{
    const struct elbow_measured *measured = &encoding->measured;
    const struct elbow_dataset *dataset = encoding->request->dataset;
    size_t values = dataset->values, at = i * values;
    const float *known = measured->microbatch.known;
    double *truth = measured->scaled, *predicted = truth + values;
    bool is_turned = encoding->request->config->data.binarize == ELBOW_BINARIZE_NONE;
    for (size_t d = 0; d < values && !is_turned; ++d) {
        truth[d] = (double)measured->microbatch.values[at + d];
        predicted[d] = (double)measured->reconstructions[at + d];
    }
    if (is_turned) {
        elbow_fit_inverse(&dataset->transform, 0, values, measured->microbatch.values + at, truth);
        elbow_fit_inverse(&dataset->transform, 0, values, measured->reconstructions + at, predicted);
        elbow_fit_set_constants(&dataset->transform, 0, values, predicted);
    }
    for (size_t d = 0; d < values; ++d) {
        float error = known != NULL && known[at + d] == 0 ? NAN : (float)(truth[d] - predicted[d]);
        row = put(row, &error, sizeof error);
    }
    return row;
}

// Row i of the microbatch, packed.
static void pack_row(const struct encoding *encoding, size_t i, char *row)
{
    size_t m = 0, head = encoding->request->model->head;
    const struct elbow_measured *measured = &encoding->measured;
    const struct elbow_dataset *dataset = encoding->request->dataset;
    row = put_latents(encoding, measured->head + i * head, row);
    for (const struct elbow_measure *measure; (measure = next_measure(&encoding->plan, &m)) != NULL;) {
        double figures[ELBOW_FIGURES];
        measure->row(measured, i, figures);
        for (size_t f = 0; measure->rows[f] != ELBOW_FIGURES; ++f)
            if (elbow_measure_gives(&encoding->plan, measure->rows[f]))
                row = put(row, &figures[f], sizeof figures[f]);
    }
    if (dataset->has_labels) {
        int64_t label = elbow_dataset_label(dataset, measured->first + i);
        row = put(row, &label, sizeof label);
    }
    if (encoding->request->model->classes > 1) {
        size_t classes = encoding->request->model->classes;
        const float *q = measured->q + i * classes;
        row = put(row, q, classes * sizeof *q);
        row = put(row, &encoding->classes.values[elbow_likeliest_class(q, classes)], sizeof(int64_t));
    }
    if (encoding->request->decodes)
        row = put_errors(encoding, i, row);
    elbow_origin_pack(&encoding->origin, measured->first + i, row);
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct encoding *encoding = user;
    elbow_measured_evaluate(&encoding->measured, first, count);
    elbow_measures_microbatch(&encoding->measured, encoding->sums);
    if (encoding->request->decodes)
        elbow_measured_decode(&encoding->measured);
    for (size_t i = 0; i < count; ++i)
        pack_row(encoding, i, (char *)results + i * encoding->row_bytes);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct encoding *encoding = user;
    if (encoding->into != NULL)
        return elbow_annotation_put(&encoding->annotation, first, count, results, encoding->row_bytes, error);
    return elbow_sink_put(&encoding->sink, first, count, results, error);
}

// Rank zero.
static void open_output(struct encoding *encoding, const struct elbow_sink_plan *plan, struct elbow_error *error)
{
    bool has_variance = elbow_measure_gives(&encoding->plan, ELBOW_FIGURE_KL);
    if (encoding->into == NULL) {
        elbow_sink_open(plan, &encoding->sink, error);
        return;
    }
    elbow_annotation_open(encoding->request->dataset, plan, encoding->into, has_variance, &encoding->annotation, error);
    if (error->status != ELBOW_OK)
        elbow_annotation_close(&encoding->annotation, error);
}

// Rank zero.
static void close_output(struct encoding *encoding, struct elbow_error *error)
{
    if (encoding->into != NULL)
        elbow_annotation_close(&encoding->annotation, error);
    else
        elbow_sink_close(&encoding->sink, error);
}

// Collective. Opens the output, fills it, closes it.
static enum elbow_status encode_rows(struct encoding *encoding, const struct elbow_sink_plan *plan,
                                     struct elbow_error *error)
{
    struct elbow_comm *comm = encoding->request->comm;
    bool is_root = elbow_comm_place(comm).rank == 0;
    struct elbow_ordered_rows_job job = {.rows = plan->rows,
                                         .microbatch = (size_t)encoding->request->config->train.microbatch,
                                         .row_bytes = encoding->row_bytes,
                                         .user = encoding,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = encoding->request->dataset,
                                         .runs = elbow_dataset_runs(encoding->request->dataset)};
    if (is_root)
        open_output(encoding, plan, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status != ELBOW_OK)
        return error->status;
    elbow_ordered_rows_run(comm, &job, error);
    if (is_root)
        close_output(encoding, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    return error->status;
}

enum { NOTES = 8, CONFIG_LIMIT = 32000 }; // bytes of an attribute are limited to 64 KB

// Attributes of the file that give the origin of its rows.
static size_t make_notes(const struct encoding *encoding, const struct elbow_encode_output *output,
                         struct elbow_sink_note notes[NOTES])
{
    const struct elbow_evaluation_request *request = encoding->request;
    const struct elbow_checkpoint *checkpoint = output->checkpoint;
    size_t count = 0;
    notes[count++] = (struct elbow_sink_note){"data", request->dataset->name, 0};
    notes[count++] =
        (struct elbow_sink_note){"binarize", elbow_config_choice("data.binarize", request->config->data.binarize), 0};
    notes[count++] = (struct elbow_sink_note){"seed", NULL, request->config->seed};
    if (checkpoint == NULL)
        return count;
    notes[count++] = (struct elbow_sink_note){"checkpoint", checkpoint->path, 0};
    notes[count++] = (struct elbow_sink_note){"step", NULL, (int64_t)checkpoint->state.step};
    notes[count++] = (struct elbow_sink_note){"weights", output->is_averaged ? "averaged" : "trained", 0};
    if (strlen(checkpoint->config_text) < CONFIG_LIMIT)
        notes[count++] = (struct elbow_sink_note){"config", checkpoint->config_text, 0};
    return count;
}

enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const struct elbow_encode_output *output,
                               struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    struct elbow_sink_note notes[NOTES];
    struct encoding encoding = {
        .request = request, .plan = {.request = request, .latent = request->model->latent}, .into = output->into};
    if (elbow_origin_create(request->dataset, &encoding.origin, error) == ELBOW_OK && request->model->classes > 1)
        elbow_class_table_make(&request->dataset->classes.names, &encoding.classes, error);
    add_columns(&encoding);
    struct elbow_sink_plan plan = {.path = output->path,
                                   .columns = encoding.columns,
                                   .column_count = encoding.column_count,
                                   .rows = request->dataset->samples,
                                   .rows_axis = "sample",
                                   .notes = notes,
                                   .note_count = make_notes(&encoding, output, notes),
                                   .at_once = ROWS_AT_ONCE,
                                   .publish = output->publish};
    if (error->status == ELBOW_OK && output->into != NULL)
        elbow_annotation_check(output->path, output->into, error);
    else if (error->status == ELBOW_OK)
        elbow_sink_check(&plan, error);
    if (error->status == ELBOW_OK)
        allocate_workspace(&encoding, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        encode_rows(&encoding, &plan, error);
    give_room_back(&encoding);
    return error->status;
}

enum elbow_status elbow_encode_check_into(const char *path, const char *into, struct elbow_error *error)
{
    return elbow_annotation_check(path, into, error);
}
