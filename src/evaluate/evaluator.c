// SPDX-License-Identifier: BSD-3-Clause
// Evaluation: the sum of all microbatches along their tree (elbow/parallel/tree_sum.h). The vector that is summed is
// that of the measures, one behind the other.
#include "elbow/evaluate/evaluator.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/tree_sum.h"

#include <stdlib.h>

enum { CLASSES_MAX = 1000 };

struct evaluating {
    const struct elbow_evaluation_request *request;
    struct elbow_measure_plan plan;
    size_t rows; // of a microbatch
    struct elbow_measured measured;
    double *sums; // of all microbatches
    size_t class_count;
    bool has_too_many_classes;
    int64_t *classes; // sorted labels
    double *means;    // of each value, on request
};

// The vector of one microbatch.
static void evaluate_microbatch(void *user, uint64_t number, double *sums)
{
    struct evaluating *evaluating = user;
    uint64_t first = number * evaluating->rows, left = evaluating->request->dataset->samples - first;
    elbow_measured_evaluate(&evaluating->measured, first, left < evaluating->rows ? (size_t)left : evaluating->rows);
    elbow_measures_microbatch(&evaluating->measured, sums);
}

static int compare_labels(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The distinct labels, sorted; none if there are more than CLASSES_MAX.
static enum elbow_status find_classes(struct evaluating *evaluating, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = evaluating->request;
    enum elbow_status status = elbow_allocate(&evaluating->classes, CLASSES_MAX, sizeof(int64_t), "classes", error);
    if (status != ELBOW_OK || !request->per_class || !request->dataset->has_labels)
        return status;
    for (uint64_t i = 0; i < request->dataset->samples; ++i) {
        int64_t label = elbow_dataset_label(request->dataset, i);
        if (bsearch(&label, evaluating->classes, evaluating->class_count, sizeof label, compare_labels) != NULL)
            continue;
        if (evaluating->class_count == CLASSES_MAX) {
            evaluating->class_count = 0;
            evaluating->has_too_many_classes = true;
            return ELBOW_OK;
        }
        evaluating->classes[evaluating->class_count++] = label;
        qsort(evaluating->classes, evaluating->class_count, sizeof label, compare_labels);
    }
    return ELBOW_OK;
}

// Collective.
static enum elbow_status find_means(struct evaluating *evaluating, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = evaluating->request;
    struct elbow_binarizer binarizer = elbow_collation_of_evaluation(request->config, request->dataset).binarizer;
    if (!request->deviance)
        return ELBOW_OK;
    elbow_allocate(&evaluating->means, request->dataset->values, sizeof(double), "the mean", error);
    enum elbow_status status = elbow_comm_agree(request->comm, error);
    return status == ELBOW_OK
               ? elbow_batch_moments(request->comm, request->dataset, &binarizer, evaluating->means, NULL, error)
               : status;
}

static enum elbow_status prepare(struct evaluating *evaluating, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = evaluating->request;
    enum elbow_status status = find_classes(evaluating, error);
    if (status != ELBOW_OK)
        return status;
    evaluating->plan = (struct elbow_measure_plan){.request = request,
                                                   .latent = request->model->latent,
                                                   .classes = evaluating->classes,
                                                   .class_count = evaluating->class_count,
                                                   .means = evaluating->means};
    status = elbow_allocate(&evaluating->sums, elbow_measures_width(&evaluating->plan), sizeof *evaluating->sums,
                            "the evaluation", error);
    if (status != ELBOW_OK)
        return status;
    return elbow_measured_create(&evaluating->plan, evaluating->rows, &evaluating->measured, error);
}

static void clear(struct evaluating *evaluating)
{
    elbow_measured_destroy(&evaluating->measured);
    elbow_release(&evaluating->sums);
    elbow_release(&evaluating->classes);
    elbow_release(&evaluating->means);
}

enum elbow_status elbow_evaluate(const struct elbow_evaluation_request *request, struct elbow_evaluation *evaluation,
                                 struct elbow_error *error)
{
    struct evaluating evaluating = {.request = request, .rows = request->model->rows_max};
    *evaluation = (struct elbow_evaluation){0};
    *error = (struct elbow_error){0};
    if (find_means(&evaluating, error) == ELBOW_OK)
        prepare(&evaluating, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK) {
        struct elbow_tree_sum job = {.leaves = (request->dataset->samples + evaluating.rows - 1) / evaluating.rows,
                                     .width = elbow_measures_width(&evaluating.plan),
                                     .user = &evaluating,
                                     .leaf = evaluate_microbatch};
        elbow_tree_sum_run(request->comm, &job, evaluating.sums, error);
        if (error->status == ELBOW_OK)
            elbow_dataset_check_rows(request->dataset, error);
        elbow_comm_agree(request->comm, error);
    }
    if (error->status == ELBOW_OK) {
        evaluation->has_too_many_classes = evaluating.has_too_many_classes;
        elbow_measures_conclude(&evaluating.plan, (double)request->dataset->samples, evaluating.sums, evaluation,
                                error);
        elbow_comm_agree(request->comm, error);
    }
    clear(&evaluating);
    if (error->status != ELBOW_OK)
        elbow_evaluation_clear(evaluation);
    return error->status;
}
