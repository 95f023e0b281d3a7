// SPDX-License-Identifier: BSD-3-Clause
// What an evaluation measures: a table with a row for each measure (elbow/config/kinds.h), whose functions lie in
// src/evaluate/measure/<word>.c.
//
// A measure is a vector of doubles that add up: it gives that of a microbatch, and turns that of the whole dataset into
// figures. The evaluator adds the vectors along the tree, so the figures have the same bits on any number of ranks. The
// vector of a microbatch depends on that microbatch alone, and a NaN in a row arrives in the figures.
#ifndef ELBOW_EVALUATE_MEASURE_H
#define ELBOW_EVALUATE_MEASURE_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// What is the same for all microbatches. Nothing is owned.
struct elbow_measure_plan {
    const struct elbow_evaluation_request *request;
    size_t latent;
    const int64_t *classes; // the distinct labels, sorted
    size_t class_count;     // 0: no figures for each class
    const double *means; // (D) over the dataset, where the deviance is asked for; NULL: nothing is compared with them
};

// One evaluated microbatch. A measure may write into collated.noise and what is called room here, and into nothing
// else. Everything is owned but the plan.
struct elbow_measured {
    const struct elbow_measure_plan *plan;
    uint64_t first; // row of the dataset
    size_t rows;
    struct elbow_collation collation;
    struct elbow_collated collated;
    struct elbow_microbatch microbatch; // its arrays are those of `collated`
    float *head;                        // (rows, head of the model)
    double *recon, *kl;                 // (rows)
    float *q;                           // (rows, C): q(y|x) of a classifier, where there is one
    double *statistics;                 // with moments
    struct elbow_importance *weights;   // (rows): room
    float *outputs;                     // (rows, D, outputs of a value): room, where the plan has means
    float *at_means;                    // (D, outputs of a value): likewise, of these
    double *deviances;                  // (2, rows): room, where the deviance is asked for
    float *z, *told;                    // (rows, Z), (rows, D): room, where decoded (hide, corrupt, decodes; no KL)
    float *turned;                      // (D): room, where they are corrupted
    double *scaled;                     // (2, D): room, where they are hidden, or decoded by request
    struct elbow_kl_block *block;       // room, where the parts of the KL are asked for
};

// Local. Room for a microbatch of `rows` samples; a failure leaves something to destroy.
enum elbow_status elbow_measured_create(const struct elbow_measure_plan *plan, size_t rows,
                                        struct elbow_measured *measured, struct elbow_error *error);

// Local. Evaluates rows [first, first + rows) of the dataset.
void elbow_measured_evaluate(struct elbow_measured *measured, uint64_t first, size_t rows);

// Local. What the model's totals of the rows follow from, where a likelihood has such.
void elbow_measured_set_sizes(const struct elbow_measured *measured);

// Local. Leaves in z the means of q(z|x), in told the means of p(x|z) there. What was decoded before is lost.
void elbow_measured_decode(const struct elbow_measured *measured);

// Local. A zeroed struct is legal.
void elbow_measured_destroy(struct elbow_measured *measured);

struct elbow_measure {
    // The figures that conclude sets of the whole dataset, and those that row gives of a sample, in the order of `elbow
    // encode`; both end with ELBOW_FIGURES. rows NULL: none.
    const enum elbow_figure_kind *figures, *rows;
    // Local. Doubles of the vector; 0 where the request does not ask for the measure.
    size_t (*width)(const struct elbow_measure_plan *plan);
    // Local. The vector of a microbatch, overwritten. Not called for a width of 0.
    void (*microbatch)(const struct elbow_measured *measured, double *sums);
    // Local. The figures of row i of the microbatch that `microbatch` has seen last. NULL where there are none.
    void (*row)(const struct elbow_measured *measured, size_t i, double *figures);
    // Local. The figures of the sum over all microbatches of `samples` rows. What it allocates the evaluation owns.
    enum elbow_status (*conclude)(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error);
};

// Local. The likeliest of the classes of q(y|x) (classes); the first of several.
static inline size_t elbow_likeliest_class(const float *q, size_t classes)
{
    size_t best = 0;
    for (size_t y = 1; y < classes; ++y)
        best = q[y] > q[best] ? y : best;
    return best;
}

// Local. The row of a kind.
const struct elbow_measure *elbow_measure_row(enum elbow_measure_kind kind);

// Local. Whether a figure of a measure's list is one of the model: without a KL those of one are not.
static inline bool elbow_measure_gives(const struct elbow_measure_plan *plan, enum elbow_figure_kind kind)
{
    return plan->request->model->prior != NULL || (elbow_figure_row(kind)->where & ELBOW_FIGURE_OF_KL) == 0;
}

// Local. The vectors of all measures, one behind the other: their width, that of a microbatch, and what the sum over
// all microbatches says.
size_t elbow_measures_width(const struct elbow_measure_plan *plan);
void elbow_measures_microbatch(const struct elbow_measured *measured, double *sums);
enum elbow_status elbow_measures_conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                          struct elbow_evaluation *evaluation, struct elbow_error *error);

ELBOW_C_END

#endif
