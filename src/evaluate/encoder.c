// SPDX-License-Identifier: BSD-3-Clause
// Encoding a dataset. Rows are those of an evaluation, with its noise and its binarisation: the mean of /elbo is the
// ELBO that `elbow eval` prints.
#include "elbow/evaluate/encoder.h"

#include "elbow/base/memory.h"
#include "elbow/base/output.h"
#include "elbow/data/hdf5.h"
#include "elbow/parallel/ordered_rows.h"

#include <string.h>

// The figures of a row, doubles, before its 2Z floats (mean, then log_variance). The last two only with importance.
enum figure { RECON, KL, ELBO, LOG_LIKELIHOOD, EFFECTIVE, FIGURES };
static const char *const FIGURE_NAMES[FIGURES] = {"/recon", "/kl", "/elbo", "/log_likelihood", "/effective_samples"};

enum { SPLIT_ROWS = 1024 }; // rows that are taken apart at once before they are written

struct encoding {
    const struct elbow_evaluation_request *request;
    size_t latent, figures, row_bytes;
    // Every rank: room for a microbatch.
    uint64_t *ids;
    float *values, *noise, *head;
    double *recon, *kl, *statistics;
    struct elbow_importance *importance;
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
        {&encoding->ids, rows, sizeof *encoding->ids},
        {&encoding->values, rows, encoding->request->dataset->values * sizeof(float)},
        {&encoding->noise, rows, latent * sizeof(float)},
        {&encoding->head, rows, 2 * latent * sizeof(float)},
        {&encoding->recon, rows, sizeof(double)},
        {&encoding->kl, rows, sizeof(double)},
        {&encoding->statistics, elbow_statistics_size(latent, true), sizeof(double)},
        {&encoding->importance, rows, sizeof *encoding->importance},
        {&encoding->figure, SPLIT_ROWS, sizeof(double)},
        {&encoding->mean, SPLIT_ROWS, latent * sizeof(float)},
        {&encoding->log_variance, SPLIT_ROWS, latent * sizeof(float)},
    };
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms && status == ELBOW_OK; ++i)
        status = elbow_allocate(rooms[i].pointer, rooms[i].count, rooms[i].size, "a microbatch to encode", error);
    return status;
}

static void give_room_back(struct encoding *encoding)
{
    void *rooms[] = {&encoding->ids,    &encoding->values, &encoding->noise,       &encoding->head,
                     &encoding->recon,  &encoding->kl,     &encoding->statistics,  &encoding->importance,
                     &encoding->figure, &encoding->mean,   &encoding->log_variance};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; ++i)
        elbow_release(rooms[i]);
}

static void add_importance(struct encoding *encoding, size_t count)
{
    const struct elbow_evaluation_request *request = encoding->request;
    elbow_evaluation_importance(request->model, request->parameters, request->config, count, encoding->ids,
                                encoding->values, encoding->head, request->importance, encoding->noise,
                                encoding->importance);
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct encoding *encoding = user;
    const struct elbow_evaluation_request *request = encoding->request;
    size_t head_size = 2 * encoding->latent;
    elbow_evaluation_batch(request->dataset, request->config, first, count, encoding->latent, encoding->ids,
                           encoding->values, encoding->noise);
    struct elbow_microbatch microbatch = {count, encoding->values, encoding->noise};
    struct elbow_row_results rows = {encoding->head, encoding->recon, encoding->kl};
    elbow_model_evaluate(request->model, request->parameters, microbatch, request->terms, encoding->statistics, rows);
    if (request->importance > 0)
        add_importance(encoding, count);
    for (size_t i = 0; i < count; ++i) {
        char *row = (char *)results + i * encoding->row_bytes;
        double figures[FIGURES] = {encoding->recon[i], encoding->kl[i], encoding->recon[i] - encoding->kl[i]};
        if (request->importance > 0) {
            figures[LOG_LIKELIHOOD] = elbow_importance_log_likelihood(&encoding->importance[i]);
            figures[EFFECTIVE] = elbow_importance_effective(&encoding->importance[i]);
        }
        memcpy(row, figures, encoding->figures * sizeof *figures);
        memcpy(row + encoding->figures * sizeof *figures, encoding->head + i * head_size, head_size * sizeof(float));
    }
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
    elbow_hdf5_write_rows(encoding->file, FIGURE_NAMES[figure], ELBOW_ELEMENT_FLOAT64, first, count, encoding->figure,
                          NULL);
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
    for (size_t f = 0; f < encoding->figures; ++f)
        elbow_hdf5_create_dataset(file, FIGURE_NAMES[f], ELBOW_ELEMENT_FLOAT64, 1, shape, layout, NULL);
    if (encoding->request->importance > 0)
        elbow_hdf5_write_integers(file, FIGURE_NAMES[LOG_LIKELIHOOD], "importance", &encoding->request->importance, 1,
                                  NULL);
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
                                .latent = request->model->latent,
                                .figures = request->importance > 0 ? FIGURES : LOG_LIKELIHOOD};
    encoding.row_bytes = encoding.figures * sizeof(double) + 2 * encoding.latent * sizeof(float);
    make_room(&encoding, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        encode_rows(&encoding, path, error);
    give_room_back(&encoding);
    return error->status;
}
