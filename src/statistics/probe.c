// SPDX-License-Identifier: BSD-3-Clause
// The linear probe (Alain and Bengio 2016): accuracy of a multinomial logistic regression of the standardised codes. A
// model that was fitted to the other four fifths of the rows predicts each row. A key assigns rows to fifths.
#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"
#include "elbow/statistics/detail/yardstick.h"
#include "elbow/statistics/logistic.h"

enum { FOLDS = 5, STREAM_ID = 1 };

struct probing {
    const struct elbow_yardstick_input *input;
    size_t *folds;               // (rows)
    double *x, *weights, *right; // for the training rows; (rows): 1 if a row is predicted correctly
    int64_t *labels;
    double *mean, *scale; // (width)
};

static bool is_learned(const struct probing *probing, size_t row, size_t fold)
{
    return probing->folds[row] != fold;
}

// The means and deviations of the rows that are learned from.
static void find_scale(const struct probing *probing, size_t fold)
{
    const struct elbow_yardstick_input *input = probing->input;
    for (size_t j = 0; j < input->width; ++j) {
        double mean = 0, square = 0;
        size_t count = 0;
        for (size_t i = 0; i < input->rows; ++i)
            if (is_learned(probing, i, fold)) {
                mean += input->codes[i * input->width + j];
                ++count;
            }
        mean /= (double)count;
        for (size_t i = 0; i < input->rows; ++i) {
            double from = input->codes[i * input->width + j] - mean;
            square += is_learned(probing, i, fold) ? from * from : 0;
        }
        double deviation = sqrt(square / (double)count);
        probing->mean[j] = mean;
        probing->scale[j] = deviation > 0 ? 1 / deviation : 1;
    }
}

static void standardise(const struct probing *probing, size_t row, double *x)
{
    size_t width = probing->input->width;
    for (size_t j = 0; j < width; ++j)
        x[j] = (probing->input->codes[row * width + j] - probing->mean[j]) * probing->scale[j];
}

static enum elbow_status tell_fold(const struct probing *probing, size_t fold, struct elbow_error *error)
{
    const struct elbow_yardstick_input *input = probing->input;
    size_t count = 0;
    double objective;
    find_scale(probing, fold);
    for (size_t i = 0; i < input->rows; ++i)
        if (is_learned(probing, i, fold)) {
            standardise(probing, i, probing->x + count * input->width);
            probing->labels[count++] = input->labels[i];
        }
    enum elbow_status status = elbow_logistic_fit(count, input->width, probing->x, input->classes, probing->labels,
                                                  probing->weights, &objective, error);
    for (size_t i = 0; status == ELBOW_OK && i < input->rows; ++i)
        if (!is_learned(probing, i, fold)) {
            standardise(probing, i, probing->x);
            probing->right[i] =
                elbow_logistic_class(input->width, input->classes, probing->weights, probing->x) == input->labels[i];
        }
    return status;
}

enum elbow_status elbow_yardstick_probe(const struct elbow_yardstick_input *input,
                                        struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    struct probing probing = {.input = input};
    size_t rows = input->rows, width = input->width;
    if (rows < FOLDS)
        return elbow_error_set(error, ELBOW_DATA, "needs at least %d rows with a label, and has %zu", FOLDS, rows);
    const struct elbow_array arrays[] = {ELBOW_ARRAY(probing.folds, rows),
                                         ELBOW_ARRAY(probing.x, rows * width),
                                         ELBOW_ARRAY(probing.weights, input->classes * (width + 1)),
                                         ELBOW_ARRAY(probing.right, rows),
                                         ELBOW_ARRAY(probing.labels, rows),
                                         ELBOW_ARRAY(probing.mean, width),
                                         ELBOW_ARRAY(probing.scale, width)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a linear probe", error);
    struct elbow_stream stream = {input->seed, ELBOW_PURPOSE_MEASURE, STREAM_ID, 0};
    if (status == ELBOW_OK) {
        struct elbow_permutation order = elbow_permutation_keyed(rows, stream);
        for (size_t i = 0; i < rows; ++i)
            probing.folds[elbow_permutation_at(&order, i)] = i % FOLDS;
    }
    for (size_t fold = 0; status == ELBOW_OK && fold < FOLDS; ++fold)
        status = tell_fold(&probing, fold, error);
    if (status == ELBOW_OK)
        elbow_yardstick_add_mean(figures, "probe_accuracy", rows, probing.right);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}
