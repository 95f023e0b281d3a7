// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/tables.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/vae/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 1000 };

enum elbow_status elbow_measure_place(const char *flag, const char *place, const char *file, elbow_path found_file,
                                      elbow_path found_dataset, struct elbow_error *error)
{
    bool is_good = elbow_config_locate(file != NULL ? file : "", place, found_file, found_dataset);
    if (is_good && found_file[0] != '\0' && found_dataset[0] == '/' && found_dataset[1] != '\0')
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: expected FILE:/dataset", flag, place);
}

// Collective. A table as stored: not scaled, not transformed.
static enum elbow_status load(const struct elbow_measuring_request *request, const char *flag, const char *place,
                              const char *labels, struct elbow_dataset *dataset, struct elbow_error *error)
{
    elbow_path file, name, labels_file, labels_name;
    elbow_measure_place(flag, place, NULL, file, name, error);
    if (error->status == ELBOW_OK && labels != NULL)
        elbow_measure_place("--labels", labels, file, labels_file, labels_name, error);
    if (elbow_comm_agree(request->comm, error) != ELBOW_OK)
        return error->status;
    struct elbow_dataset_request wanted = {
        .file = file, .dataset = name, .takes_lists = true, .has_factor = true, .factor = 1, .has_offset = true};
    if (labels != NULL) {
        wanted.labels_file = labels_file;
        wanted.labels = labels_name;
    }
    return elbow_dataset_load(request->comm, &wanted, request->log, dataset, error);
}

// Checks that a table has a row for each row of the others.
static enum elbow_status check_rows(const struct elbow_dataset *table, const char *flag, uint64_t rows,
                                    const char *other, struct elbow_error *error)
{
    if (table->samples == rows)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH, "%s %.500s: has %" PRIu64 " rows, and %.500s %" PRIu64, flag,
                           table->name, table->samples, other, rows);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Labels become numbers of classes, in ascending order; none if there are too many of them.
static enum elbow_status take_labels(const struct elbow_measuring_request *request, const struct elbow_dataset *dataset,
                                     struct elbow_measure_tables *tables, struct elbow_error *error)
{
    int64_t *sorted = NULL;
    size_t rows = tables->codes.rows, count = 0;
    if (!dataset->has_labels)
        return ELBOW_OK;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(sorted, rows), ELBOW_ARRAY(tables->labels, rows)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "labels", error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i)
        sorted[i] = tables->labels[i] = elbow_dataset_label(dataset, tables->codes.places[i]);
    if (status == ELBOW_OK)
        qsort(sorted, rows, sizeof *sorted, compare);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i)
        if (sorted[i] != ELBOW_LABEL_UNKNOWN && (count == 0 || sorted[i] != sorted[count - 1]))
            sorted[count++] = sorted[i];
    bool are_classes = count <= CLASSES_MAX;
    for (size_t i = 0; status == ELBOW_OK && are_classes && i < rows; ++i) {
        const int64_t *found = bsearch(&tables->labels[i], sorted, count, sizeof *sorted, compare);
        tables->labels[i] = found == NULL ? -1 : found - sorted;
    }
    elbow_release(&sorted);
    tables->input.classes = count;
    tables->input.labels = are_classes ? tables->labels : NULL;
    if (status == ELBOW_OK && !are_classes)
        elbow_log_warn(request->log, "the labels of %s have %zu values: no classes to measure", dataset->name, count);
    return status;
}

// A row of the dataset has the factors of its number; where the dataset is a part of a file, that of its row there.
static enum elbow_status take_factors(const struct elbow_dataset *dataset, const struct elbow_dataset *factors,
                                      struct elbow_measure_tables *tables, struct elbow_error *error)
{
    size_t count = factors->values, rows = tables->codes.rows;
    bool is_of_file = factors->samples != dataset->samples && dataset->selection.stored == factors->samples;
    enum elbow_status status =
        is_of_file ? ELBOW_OK : check_rows(factors, "--factors", dataset->samples, dataset->name, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&tables->factors, rows * count, sizeof *tables->factors, "factors", error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i) {
        uint64_t place = tables->codes.places[i];
        elbow_dataset_scaled(factors, is_of_file ? elbow_dataset_row(dataset, place) : place,
                             tables->factors + i * count);
    }
    tables->input.factors = tables->factors;
    tables->input.factor_count = count;
    return status;
}

// Collective.
static enum elbow_status load_factors(const struct elbow_measuring_request *request,
                                      const struct elbow_dataset *dataset, struct elbow_measure_tables *tables,
                                      struct elbow_error *error)
{
    struct elbow_dataset factors = {0};
    if (request->factors == NULL)
        return ELBOW_OK;
    elbow_path file, name; // bare ones are of the codes' file
    char place[2 * ELBOW_PATH_SIZE];
    const char *wanted = request->factors;
    if (wanted[0] == '/' && request->codes != NULL && strstr(wanted, ":/") == NULL &&
        elbow_config_locate("", request->codes, file, name)) {
        elbow_text_format(place, sizeof place, "%s:%s", file, wanted);
        wanted = place;
    }
    enum elbow_status status = load(request, "--factors", wanted, NULL, &factors, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(request->comm).rank == 0)
            take_factors(dataset, &factors, tables, error);
        status = elbow_comm_agree_root(request->comm, error);
    }
    elbow_dataset_unload(request->comm, &factors);
    return status;
}

// Collective. The KL over all rows.
static enum elbow_status find_kl(const struct elbow_measuring_request *request, struct elbow_measure_tables *tables,
                                 struct elbow_error *error)
{
    struct elbow_evaluation_request wanted = *request->model;
    struct elbow_evaluation evaluation = {0};
    const struct elbow_model *model = wanted.model;
    bool has_parts = model->prior->pull != NULL && model->classes <= 1;
    wanted.kl_block = has_parts ? ELBOW_KL_BLOCK : 0;
    enum elbow_status status = elbow_evaluate(&wanted, &evaluation, error);
    if (status == ELBOW_OK)
        tables->kl = (struct elbow_yardstick_kl){
            .kl = elbow_figures_get(&evaluation.figures, ELBOW_FIGURE_KL),
            .error = evaluation.figures.has_error[ELBOW_FIGURE_KL] ? evaluation.figures.errors[ELBOW_FIGURE_KL]
                                                                   : (double)NAN,
            .information = elbow_figures_get(&evaluation.figures, ELBOW_FIGURE_KL_INFORMATION),
            .total_correlation = elbow_figures_get(&evaluation.figures, ELBOW_FIGURE_KL_TOTAL_CORRELATION),
            .dimensions = elbow_figures_get(&evaluation.figures, ELBOW_FIGURE_KL_DIMENSIONS),
            .has_parts = has_parts};
    tables->input.kl = &tables->kl;
    elbow_evaluation_clear(&evaluation);
    return status;
}

// Collective. The model's codes of its data, samples, KL, labels and factors, as far as needed.
static enum elbow_status load_model(const struct elbow_measuring_request *request, unsigned needs,
                                    struct elbow_measure_tables *tables, struct elbow_error *error)
{
    const struct elbow_evaluation_request *of = request->model;
    const struct elbow_model *model = of->model;
    bool has_samples = model->prior != NULL;
    if (model->prior == NULL)
        tables->no_samples = tables->no_kl = "the model is deterministic and has no prior";
    enum elbow_status status = elbow_codes_collect(
        of, request->rows, request->seed,
        has_samples && (needs & ELBOW_YARDSTICK_NEEDS_SAMPLES) != 0 ? request->facts : NULL, &tables->codes, error);
    if (status == ELBOW_OK && model->prior != NULL && (needs & ELBOW_YARDSTICK_NEEDS_KL) != 0)
        status = find_kl(request, tables, error);
    if (status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0)
        take_labels(request, of->dataset, tables, error);
    status = elbow_comm_agree_root(request->comm, error);
    if (status == ELBOW_OK)
        status = load_factors(request, of->dataset, tables, error);
    tables->samples = of->dataset->samples;
    return status;
}

// The chosen rows of a table as floats.
static enum elbow_status take_floats(const struct elbow_dataset *dataset, const uint64_t *places, size_t rows,
                                     float **floats, struct elbow_error *error)
{
    double *row = NULL;
    size_t values = dataset->values;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(*floats, rows * values), ELBOW_ARRAY(row, values)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "the rows that are measured", error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i) {
        elbow_dataset_scaled(dataset, places[i], row);
        for (size_t d = 0; d < values; ++d)
            (*floats)[i * values + d] = (float)row[d];
    }
    elbow_release(&row);
    return status;
}

static enum elbow_status take_codes(const struct elbow_measuring_request *request, const struct elbow_dataset *dataset,
                                    struct elbow_codes *codes, struct elbow_error *error)
{
    size_t capacity = dataset->samples < request->rows ? (size_t)dataset->samples : request->rows;
    codes->width = dataset->values;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(codes->places, capacity),
                                         ELBOW_ARRAY(codes->codes, capacity * codes->width)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "the rows that are measured", error);
    if (status != ELBOW_OK)
        return status;
    codes->rows = elbow_codes_choose(dataset->samples, request->rows, request->seed, codes->places);
    for (size_t i = 0; i < codes->rows; ++i)
        elbow_dataset_scaled(dataset, codes->places[i], codes->codes + i * codes->width);
    return ELBOW_OK;
}

// Collective. The rows that were encoded.
static enum elbow_status load_rows(const struct elbow_measuring_request *request, struct elbow_measure_tables *tables,
                                   const char *codes_name, struct elbow_error *error)
{
    struct elbow_dataset data = {0};
    if (request->data == NULL)
        return ELBOW_OK;
    enum elbow_status status = load(request, "--data", request->data, NULL, &data, error);
    if (status == ELBOW_OK) {
        tables->codes.values = data.values;
        if (elbow_comm_place(request->comm).rank == 0 &&
            check_rows(&data, "--data", tables->samples, codes_name, error) == ELBOW_OK)
            take_floats(&data, tables->codes.places, tables->codes.rows, &tables->codes.data, error);
        status = elbow_comm_agree_root(request->comm, error);
    }
    elbow_dataset_unload(request->comm, &data);
    return status;
}

// Collective. Samples to compare with these rows.
static enum elbow_status load_samples(const struct elbow_measuring_request *request,
                                      struct elbow_measure_tables *tables, struct elbow_error *error)
{
    struct elbow_dataset samples = {0};
    struct elbow_codes *codes = &tables->codes;
    uint64_t *places = NULL;
    if (request->samples == NULL)
        return ELBOW_OK;
    enum elbow_status status = load(request, "--samples", request->samples, NULL, &samples, error);
    if (status == ELBOW_OK && elbow_comm_place(request->comm).rank == 0) {
        size_t capacity = samples.samples < request->rows ? (size_t)samples.samples : request->rows;
        if (request->data == NULL)
            elbow_error_set(error, ELBOW_USAGE,
                            "--samples %.500s: there are no rows to compare them with; also give --data",
                            request->samples);
        else if (samples.values != codes->values)
            elbow_error_set(error, ELBOW_MISMATCH, "--samples %.500s: rows of %zu values, and those of --data have %zu",
                            samples.name, samples.values, codes->values);
        else if (elbow_allocate(&places, capacity, sizeof *places, "samples", error) == ELBOW_OK) {
            codes->sample_count = elbow_codes_choose(samples.samples, request->rows, request->seed, places);
            take_floats(&samples, places, codes->sample_count, &codes->samples, error);
        }
    }
    if (status == ELBOW_OK)
        status = elbow_comm_agree_root(request->comm, error);
    elbow_release(&places);
    elbow_dataset_unload(request->comm, &samples);
    return status;
}

// Collective.
static enum elbow_status load_files(const struct elbow_measuring_request *request, struct elbow_measure_tables *tables,
                                    struct elbow_error *error)
{
    struct elbow_dataset codes = {0};
    tables->no_reconstructions = tables->no_kl = "a checkpoint has them, not a table";
    enum elbow_status status = load(request, "--codes", request->codes, request->labels, &codes, error);
    if (status == ELBOW_OK) {
        tables->samples = codes.samples;
        if (elbow_comm_place(request->comm).rank == 0 && take_codes(request, &codes, &tables->codes, error) == ELBOW_OK)
            take_labels(request, &codes, tables, error);
        status = elbow_comm_agree_root(request->comm, error);
    }
    if (status == ELBOW_OK)
        status = load_factors(request, &codes, tables, error);
    if (status == ELBOW_OK)
        status = load_rows(request, tables, codes.name, error);
    if (status == ELBOW_OK)
        status = load_samples(request, tables, error);
    elbow_dataset_unload(request->comm, &codes);
    return status;
}

enum elbow_status elbow_measure_tables_load(const struct elbow_measuring_request *request, unsigned needs,
                                            struct elbow_measure_tables *tables, struct elbow_error *error)
{
    *tables = (struct elbow_measure_tables){0};
    *error = (struct elbow_error){0};
    enum elbow_status status =
        request->model != NULL ? load_model(request, needs, tables, error) : load_files(request, tables, error);
    struct elbow_yardstick_input *input = &tables->input;
    const struct elbow_codes *codes = &tables->codes;
    input->rows = codes->rows;
    input->width = codes->width;
    input->codes = codes->codes;
    input->values = codes->values;
    input->neighbours = request->neighbours;
    input->seed = request->seed;
    if (codes->has_unknown)
        tables->no_data = tables->no_reconstructions = tables->no_samples = "values of the rows are missing";
    if (codes->has_unknown)
        return status;
    input->data = codes->data;
    input->reconstructions = codes->reconstructions;
    input->samples = codes->samples;
    input->sample_count = codes->sample_count;
    return status;
}

void elbow_measure_tables_clear(struct elbow_measure_tables *tables)
{
    elbow_codes_clear(&tables->codes);
    elbow_release(&tables->factors);
    elbow_release(&tables->labels);
    *tables = (struct elbow_measure_tables){0};
}
