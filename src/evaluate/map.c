// SPDX-License-Identifier: BSD-3-Clause
// Maps of the latent space. All ranks encode, in order (parallel/ordered_rows); rank zero holds the means of all rows.
#include "elbow/evaluate/map.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/ordered_rows.h"
#include "elbow/statistics/pca.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The latents and their properties while the map is made.
struct latents {
    const struct elbow_map_request *request;
    size_t latent;
    struct elbow_measured measured;
    struct elbow_measure_plan plan;
    float *means; // (rows, Z), on rank zero
    double *use;  // (Z): KL, or variance
    bool has_kl;
};

static enum elbow_status check(const struct elbow_map_request *request, struct elbow_error *error)
{
    const struct elbow_evaluation_request *evaluation = request->evaluation;
    size_t latent = evaluation->model->latent, rows = (size_t)evaluation->dataset->samples;
    for (size_t i = 0; i < request->dimension_count; ++i)
        if (request->dimensions[i] < 0 || request->dimensions[i] >= (int64_t)latent)
            return elbow_error_set(error, ELBOW_USAGE, "--dimensions: there is no %" PRId64 "; the model has 0 to %zu",
                                   request->dimensions[i], latent - 1);
    if (request->axes > latent)
        return elbow_error_set(error, ELBOW_USAGE,
                               "a map of %zu axes needs as many latent dimensions, and there %s %zu", request->axes,
                               latent == 1 ? "is" : "are", latent);
    if (rows < 2 || (request->is_principal && rows < request->axes))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: a map needs at least %zu rows, and there is %zu",
                               evaluation->dataset->name, request->axes < 2 ? 2 : request->axes, rows);
    if (request->colour == ELBOW_MAP_LABELS && !evaluation->dataset->has_labels)
        return elbow_error_set(error, ELBOW_USAGE, "--colour label: %.500s has no labels; give them with --labels",
                               evaluation->dataset->name);
    return ELBOW_OK;
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct latents *latents = user;
    const struct elbow_evaluation_request *evaluation = latents->request->evaluation;
    struct elbow_measured *measured = &latents->measured;
    measured->microbatch = elbow_evaluation_microbatch(&measured->collation, first, count, &measured->collated);
    const float *head = elbow_model_encode(evaluation->model, evaluation->parameters, &measured->microbatch);
    for (size_t i = 0; i < count; ++i)
        memcpy((float *)results + i * latents->latent, head + i * evaluation->model->head,
               latents->latent * sizeof(float));
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct latents *latents = user;
    const float *means = results;
    for (uint64_t i = 0; i < count * latents->latent; ++i)
        if (!isfinite(means[i]))
            return elbow_error_set(error, ELBOW_DATA, "%.500s: the latents of row %" PRIu64 " are not finite",
                                   latents->request->evaluation->dataset->name, first + i / latents->latent);
    memcpy(latents->means + first * latents->latent, means, count * latents->latent * sizeof(float));
    return ELBOW_OK;
}

// Collective.
static enum elbow_status encode(struct latents *latents, struct elbow_error *error)
{
    const struct elbow_evaluation_request *evaluation = latents->request->evaluation;
    size_t rows = (size_t)evaluation->dataset->samples, microbatch = (size_t)evaluation->config->train.microbatch;
    struct elbow_ordered_rows_job job = {.rows = rows,
                                         .microbatch = microbatch,
                                         .row_bytes = latents->latent * sizeof(float),
                                         .user = latents,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = evaluation->dataset,
                                         .runs = elbow_dataset_runs(evaluation->dataset)};
    latents->plan = (struct elbow_measure_plan){.request = evaluation, .latent = latents->latent};
    elbow_measured_create(&latents->plan, microbatch, &latents->measured, error);
    if (error->status == ELBOW_OK && elbow_comm_place(evaluation->comm).rank == 0)
        elbow_allocate(&latents->means, rows, latents->latent * sizeof(float), "the latents of all rows", error);
    if (elbow_comm_agree(evaluation->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(evaluation->comm, &job, error);
    elbow_measured_destroy(&latents->measured);
    return error->status;
}

// Collective. The KL of each dimension, if there is one and it is needed.
static enum elbow_status find_kl(struct latents *latents, struct elbow_error *error)
{
    struct elbow_evaluation evaluation = {0};
    elbow_allocate(&latents->use, latents->latent, sizeof *latents->use, "the use of each dimension", error);
    enum elbow_status status = elbow_comm_agree(latents->request->evaluation->comm, error);
    if (status != ELBOW_OK || latents->request->is_principal)
        return status;
    status = elbow_evaluate(latents->request->evaluation, &evaluation, error);
    if (status == ELBOW_OK && evaluation.kl != NULL) {
        memcpy(latents->use, evaluation.kl, latents->latent * sizeof *latents->use);
        latents->has_kl = true;
    }
    elbow_evaluation_clear(&evaluation);
    return status;
}

static void find_variances(struct latents *latents, size_t rows)
{
    for (size_t j = 0; j < latents->latent; ++j) {
        double mean = 0, sum = 0;
        for (size_t i = 0; i < rows; ++i)
            mean += (double)latents->means[i * latents->latent + j];
        mean /= (double)rows;
        for (size_t i = 0; i < rows; ++i)
            sum += pow((double)latents->means[i * latents->latent + j] - mean, 2);
        latents->use[j] = sum / (double)(rows - 1);
    }
}

// The dimensions of the map: the requested ones, or the most used ones; in a tie the first.
static void choose(const struct latents *latents, size_t axes, size_t *chosen)
{
    for (size_t i = 0; i < latents->request->dimension_count; ++i)
        chosen[i] = (size_t)latents->request->dimensions[i];
    for (size_t i = latents->request->dimension_count; i < axes; ++i) {
        size_t best = SIZE_MAX;
        for (size_t j = 0; j < latents->latent; ++j) {
            bool is_taken = false;
            for (size_t k = 0; k < i; ++k)
                is_taken = is_taken || chosen[k] == j;
            if (!is_taken && (best == SIZE_MAX || latents->use[j] > latents->use[best]))
                best = j;
        }
        chosen[i] = best;
    }
}

static void take_dimensions(const struct latents *latents, struct elbow_map *map)
{
    size_t chosen[ELBOW_MAP_AXES_MAX];
    choose(latents, map->axes, chosen);
    for (size_t a = 0; a < map->axes; ++a) {
        struct elbow_map_axis *axis = &map->along[a];
        double use = latents->use[chosen[a]];
        elbow_text_format(axis->name, sizeof axis->name, "z%zu", chosen[a]);
        if (latents->has_kl)
            elbow_text_format(axis->label, sizeof axis->label, "z%zu (KL %.3g nats)", chosen[a], use);
        else
            elbow_text_format(axis->label, sizeof axis->label, "z%zu (variance %.3g)", chosen[a], use);
        for (size_t i = 0; i < map->rows; ++i)
            map->places[a * map->rows + i] = (double)latents->means[i * latents->latent + chosen[a]];
    }
}

static enum elbow_status take_components(const struct latents *latents, struct elbow_map *map,
                                         struct elbow_error *error)
{
    struct elbow_pca *pca = NULL;
    double *scores = NULL;
    enum elbow_status status = elbow_pca_fit(map->rows, latents->latent, latents->means, map->axes, &pca, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&scores, map->rows, map->axes * sizeof *scores, "the latents of all rows", error);
    if (status == ELBOW_OK)
        status = elbow_pca_project(pca, map->rows, latents->means, scores, error);
    for (size_t a = 0; a < map->axes && status == ELBOW_OK; ++a) {
        struct elbow_map_axis *axis = &map->along[a];
        double share = pca->total > 0 ? 100 * pca->variances[a] / pca->total : 0;
        elbow_text_format(axis->name, sizeof axis->name, "pc%zu", a + 1);
        elbow_text_format(axis->label, sizeof axis->label, "principal component %zu (%.0f %% of the variance)", a + 1,
                          share);
        for (size_t i = 0; i < map->rows; ++i)
            map->places[a * map->rows + i] = scores[i * map->axes + a];
    }
    elbow_release(&scores);
    elbow_pca_free(&pca);
    return status;
}

static int compare_labels(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

// The distinct labels, rising; how many.
static size_t distinct(int64_t *labels, size_t count)
{
    size_t kept = 0;
    qsort(labels, count, sizeof *labels, compare_labels);
    for (size_t i = 0; i < count; ++i)
        if (labels[i] != ELBOW_LABEL_UNKNOWN && (kept == 0 || labels[kept - 1] != labels[i]))
            labels[kept++] = labels[i];
    return kept;
}

static enum elbow_status name_groups(const struct elbow_dataset *dataset, const int64_t *labels, struct elbow_map *map,
                                     struct elbow_error *error)
{
    enum elbow_status status =
        elbow_allocate(&map->group_names, map->group_count, sizeof *map->group_names, "the names of labels", error);
    for (size_t g = 0; g < map->group_count && status == ELBOW_OK; ++g) {
        char number[32];
        const char *name = elbow_label_name(&dataset->label_names, labels[g]);
        elbow_text_format(number, sizeof number, "%" PRId64, labels[g]);
        status = elbow_duplicate(&map->group_names[g], name != NULL ? name : number, error);
    }
    return status;
}

static enum elbow_status take_groups(const struct elbow_dataset *dataset, struct elbow_map *map,
                                     struct elbow_error *error)
{
    int64_t *labels = NULL;
    enum elbow_status status = elbow_allocate(&labels, map->rows, sizeof *labels, "the labels of a map", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&map->groups, map->rows, sizeof *map->groups, "the labels of a map", error);
    if (status == ELBOW_OK) {
        for (size_t i = 0; i < map->rows; ++i)
            labels[i] = elbow_dataset_label(dataset, i);
        map->group_count = distinct(labels, map->rows);
        if (map->group_count > ELBOW_MAP_GROUPS_MAX)
            status = elbow_error_set(error, ELBOW_USAGE,
                                     "%.500s: has %zu different labels, and a map has colours for %d; leave --colour "
                                     "label out, or use the labels as numbers with --colour FILE:/dataset",
                                     dataset->name, map->group_count, ELBOW_MAP_GROUPS_MAX);
    }
    for (size_t i = 0; i < map->rows && status == ELBOW_OK; ++i) {
        int64_t label = elbow_dataset_label(dataset, i);
        const int64_t *found = bsearch(&label, labels, map->group_count, sizeof *labels, compare_labels);
        map->groups[i] = found == NULL ? -1 : (int)(found - labels);
    }
    if (status == ELBOW_OK)
        status = name_groups(dataset, labels, map, error);
    elbow_release(&labels);
    return status;
}

static enum elbow_status take_colours(const struct elbow_map_request *request, struct elbow_map *map,
                                      struct elbow_error *error)
{
    const struct elbow_dataset *dataset = request->evaluation->dataset;
    if (request->colour == ELBOW_MAP_PLAIN)
        return ELBOW_OK;
    if (request->colour == ELBOW_MAP_LABELS)
        return take_groups(dataset, map, error);
    enum elbow_status status =
        elbow_allocate(&map->values, map->rows, sizeof *map->values, "the colours of a map", error);
    if (status != ELBOW_OK)
        return status;
    if (request->colour == ELBOW_MAP_DENSITY) {
        map->value_label = "density (share of the rows per unit of area)";
        return elbow_map_density(map->rows, map->places, map->places + (map->axes > 1 ? map->rows : 0), map->values,
                                 error);
    }
    map->value_label = request->number_name;
    for (size_t i = 0; i < map->rows; ++i)
        map->values[i] = request->numbers[elbow_dataset_row(dataset, i)];
    return ELBOW_OK;
}

static enum elbow_status fill(struct latents *latents, struct elbow_map *map, struct elbow_error *error)
{
    map->rows = (size_t)latents->request->evaluation->dataset->samples;
    map->axes = latents->request->axes;
    enum elbow_status status =
        elbow_allocate(&map->places, map->rows, map->axes * sizeof *map->places, "the places of a map", error);
    if (status != ELBOW_OK)
        return status;
    if (!latents->has_kl && !latents->request->is_principal)
        find_variances(latents, map->rows);
    if (latents->request->is_principal)
        status = take_components(latents, map, error);
    else
        take_dimensions(latents, map);
    return status == ELBOW_OK ? take_colours(latents->request, map, error) : status;
}

enum elbow_status elbow_map_make(const struct elbow_map_request *request, struct elbow_map *map,
                                 struct elbow_error *error)
{
    struct elbow_comm *comm = request->evaluation->comm;
    struct latents latents = {.request = request, .latent = request->evaluation->model->latent};
    ELBOW_CHECK(request->axes > 0 && request->axes <= ELBOW_MAP_AXES_MAX && request->dimension_count <= request->axes);
    *map = (struct elbow_map){0};
    *error = (struct elbow_error){0};
    check(request, error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = find_kl(&latents, error);
    if (status == ELBOW_OK)
        status = encode(&latents, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(comm).rank == 0)
            fill(&latents, map, error);
        status = elbow_comm_agree_root(comm, error);
    }
    elbow_release(&latents.means);
    elbow_release(&latents.use);
    return status;
}

void elbow_map_clear(struct elbow_map *map)
{
    for (size_t g = 0; map->group_names != NULL && g < map->group_count; ++g)
        elbow_release(&map->group_names[g]);
    elbow_release(&map->group_names);
    elbow_release(&map->places);
    elbow_release(&map->groups);
    elbow_release(&map->values);
    *map = (struct elbow_map){0};
}
