// SPDX-License-Identifier: BSD-3-Clause
// Quantiles and centre are rank zero's, which sends them; all ranks make the same table of points of them.
#include "elbow/evaluate/detail/walk.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/gather.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/statistics/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 16384 };

struct traversing {
    const struct elbow_traversal *of;
    struct elbow_model *model;
    double *uses;           // (Z); 0 without a dataset
    float *quantiles;       // (steps, Z)
    float *centre;          // (Z)
    uint64_t *order;        // (Z) dimensions
    const uint64_t *walked; // (count) the dimensions of the walk
    size_t count;
};

static bool is_standard(const struct elbow_model *model)
{
    return model->prior == elbow_prior_row(ELBOW_PRIOR_STANDARD);
}

bool elbow_walk_needs_data(const struct elbow_model *model, const struct elbow_traversal *traversal)
{
    return traversal->has_row || traversal->is_of_data || traversal->dimensions == NULL || model->prior == NULL;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// Quantiles and medians of points (rows, Z), each on request.
static enum elbow_status sort_points(const struct traversing *traversing, const float *points, size_t rows,
                                     float *quantiles, float *medians, struct elbow_error *error)
{
    size_t latent = traversing->model->latent, steps = traversing->of->steps;
    float *sorted = NULL;
    if (elbow_allocate(&sorted, rows, sizeof *sorted, "latents", error) != ELBOW_OK)
        return error->status;
    for (size_t j = 0; j < latent; ++j) {
        for (size_t i = 0; i < rows; ++i)
            sorted[i] = points[i * latent + j];
        qsort(sorted, rows, sizeof *sorted, compare);
        for (size_t i = 0; quantiles != NULL && i < steps; ++i)
            quantiles[i * latent + j] =
                (float)elbow_quantile_of_values(sorted, rows, ((double)i + 0.5) / (double)steps);
        if (medians != NULL)
            medians[j] = (float)elbow_quantile_of_values(sorted, rows, 0.5);
    }
    elbow_release(&sorted);
    return ELBOW_OK;
}

// Rank zero's. The variance of each dimension over points (rows, Z).
static void find_variances(const struct traversing *traversing, const float *points, size_t rows)
{
    size_t latent = traversing->model->latent;
    for (size_t j = 0; j < latent; ++j) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < rows; ++i)
            sum += (double)points[i * latent + j];
        for (size_t i = 0; i < rows; ++i) {
            double distance = (double)points[i * latent + j] - sum / (double)rows;
            squares += distance * distance;
        }
        traversing->uses[j] = squares / (double)rows;
    }
}

// Collective. The quantiles of the means of q(z|x); without a prior also their medians and variances.
static enum elbow_status take_means(const struct traversing *traversing, struct elbow_error *error)
{
    const struct elbow_traversal *of = traversing->of;
    bool has_prior = traversing->model->prior != NULL, is_root = elbow_comm_place(of->gallery->comm).rank == 0;
    struct elbow_gathered means = {0};
    if (has_prior && !of->is_of_data)
        return ELBOW_OK;
    enum elbow_status status = elbow_gather(of->evaluation, of->seed, true, &means, error);
    if (status == ELBOW_OK && is_root && !means.is_finite)
        elbow_error_set(error, ELBOW_NUMBERS, "%.500s: the means of q(z|x) are not finite",
                        of->evaluation->dataset->name);
    else if (status == ELBOW_OK && is_root)
        sort_points(traversing, means.latents, (size_t)means.rows, traversing->quantiles,
                    has_prior ? NULL : traversing->centre, error);
    if (status == ELBOW_OK && is_root && !has_prior && error->status == ELBOW_OK)
        find_variances(traversing, means.latents, (size_t)means.rows);
    elbow_gathered_clear(&means);
    return status == ELBOW_OK ? elbow_comm_agree_root(of->gallery->comm, error) : status;
}

static void take_standard(const struct traversing *traversing)
{
    size_t latent = traversing->model->latent, steps = traversing->of->steps;
    memset(traversing->centre, 0, latent * sizeof *traversing->centre);
    for (size_t k = 0; k < steps * latent && !traversing->of->is_of_data; ++k) {
        size_t step = k / latent;
        traversing->quantiles[k] = (float)elbow_quantile_of_normal(((double)step + 0.5) / (double)steps);
    }
}

static enum elbow_status take_draws(const struct traversing *traversing, const float *condition,
                                    struct elbow_error *error)
{
    const struct elbow_traversal *of = traversing->of;
    struct elbow_model *model = traversing->model;
    size_t latent = model->latent, conditions = model->conditions, most = (size_t)of->gallery->config->train.microbatch;
    const struct elbow_stream stream = {.seed = of->seed, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    float *z = NULL, *repeated = NULL; // the condition for each row
    uint64_t *ids = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(z, (size_t)DRAWS * latent), ELBOW_ARRAY(ids, most),
                                         ELBOW_ARRAY(repeated, most * conditions)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "draws from the prior", error);
    for (size_t i = 0; i < most && conditions > 0 && status == ELBOW_OK; ++i)
        memcpy(repeated + i * conditions, condition, conditions * sizeof *condition);
    if (status == ELBOW_OK) {
        elbow_model_begin(model, of->gallery->parameters);
        elbow_model_set_conditions(model, most, repeated);
    }
    for (size_t at = 0; at < DRAWS && status == ELBOW_OK; at += most) {
        size_t rows = DRAWS - at < most ? DRAWS - at : most;
        for (size_t i = 0; i < rows; ++i)
            ids[i] = at + i;
        elbow_model_draw_latent(model, of->gallery->parameters, stream, rows, ids, z + at * latent);
    }
    if (status == ELBOW_OK)
        status =
            sort_points(traversing, z, DRAWS, of->is_of_data ? NULL : traversing->quantiles, traversing->centre, error);
    elbow_release(&z);
    elbow_release(&repeated);
    elbow_release(&ids);
    return status;
}

// On rank zero: quantiles of the prior, unless those of the data are used, and the centre.
static void take_prior(const struct traversing *traversing, const float *condition, struct elbow_error *error)
{
    if (traversing->model->prior == NULL)
        return;
    if (is_standard(traversing->model))
        take_standard(traversing);
    else
        take_draws(traversing, condition, error);
}

// Collective. Rank zero's quantiles, centre and uses to all.
static void share(const struct traversing *traversing)
{
    struct elbow_comm *comm = traversing->of->gallery->comm;
    size_t latent = traversing->model->latent;
    elbow_comm_broadcast(comm, traversing->quantiles, traversing->of->steps * latent * sizeof(float));
    elbow_comm_broadcast(comm, traversing->centre, latent * sizeof(float));
    elbow_comm_broadcast(comm, traversing->uses, latent * sizeof(double));
}

// Collective. The mean KL of each dimension, if there is a prior and a dataset.
static enum elbow_status find_uses(const struct traversing *traversing, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = traversing->of->evaluation;
    struct elbow_evaluation evaluation = {0};
    if (traversing->model->prior == NULL || request->dataset == NULL)
        return ELBOW_OK;
    enum elbow_status status = elbow_evaluate(request, &evaluation, error);
    if (status == ELBOW_OK)
        memcpy(traversing->uses, evaluation.kl, traversing->model->latent * sizeof *traversing->uses);
    elbow_evaluation_clear(&evaluation);
    return status;
}

// True if dimension a comes before b: by its use, then by its number; NaN comes last.
static bool is_before(const double *uses, uint64_t a, uint64_t b)
{
    double x = isnan(uses[a]) ? -INFINITY : uses[a], y = isnan(uses[b]) ? -INFINITY : uses[b];
    return x > y || (!(x < y) && a < b);
}

static void choose(struct traversing *traversing)
{
    const struct elbow_traversal *of = traversing->of;
    size_t latent = traversing->model->latent;
    for (size_t n = 0; n < latent; ++n) {
        size_t at = n;
        for (; at > 0 && is_before(traversing->uses, n, traversing->order[at - 1]); --at)
            traversing->order[at] = traversing->order[at - 1];
        traversing->order[at] = n;
    }
    traversing->walked = of->dimensions != NULL ? of->dimensions : traversing->order;
    traversing->count = of->count > 0 && of->count < latent ? of->count : latent;
    if (of->dimensions != NULL)
        traversing->count = of->count;
}

// The condition of the decoder without a row.
static void set_condition(const struct elbow_gallery *gallery, float *condition)
{
    const struct elbow_model *model = gallery->model;
    memset(condition, 0, model->conditions * sizeof *condition);
    elbow_conditioning_at(gallery->conditioning, 0, condition);
    if (model->classes > 1)
        condition[model->conditions - model->classes + (size_t)gallery->class_number] = 1;
}

static enum elbow_status make_points(const struct traversing *traversing, const float *condition,
                                     struct elbow_walk *walk, struct elbow_error *error)
{
    const struct elbow_model *model = traversing->model;
    size_t latent = model->latent, conditions = model->conditions, steps = traversing->of->steps;
    const float *centre = walk->anchors.count > 0 ? walk->anchors.z : traversing->centre;
    size_t points = traversing->count * steps;
    enum elbow_status status = elbow_walk_create(model, points, walk, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&walk->places, points, sizeof *walk->places, "points of a walk", error);
    if (status == ELBOW_OK && traversing->of->evaluation->dataset != NULL)
        status = elbow_allocate(&walk->uses, points, sizeof *walk->uses, "points of a walk", error);
    for (size_t n = 0; n < points && status == ELBOW_OK; ++n) {
        size_t step = n % steps, dimension = (size_t)traversing->walked[n / steps];
        memcpy(walk->z + n * latent, centre, latent * sizeof *centre);
        walk->z[n * latent + dimension] = traversing->quantiles[step * latent + dimension];
        if (conditions > 0)
            memcpy(walk->condition + n * conditions, condition, conditions * sizeof *condition);
        walk->share[n] = ((double)step + 0.5) / (double)steps;
        walk->places[n] = (int64_t)dimension;
        if (walk->uses != NULL)
            walk->uses[n] = traversing->uses[dimension];
    }
    return status;
}

static enum elbow_status allocate_workspace(struct traversing *traversing, float **condition, struct elbow_error *error)
{
    size_t latent = traversing->model->latent;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(traversing->uses, latent),
        ELBOW_ARRAY(traversing->quantiles, traversing->of->steps * latent),
        ELBOW_ARRAY(traversing->centre, latent),
        ELBOW_ARRAY(traversing->order, latent),
        ELBOW_ARRAY(*condition, traversing->model->conditions),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a walk", error);
}

// Collective. The row of the walk, if there is one, and the condition of the decoder there.
static enum elbow_status begin(const struct elbow_traversal *traversal, struct elbow_walk *walk, float *condition,
                               struct elbow_error *error)
{
    const struct elbow_gallery *gallery = traversal->gallery;
    size_t conditions = gallery->model->conditions;
    if (!traversal->has_row) {
        if (conditions > 0)
            set_condition(gallery, condition);
        return ELBOW_OK;
    }
    elbow_anchors_encode(gallery, traversal->evaluation->dataset, &traversal->row, 1, &walk->anchors, error);
    if (error->status == ELBOW_OK && conditions > 0)
        memcpy(condition, walk->anchors.condition, conditions * sizeof *condition);
    return elbow_comm_agree(gallery->comm, error);
}

enum elbow_status elbow_walk_traverse(const struct elbow_traversal *traversal, struct elbow_walk *walk,
                                      struct elbow_error *error)
{
    struct elbow_comm *comm = traversal->gallery->comm;
    struct traversing traversing = {.of = traversal, .model = traversal->gallery->model};
    float *condition = NULL;
    ELBOW_CHECK(traversal->steps >= 1);
    ELBOW_CHECK(traversal->evaluation->dataset != NULL || !elbow_walk_needs_data(traversing.model, traversal));
    *walk = (struct elbow_walk){.across = traversal->steps};
    *error = (struct elbow_error){0};
    allocate_workspace(&traversing, &condition, error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK)
        status = begin(traversal, walk, condition, error);
    if (status == ELBOW_OK)
        status = find_uses(&traversing, error);
    if (status == ELBOW_OK)
        status = take_means(&traversing, error);
    if (status == ELBOW_OK && elbow_comm_place(comm).rank == 0)
        take_prior(&traversing, condition, error);
    if (status == ELBOW_OK && elbow_comm_agree_root(comm, error) == ELBOW_OK) {
        share(&traversing);
        choose(&traversing);
        make_points(&traversing, condition, walk, error);
        elbow_comm_agree(comm, error);
    }
    elbow_release(&traversing.uses);
    elbow_release(&traversing.quantiles);
    elbow_release(&traversing.centre);
    elbow_release(&traversing.order);
    elbow_release(&condition);
    return error->status;
}
