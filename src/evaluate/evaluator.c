// SPDX-License-Identifier: BSD-3-Clause
// Evaluation. A rank computes a run of microbatches in the order of the dataset; every subtree of the tree over all
// microbatches is summed where it lies, and the subtrees are then added on every rank in the tree's order.
//
// The vector that is summed is that of the measures, one behind the other.
#include "elbow/evaluate/evaluator.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 1000 };

struct evaluating {
    const struct elbow_evaluation_request *request;
    struct elbow_measure_plan plan;
    size_t rows, width; // rows of a microbatch; doubles of the vector
    struct elbow_measured measured;
    double *levels;               // (levels, width): sums inside a subtree
    double *mine;                 // (subtrees of this rank, width)
    double *all;                  // (ranks, most subtrees, width)
    int most;                     // subtrees of any rank
    struct elbow_range *subtrees; // room for those of all ranks
    size_t class_count;
    bool has_too_many_classes;
    int64_t *classes; // sorted labels
    double *means;    // of each value, where they are asked for
};

// The vector of one microbatch.
static void evaluate_microbatch(struct evaluating *evaluating, uint64_t number, double *sums)
{
    uint64_t first = number * evaluating->rows, left = evaluating->request->dataset->samples - first;
    elbow_measured_evaluate(&evaluating->measured, first, left < evaluating->rows ? (size_t)left : evaluating->rows);
    elbow_measures_microbatch(&evaluating->measured, sums);
}

// The vector of node [lo, hi) of the tree, into sums; deeper levels use the rows behind `level`.
static void evaluate_subtree(struct evaluating *evaluating, uint64_t lo, uint64_t hi, int level, double *sums)
{
    if (hi - lo == 1) {
        evaluate_microbatch(evaluating, lo, sums);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    double *right = evaluating->levels + (size_t)level * evaluating->width;
    evaluate_subtree(evaluating, lo, middle, level, sums);
    evaluate_subtree(evaluating, middle, hi, level + 1, right);
    for (size_t i = 0; i < evaluating->width; ++i)
        sums[i] += right[i];
}

// Adds every rank's subtrees; the sum ends up in evaluating->all.
static void add_ranks(struct evaluating *evaluating, uint64_t microbatches)
{
    struct elbow_comm *comm = evaluating->request->comm;
    struct elbow_place place = elbow_comm_place(comm);
    size_t stride = (size_t)evaluating->most * evaluating->width;
    elbow_comm_gather_all(comm, evaluating->mine, stride, evaluating->all);
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX], *list = evaluating->subtrees;
    int count = 0;
    double *packed = evaluating->all;
    for (int r = 0; r < place.size; ++r) {
        int theirs = elbow_partition_subtrees(microbatches, elbow_partition(microbatches, r, place.size), subtrees);
        memmove(packed, evaluating->all + (size_t)r * stride, (size_t)theirs * evaluating->width * sizeof *packed);
        memcpy(list + count, subtrees, (size_t)theirs * sizeof *list);
        packed += (size_t)theirs * evaluating->width;
        count += theirs;
    }
    elbow_partition_sum(microbatches, list, count, evaluating->width, evaluating->all);
}

static int compare_labels(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The distinct labels, sorted; none where there are more than CLASSES_MAX.
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
    struct elbow_binarizer binarizer = {.kind = (enum elbow_binarize)request->config->data.binarize,
                                        .threshold = request->config->data.threshold};
    if (!request->deviance)
        return ELBOW_OK;
    elbow_allocate(&evaluating->means, request->dataset->values, sizeof(double), "the mean", error);
    enum elbow_status status = elbow_comm_agree(request->comm, error);
    return status == ELBOW_OK
               ? elbow_batch_moments(request->comm, request->dataset, &binarizer, evaluating->means, NULL, error)
               : status;
}

static enum elbow_status prepare(struct evaluating *evaluating, uint64_t microbatches, struct elbow_error *error)
{
    const struct elbow_evaluation_request *request = evaluating->request;
    int size = elbow_comm_place(request->comm).size;
    enum elbow_status status = find_classes(evaluating, error);
    if (status != ELBOW_OK)
        return status;
    evaluating->plan = (struct elbow_measure_plan){.request = request,
                                                   .latent = request->model->latent,
                                                   .classes = evaluating->classes,
                                                   .class_count = evaluating->class_count,
                                                   .means = evaluating->means};
    evaluating->width = elbow_measures_width(&evaluating->plan);
    evaluating->most = elbow_partition_subtrees_most(microbatches, size);
    size_t most = (size_t)evaluating->most;
    size_t levels = (size_t)elbow_partition_depth(elbow_partition_leaves_most(microbatches, size));
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(evaluating->levels, levels * evaluating->width),
        ELBOW_ARRAY(evaluating->mine, most * evaluating->width),
        ELBOW_ARRAY(evaluating->all, (size_t)size * most * evaluating->width),
        ELBOW_ARRAY(evaluating->subtrees, (size_t)size * most),
    };
    status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the evaluation", error);
    if (status != ELBOW_OK)
        return status;
    return elbow_measured_create(&evaluating->plan, evaluating->rows, &evaluating->measured, error);
}

static void clear(struct evaluating *evaluating)
{
    elbow_measured_destroy(&evaluating->measured);
    elbow_release(&evaluating->levels);
    elbow_release(&evaluating->mine);
    elbow_release(&evaluating->all);
    elbow_release(&evaluating->subtrees);
    elbow_release(&evaluating->classes);
    elbow_release(&evaluating->means);
}

enum elbow_status elbow_evaluate(const struct elbow_evaluation_request *request, struct elbow_evaluation *evaluation,
                                 struct elbow_error *error)
{
    struct evaluating evaluating = {.request = request, .rows = request->model->rows_max};
    struct elbow_place place = elbow_comm_place(request->comm);
    uint64_t microbatches = (request->dataset->samples + evaluating.rows - 1) / evaluating.rows;
    *evaluation = (struct elbow_evaluation){0};
    *error = (struct elbow_error){0};
    if (find_means(&evaluating, error) == ELBOW_OK)
        prepare(&evaluating, microbatches, error);
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK) {
        struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
        int count =
            elbow_partition_subtrees(microbatches, elbow_partition(microbatches, place.rank, place.size), subtrees);
        for (int i = 0; i < count; ++i)
            evaluate_subtree(&evaluating, subtrees[i].first, subtrees[i].last, 0,
                             evaluating.mine + (size_t)i * evaluating.width);
        add_ranks(&evaluating, microbatches);
        evaluation->has_too_many_classes = evaluating.has_too_many_classes;
        elbow_measures_conclude(&evaluating.plan, (double)request->dataset->samples, evaluating.all, evaluation, error);
        elbow_comm_agree(request->comm, error);
    }
    clear(&evaluating);
    if (error->status != ELBOW_OK)
        elbow_evaluation_clear(evaluation);
    return error->status;
}
