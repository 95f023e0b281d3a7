// SPDX-License-Identifier: BSD-3-Clause
// A model with a classifier (M2 of Kingma et al. 2014). With L(x, y) the objective under the class y, and p(y) = 1 / C
// for each of C classes, a row of weight w has
//   of an unknown class   w sum_y q(y|x) (L(x, y) + log p(y) - log q(y|x))                      (eq. 7)
//   of a known class y    w (L(x, y) + log p(y) + alpha N / (rows of known class) log q(y|x))   (eq. 6, 9)
// All classes are summed, none is drawn. The gradient by the logit of a class k is w times
//   q(k|x) (V_k - sum_y q(y|x) V_y), V_y = L(x, y) - log q(y|x), or alpha N / (...) ([k = y] - q(k|x)).
//
// The KL of y is sum_y share_y log(share_y / p(y)), where the share of a known class is 1: log C.
#include "elbow/vae/detail/classes.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum elbow_status elbow_classes_create(struct elbow_model *model, size_t slots, struct elbow_error *error)
{
    size_t heads = elbow_model_has_classes(model) ? slots * elbow_model_heads(model) : 0;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(model->log_q, heads), ELBOW_ARRAY(model->class_shares, heads),
                                         ELBOW_ARRAY(model->head_weights, heads)};
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the classes of rows", error);
}

void elbow_classes_destroy(struct elbow_model *model)
{
    elbow_release(&model->log_q);
    elbow_release(&model->class_shares);
    elbow_release(&model->head_weights);
}

size_t elbow_classes_bytes(const struct elbow_model *model)
{
    size_t heads = elbow_model_has_classes(model) ? model->slots * elbow_model_heads(model) : 0;
    return heads * (2 * sizeof(double) + sizeof(float));
}

// log q(y|x) of a row, its classes `stride` apart. A NaN among the logits is one in all of them.
static void find_log_q(size_t classes, const float *logits, size_t stride, double *log_q)
{
    double largest = -INFINITY, sum = 0;
    for (size_t y = 0; y < classes; ++y)
        largest = (double)logits[y] > largest ? (double)logits[y] : largest;
    for (size_t y = 0; y < classes; ++y)
        sum += exp((double)logits[y] - largest);
    for (size_t y = 0; y < classes; ++y)
        log_q[y * stride] = (double)logits[y] - largest - log(sum);
}

// The known class of a row; -1: it has none.
static int64_t class_of(const struct elbow_model *model, const int64_t *labels, size_t row)
{
    int64_t label = labels != NULL ? labels[row] : -1;
    ELBOW_CHECK(label < (int64_t)model->classes);
    return label;
}

void elbow_classes_weigh(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                         const int64_t *labels)
{
    size_t rows = microbatch->rows, first = slot * elbow_model_heads(model);
    const float *logits = elbow_network_output(&model->classifier, slot);
    for (size_t i = 0; i < rows; ++i) {
        int64_t label = class_of(model, labels, i);
        find_log_q(model->classes, logits + i * model->classes, rows, model->log_q + first + i);
        for (size_t y = 0; y < model->classes; ++y) {
            size_t head = first + y * rows + i;
            model->class_shares[head] = label < 0 ? exp(model->log_q[head]) : (int64_t)y == label ? 1 : 0;
            model->head_weights[head] = (float)(elbow_microbatch_weight(microbatch, i) * model->class_shares[head]);
        }
    }
}

const float *elbow_classes_weights(const struct elbow_model *model, size_t slot,
                                   const struct elbow_microbatch *microbatch)
{
    return elbow_model_has_classes(model) ? model->head_weights + slot * elbow_model_heads(model) : microbatch->weights;
}

size_t elbow_classes_best(const struct elbow_model *model, size_t slot, size_t rows, size_t row)
{
    const double *log_q = model->log_q + slot * elbow_model_heads(model) + row;
    size_t best = 0;
    for (size_t y = 1; y < model->classes; ++y)
        best = log_q[y * rows] > log_q[best * rows] ? y : best;
    return best;
}

void elbow_classes_note(const struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                        const int64_t *labels, double classifier, double *statistics, double *sums, double *kl)
{
    size_t rows = microbatch->rows, first = slot * elbow_model_heads(model);
    for (size_t i = 0; i < rows && elbow_model_has_classes(model); ++i) {
        const double *log_q = model->log_q + first + i;
        int64_t known = class_of(model, microbatch->labels, i), label = class_of(model, labels, i);
        double of_class = log((double)model->classes), gain = label < 0 ? 0 : classifier * log_q[(size_t)label * rows];
        for (size_t y = 0; y < model->classes && label < 0; ++y)
            of_class += model->class_shares[first + y * rows + i] * log_q[y * rows];
        statistics[ELBOW_STATISTIC_KL] += of_class;
        statistics[ELBOW_STATISTIC_OBJECTIVE] += elbow_microbatch_weight(microbatch, i) * (gain - of_class);
        sums[ELBOW_CLASSES_KL] += of_class;
        sums[ELBOW_CLASSES_RIGHT] += known >= 0 && elbow_classes_best(model, slot, rows, i) == (size_t)known ? 1 : 0;
        sums[ELBOW_CLASSES_KNOWN] += known >= 0 ? 1 : 0;
        if (kl != NULL)
            kl[i] += of_class;
    }
}

void elbow_classes_train(const struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch,
                         double classifier, const double *value)
{
    size_t rows = microbatch->rows, classes = model->classes, first = slot * elbow_model_heads(model);
    if (!elbow_model_has_classes(model)) // there is no output
        return;
    float *gradient = elbow_network_output(&model->classifier, slot);
    for (size_t i = 0; i < rows; ++i) {
        const double *log_q = model->log_q + first + i;
        int64_t label = class_of(model, microbatch->labels, i);
        double weight = elbow_microbatch_weight(microbatch, i), mean = 0;
        for (size_t y = 0; y < classes && label < 0; ++y)
            mean += exp(log_q[y * rows]) * (value[y * rows + i] - log_q[y * rows]);
        for (size_t y = 0; y < classes; ++y) {
            double q = exp(log_q[y * rows]), is_it = (int64_t)y == label ? 1 : 0;
            double derivative =
                label < 0 ? q * (value[y * rows + i] - log_q[y * rows] - mean) : classifier * (is_it - q);
            gradient[i * classes + y] = (float)(-weight * derivative);
        }
    }
}

void elbow_classes_forward(struct elbow_model *model, const float *parameters,
                           const struct elbow_microbatch *microbatch)
{
    if (!elbow_model_has_classes(model))
        return;
    elbow_network_forward(&model->classifier, parameters, microbatch->rows, elbow_microbatch_inputs(microbatch));
    elbow_classes_weigh(model, 0, microbatch, NULL);
}

static void classify(struct elbow_model *model, const float *parameters, const struct elbow_microbatch *microbatch)
{
    ELBOW_CHECK(elbow_model_has_classes(model) && microbatch->rows > 0 && microbatch->rows <= model->rows_max);
    ELBOW_CHECK(microbatch->values);
    elbow_network_about(&model->classifier, 0, &microbatch->about);
    elbow_classes_forward(model, parameters, microbatch);
}

void elbow_model_classify(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          float *probabilities)
{
    classify(model, parameters, &microbatch);
    for (size_t k = 0; k < microbatch.rows * model->classes; ++k)
        probabilities[k] = (float)model->class_shares[k % model->classes * microbatch.rows + k / model->classes];
}

static void condition_row(const struct elbow_model *model, const struct elbow_microbatch *microbatch, size_t row,
                          size_t class, float *condition)
{
    size_t given = model->conditions - model->classes;
    memset(condition, 0, model->conditions * sizeof *condition);
    if (given > 0 && microbatch->about.condition != NULL)
        memcpy(condition, microbatch->about.condition + row * given, given * sizeof *condition);
    condition[given + class] = 1;
}

void elbow_classes_fill(const struct elbow_model *model, const struct elbow_microbatch *microbatch, size_t class,
                        float *condition)
{
    for (size_t i = 0; i < microbatch->rows; ++i)
        condition_row(model, microbatch, i, class, condition + i * model->conditions);
}

void elbow_classes_tell(struct elbow_model *model, const struct elbow_microbatch *microbatch, int64_t number)
{
    size_t rows = microbatch->rows;
    for (size_t i = 0; i < rows; ++i)
        condition_row(model, microbatch, i, number >= 0 ? (size_t)number : elbow_classes_best(model, 0, rows, i),
                      model->condition + i * model->conditions);
}

void elbow_classes_settle(struct elbow_model *model, const struct elbow_microbatch *microbatch)
{
    size_t rows = microbatch->rows, width = model->outputs;
    float *y = elbow_network_output(&model->decoder, 0);
    for (size_t i = 0; i < rows; ++i) {
        size_t head = elbow_classes_best(model, 0, rows, i) * rows + i;
        memmove(y + i * width, y + head * width, width * sizeof *y);
        model->recon[i] = model->recon[head];
    }
    elbow_classes_tell(model, microbatch, -1);
}

const float *elbow_model_encode_as(struct elbow_model *model, const float *parameters,
                                   const struct elbow_microbatch *microbatch, int64_t number)
{
    struct elbow_about about = microbatch->about;
    ELBOW_CHECK(elbow_model_has_classes(model) && microbatch->rows > 0 && microbatch->rows <= model->rows_max);
    if (number < 0)
        classify(model, parameters, microbatch);
    elbow_classes_tell(model, microbatch, number);
    about.condition = model->condition;
    elbow_network_about(&model->encoder, 0, &about);
    return elbow_network_forward(&model->encoder, parameters, microbatch->rows, elbow_microbatch_inputs(microbatch));
}
