// SPDX-License-Identifier: BSD-3-Clause
// What an evaluation measures: a table with a row for each measure, whose functions lie in src/evaluate/measure/<name>.c.
//
// A measure is a vector of doubles that add up: it gives that of a microbatch, and turns that of the whole dataset into
// figures. The evaluator adds the vectors along the tree, so the figures have the same bits on any number of ranks.
#ifndef ELBOW_EVALUATE_DETAIL_MEASURE_H
#define ELBOW_EVALUATE_DETAIL_MEASURE_H

#include "elbow/evaluate/evaluator.h"

// X(name). The order is that of the parts of the vector.
#define ELBOW_MEASURE_LIST(X)                                                                                          \
    X(elbo)                                                                                                            \
    X(importance)                                                                                                      \
    X(classes)

// What is the same for all microbatches. Nothing is owned.
struct elbow_measure_plan {
    const struct elbow_evaluation_request *request;
    size_t latent;
    const int64_t *classes; // the distinct labels, sorted
    size_t class_count;     // 0: no figures for each class
};

// One evaluated microbatch. Nothing is owned.
struct elbow_measured {
    const struct elbow_measure_plan *plan;
    uint64_t first; // row of the dataset
    size_t rows;
    const uint64_t *ids;
    const float *values, *head;       // (rows, D), (rows, 2Z)
    const double *recon, *kl;         // (rows)
    const double *statistics;         // with moments
    float *noise;                     // (rows, Z): room
    struct elbow_importance *weights; // (rows): room
};

struct elbow_measure {
    // Local. Doubles of the vector; 0 where the request does not ask for the measure.
    size_t (*width)(const struct elbow_measure_plan *plan);
    // Local. The vector of a microbatch, overwritten. Not called for a width of 0.
    void (*microbatch)(const struct elbow_measured *measured, double *sums);
    // Local. The figures of the sum over all microbatches of `samples` rows. What it allocates the evaluation owns.
    enum elbow_status (*conclude)(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error);
};

#define ELBOW_MEASURE_DECLARE(name) extern const struct elbow_measure elbow_measure_##name;
ELBOW_MEASURE_LIST(ELBOW_MEASURE_DECLARE)

#endif
