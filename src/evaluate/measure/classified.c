// SPDX-License-Identifier: BSD-3-Clause
// The predictions of a classifier for rows with a known label: the confusion matrix, and log q(y|x) of the label.
#include "elbow/evaluate/detail/measure.h"

#include "elbow/base/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LOG_CLASS, SQUARES, CONFUSION }; // the matrix is last

static size_t width(const struct elbow_measure_plan *plan)
{
    size_t classes = plan->request->model->classes;
    bool has_labels = plan->request->dataset->has_labels && classes > 1;
    return has_labels ? CONFUSION + classes * classes : 0;
}

// A NaN reaches the sum by log q, and its row is nowhere in the matrix.
static void microbatch(const struct elbow_measured *measured, double *sums)
{
    size_t classes = measured->plan->request->model->classes;
    memset(sums, 0, width(measured->plan) * sizeof *sums);
    for (size_t i = 0; i < measured->rows; ++i) {
        const float *q = measured->q + i * classes;
        int64_t label = elbow_dataset_class(measured->plan->request->dataset, measured->first + i);
        if (label < 0)
            continue;
        float probability = q[label]; // the smallest positive float replaces 0
        double log_class = log((double)(probability < FLT_TRUE_MIN ? FLT_TRUE_MIN : probability));
        sums[LOG_CLASS] += log_class;
        sums[SQUARES] += log_class * log_class;
        if (!isnan(probability))
            sums[CONFUSION + (size_t)label * classes + elbow_likeliest_class(q, classes)] += 1;
    }
}

static enum elbow_status conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    (void)samples;
    size_t classes = plan->request->model->classes;
    double labelled = 0, right = 0;
    enum elbow_status status =
        elbow_allocate(&evaluation->confusion, classes * classes, sizeof *evaluation->confusion, "classes", error);
    if (status != ELBOW_OK)
        return status;
    evaluation->confusion_classes = classes;
    memcpy(evaluation->confusion, sums + CONFUSION, classes * classes * sizeof *sums);
    for (size_t n = 0; n < classes * classes; ++n) {
        labelled += evaluation->confusion[n];
        right += n / classes == n % classes ? evaluation->confusion[n] : 0;
    }
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_LABELLED, labelled);
    if (labelled == 0)
        return ELBOW_OK;
    double accuracy = isnan(sums[LOG_CLASS]) ? sums[LOG_CLASS] : right / labelled;
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ACCURACY, accuracy);
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_ACCURACY_ERROR, sqrt(accuracy * (1 - accuracy) / labelled));
    elbow_figures_set(&evaluation->figures, ELBOW_FIGURE_LOG_CLASS, sums[LOG_CLASS] / labelled);
    elbow_figures_set_error(&evaluation->figures, ELBOW_FIGURE_LOG_CLASS, labelled, sums[LOG_CLASS], sums[SQUARES]);
    return ELBOW_OK;
}

static const enum elbow_figure_kind figures_of_set[] = {
    ELBOW_FIGURE_LABELLED, ELBOW_FIGURE_ACCURACY, ELBOW_FIGURE_ACCURACY_ERROR, ELBOW_FIGURE_LOG_CLASS, ELBOW_FIGURES};

const struct elbow_measure elbow_measure_classified = {
    .figures = figures_of_set, .width = width, .microbatch = microbatch, .conclude = conclude};
