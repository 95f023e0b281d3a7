// SPDX-License-Identifier: BSD-3-Clause
// A model with a classifier (M2 of Kingma et al. 2014).
#include "elbow/vae/model.h"

#include <math.h>

// q (classes) from the logits of a row. A NaN among them is one in all of q.
static void find_probabilities(size_t classes, const float *logits, double *q)
{
    double largest = -INFINITY, sum = 0;
    for (size_t y = 0; y < classes; ++y)
        largest = (double)logits[y] > largest ? (double)logits[y] : largest;
    for (size_t y = 0; y < classes; ++y) {
        q[y] = exp((double)logits[y] - largest);
        sum += q[y];
    }
    for (size_t y = 0; y < classes; ++y)
        q[y] /= sum;
}

void elbow_model_classify(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          float *probabilities)
{
    ELBOW_CHECK(model->classes > 1 && microbatch.rows > 0 && microbatch.rows <= model->rows_max);
    ELBOW_CHECK(microbatch.values && probabilities);
    size_t classes = model->classes;
    elbow_network_about(&model->classifier, 0, &microbatch.about);
    const float *logits =
        elbow_network_forward(&model->classifier, parameters, microbatch.rows, elbow_microbatch_inputs(&microbatch));
    for (size_t i = 0; i < microbatch.rows; ++i) {
        double *q = model->q + i * classes;
        find_probabilities(classes, logits + i * classes, q);
        for (size_t y = 0; y < classes; ++y)
            probabilities[i * classes + y] = (float)q[y];
    }
}
