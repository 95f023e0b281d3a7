// SPDX-License-Identifier: BSD-3-Clause
// Encoding a dataset. Rows are those of an evaluation, with its noise and its binarisation: the mean of /elbo is the
// ELBO that `elbow eval` prints.
#include "elbow/evaluate/encoder.h"

#include "elbow/base/memory.h"
#include "elbow/base/output.h"
#include "elbow/data/hdf5.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/ordered_rows.h"

#include <string.h>

enum { SPLIT_ROWS = 1024 }; // rows that are taken apart at once before they are written

struct encoding {
    const struct elbow_evaluation_request *request;
    struct elbow_measure_plan plan;
    size_t latent, row_bytes;
    // A row: its figures, doubles, before its 2Z floats (mean, then log_variance).
    size_t figures;
    enum elbow_figure_kind kinds[ELBOW_FIGURES];
    // Every rank.
    struct elbow_measured measured;
    double *sums; // of a microbatch
    // Rank zero.
    struct elbow_part output;
    enum elbow_publish publish;
    struct elbow_hdf5 *file;
    double *figure;             // (SPLIT_ROWS)
    float *mean, *log_variance; // (SPLIT_ROWS, Z)
};

static enum elbow_status make_room(struct encoding *encoding, struct elbow_error *error)
{
    size_t rows = (size_t)encoding->request->config->train.microbatch, latent = encoding->latent;
    struct {
        void *pointer;
        size_t count, size;
    } rooms[] = {
        {&encoding->sums, elbow_measures_width(&encoding->plan), sizeof(double)},
        {&encoding->figure, SPLIT_ROWS, sizeof(double)},
        {&encoding->mean, SPLIT_ROWS, latent * sizeof(float)},
        {&encoding->log_variance, SPLIT_ROWS, latent * sizeof(float)},
    };
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms && status == ELBOW_OK; ++i)
        status = elbow_allocate(rooms[i].pointer, rooms[i].count, rooms[i].size, "a microbatch to encode", error);
    return status == ELBOW_OK ? elbow_measured_create(&encoding->plan, rows, &encoding->measured, error) : status;
}

static void give_room_back(struct encoding *encoding)
{
    void *rooms[] = {&encoding->sums, &encoding->figure, &encoding->mean, &encoding->log_variance};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; ++i)
        elbow_release(rooms[i]);
    elbow_measured_destroy(&encoding->measured);
}

// The measures that are asked for and have figures of rows, one after the other; NULL behind the last.
static const struct elbow_measure *next_measure(const struct elbow_measure_plan *plan, size_t *m)
{
    while (*m < ELBOW_MEASURES) {
        const struct elbow_measure *measure = elbow_measure_row((enum elbow_measure_kind)(*m)++);
        if (measure->rows != NULL && measure->width(plan) > 0)
            return measure;
    }
    return NULL;
}

static void list_figures(struct encoding *encoding)
{
    size_t m = 0;
    for (const struct elbow_measure *measure; (measure = next_measure(&encoding->plan, &m)) != NULL;)
        for (const enum elbow_figure_kind *kind = measure->rows; *kind != ELBOW_FIGURES; ++kind)
            encoding->kinds[encoding->figures++] = *kind;
}

static void put_figures(const struct encoding *encoding, size_t i, char *row)
{
    size_t m = 0;
    for (const struct elbow_measure *measure; (measure = next_measure(&encoding->plan, &m)) != NULL;) {
        double figures[ELBOW_FIGURES];
        measure->row(&encoding->measured, i, figures);
        for (size_t f = 0; measure->rows[f] != ELBOW_FIGURES; ++f, row += sizeof(double))
            memcpy(row, &figures[f], sizeof(double));
    }
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct encoding *encoding = user;
    size_t head_size = 2 * encoding->latent;
    elbow_measured_evaluate(&encoding->measured, first, count);
    elbow_measures_microbatch(&encoding->measured, encoding->sums);
    for (size_t i = 0; i < count; ++i) {
        char *row = (char *)results + i * encoding->row_bytes;
        put_figures(encoding, i, row);
        memcpy(row + encoding->figures * sizeof(double), encoding->measured.head + i * head_size,
               head_size * sizeof(float));
    }
}

static void name_figure(const struct encoding *encoding, size_t figure, char name[64])
{
    elbow_text_format(name, 64, "/%s", elbow_figure_row(encoding->kinds[figure])->name);
}

static void write_head(struct encoding *encoding, uint64_t first, size_t count, const char *rows)
{
    size_t latent = encoding->latent, bytes = latent * sizeof(float);
    for (size_t i = 0; i < count; ++i) {
        const char *head = rows + i * encoding->row_bytes + encoding->figures * sizeof(double);
        memcpy(encoding->mean + i * latent, head, bytes);
        memcpy(encoding->log_variance + i * latent, head + bytes, bytes);
    }
    struct elbow_hdf5 *file = encoding->file;
    elbow_hdf5_write_rows(file, "/mean", ELBOW_ELEMENT_FLOAT32, first, count, encoding->mean, NULL);
    elbow_hdf5_write_rows(file, "/log_variance", ELBOW_ELEMENT_FLOAT32, first, count, encoding->log_variance, NULL);
}

static void write_figure(struct encoding *encoding, size_t figure, uint64_t first, size_t count, const char *rows)
{
    for (size_t i = 0; i < count; ++i)
        memcpy(&encoding->figure[i], rows + i * encoding->row_bytes + figure * sizeof(double), sizeof(double));
    char name[64];
    name_figure(encoding, figure, name);
    elbow_hdf5_write_rows(encoding->file, name, ELBOW_ELEMENT_FLOAT64, first, count, encoding->figure, NULL);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct encoding *encoding = user;
    for (uint64_t done = 0; done < count; done += SPLIT_ROWS) {
        size_t part = count - done < SPLIT_ROWS ? (size_t)(count - done) : SPLIT_ROWS;
        const char *rows = (const char *)results + done * encoding->row_bytes;
        write_head(encoding, first + done, part, rows);
        for (size_t f = 0; f < encoding->figures; ++f)
            write_figure(encoding, f, first + done, part, rows);
    }
    const struct elbow_dataset *dataset = encoding->request->dataset;
    const int64_t *labels = dataset->labels.base;
    if (dataset->has_labels)
        elbow_hdf5_write_rows(encoding->file, "/labels", ELBOW_ELEMENT_INT64, first, count, labels + first, NULL);
    return elbow_hdf5_first_error(encoding->file, error);
}

// The names of labels, and which label each is that of.
static void write_names(struct elbow_hdf5 *file, const struct elbow_label_names *names)
{
    uint64_t count = names->count;
    elbow_hdf5_create_dataset(file, "/label_values", ELBOW_ELEMENT_INT64, 1, &count, (struct elbow_hdf5_layout){0},
                              NULL);
    elbow_hdf5_write_rows(file, "/label_values", ELBOW_ELEMENT_INT64, 0, count, names->labels, NULL);
    elbow_hdf5_write_texts(file, "/label_names", names->names, count, NULL);
}

static void create_datasets(const struct encoding *encoding)
{
    const struct elbow_dataset *dataset = encoding->request->dataset;
    struct elbow_hdf5 *file = encoding->file;
    uint64_t shape[] = {dataset->samples, encoding->latent};
    struct elbow_hdf5_layout layout = {0};
    elbow_hdf5_create_dataset(file, "/mean", ELBOW_ELEMENT_FLOAT32, 2, shape, layout, NULL);
    elbow_hdf5_create_dataset(file, "/log_variance", ELBOW_ELEMENT_FLOAT32, 2, shape, layout, NULL);
    for (size_t f = 0; f < encoding->figures; ++f) {
        char name[64];
        name_figure(encoding, f, name);
        elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT64, 1, shape, layout, NULL);
    }
    if (encoding->request->importance > 0)
        elbow_hdf5_write_integers(file, "/log_likelihood", "importance", &encoding->request->importance, 1, NULL);
    if (dataset->has_labels)
        elbow_hdf5_create_dataset(file, "/labels", ELBOW_ELEMENT_INT64, 1, shape, layout, NULL);
    if (dataset->label_names.count > 0)
        write_names(file, &dataset->label_names);
}

static enum elbow_status open_file(struct encoding *encoding, const char *path, struct elbow_error *error)
{
    enum elbow_status status = elbow_part_begin(NULL, path, &encoding->output, NULL, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_create(encoding->output.part, true, &encoding->file, error);
    if (status == ELBOW_OK) {
        create_datasets(encoding);
        status = elbow_hdf5_first_error(encoding->file, error);
    }
    return status == ELBOW_OK ? status : elbow_output_error(error);
}

// Rank zero closes the file and puts it into place, or removes it.
static void close_file(struct encoding *encoding, struct elbow_error *error)
{
    if (error->status != ELBOW_OK) {
        elbow_hdf5_close(encoding->file, NULL);
        elbow_part_abandon(&encoding->output);
        return;
    }
    if (elbow_hdf5_close(encoding->file, error) == ELBOW_OK)
        elbow_output_publish(&encoding->output, encoding->publish, error);
    else
        elbow_output_error(error);
    elbow_part_abandon(&encoding->output);
}

// Collective.
static enum elbow_status encode_rows(struct encoding *encoding, const char *path, struct elbow_error *error)
{
    struct elbow_comm *comm = encoding->request->comm;
    bool is_root = elbow_comm_place(comm).rank == 0;
    struct elbow_ordered_rows_job job = {.rows = encoding->request->dataset->samples,
                                         .microbatch = (size_t)encoding->request->config->train.microbatch,
                                         .row_bytes = encoding->row_bytes,
                                         .user = encoding,
                                         .produce = produce,
                                         .consume = consume};
    if (is_root)
        open_file(encoding, path, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status == ELBOW_OK)
        elbow_ordered_rows_run(comm, &job, error);
    if (is_root)
        close_file(encoding, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    return error->status;
}

enum elbow_status elbow_encode(const struct elbow_evaluation_request *request, const char *path,
                               enum elbow_publish publish, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (!elbow_output_ends(path, ".h5") && !elbow_output_ends(path, ".hdf5"))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: encodings are HDF5 files; give a name that ends in .h5",
                               path);
    struct encoding encoding = {.request = request,
                                .publish = publish,
                                .plan = {.request = request, .latent = request->model->latent},
                                .latent = request->model->latent};
    list_figures(&encoding);
    encoding.row_bytes = encoding.figures * sizeof(double) + 2 * encoding.latent * sizeof(float);
    make_room(&encoding, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        encode_rows(&encoding, path, error);
    give_room_back(&encoding);
    return error->status;
}
