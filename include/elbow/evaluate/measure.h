// SPDX-License-Identifier: BSD-3-Clause
// The measures of an evaluation: a table with one row per measure (elbow/config/kinds.h), whose functions are in
// src/evaluate/measure/<word>.c.
//
// A measure computes a vector of doubles for each microbatch, and figures from the sum of these vectors over the whole
// dataset. The evaluator adds the vectors along the tree, so the figures have the same bits on any number of ranks. The
// vector of a microbatch depends on that microbatch alone. A NaN in a row reaches the figures.
#ifndef ELBOW_EVALUATE_MEASURE_H
#define ELBOW_EVALUATE_MEASURE_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// The constants of all microbatches. Nothing is owned.
struct elbow_measure_plan {
    const struct elbow_evaluation_request *request;
    size_t latent;
    const int64_t *classes; // [class_count] the distinct labels, sorted
    size_t class_count;     // 0: no figures per class
    const double *means;    // (D) over the dataset, if the deviance is requested; NULL: no comparison with them
};

// One evaluated microbatch. A measure may write to collated.noise and to the arrays that are marked as workspace, and
// to nothing else. Everything is owned except the plan.
struct elbow_measured {
    const struct elbow_measure_plan *plan;
    uint64_t first; // row of the dataset
    size_t rows;
    struct elbow_collation collation;
    struct elbow_collated collated;
    struct elbow_microbatch microbatch; // its arrays are those of `collated`
    float *head;                        // (rows, head of the model)
    double *recon, *kl;                 // (rows)
    float *q;                           // (rows, C): q(y|x) of a classifier, or NULL
    double *statistics;                 // statistics of the model, with moments
    struct elbow_importance *weights;   // (rows): workspace
    float *outputs;                     // (rows, D, outputs of a value): workspace, if the plan has means
    float *at_means;                    // (D, outputs of a value): workspace for the means
    double *deviances;                  // (2, rows): workspace for the deviance
    float *z, *reconstructions; // (rows, Z), (rows, D): latents and reconstructions, workspace of elbow_measured_decode
                                // (hide, corrupt, decodes, or no KL)
    float *turned;              // (D): workspace, if they are corrupted
    double *scaled;             // (2, D): workspace, if values are hidden or `decodes` is set
    struct elbow_kl_block *block; // workspace for the parts of the KL
};

// Local. Allocates memory for microbatches of up to `rows` samples. MEMORY. The caller destroys *measured, also after a
// failure.
enum elbow_status elbow_measured_create(const struct elbow_measure_plan *plan, size_t rows,
                                        struct elbow_measured *measured, struct elbow_error *error);

// Local. Evaluates rows [first, first + rows) of the dataset.
void elbow_measured_evaluate(struct elbow_measured *measured, uint64_t first, size_t rows);

// Local. Sets the sizes of the rows in the model, if a likelihood has sizes.
void elbow_measured_set_sizes(const struct elbow_measured *measured);

// Local. Writes the means of q(z|x) into z and the means of p(x|z) there into `reconstructions`. Overwrites earlier
// results.
void elbow_measured_decode(const struct elbow_measured *measured);

// Local. A zeroed struct is legal.
void elbow_measured_destroy(struct elbow_measured *measured);

struct elbow_measure {
    // The figures that `conclude` sets for the whole dataset, and those that `row` writes for a sample, in the order of
    // `elbow encode`. Both lists end with ELBOW_FIGURES. rows NULL: none.
    const enum elbow_figure_kind *figures, *rows;
    // Local. The length of the vector; 0 if the measure is not requested.
    size_t (*width)(const struct elbow_measure_plan *plan);
    // Local. Overwrites `sums` with the vector of a microbatch. Not called for a width of 0.
    void (*microbatch)(const struct elbow_measured *measured, double *sums);
    // Local. Writes the figures of row i of the microbatch of the last call of `microbatch`. NULL: none.
    void (*row)(const struct elbow_measured *measured, size_t i, double *figures);
    // Local. Computes the figures from the sum over all microbatches of `samples` rows. Memory that it allocates
    // belongs to the evaluation.
    enum elbow_status (*conclude)(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                  struct elbow_evaluation *evaluation, struct elbow_error *error);
};

// Local. The most probable class of q(y|x) (classes); the first one of equals.
static inline size_t elbow_likeliest_class(const float *q, size_t classes)
{
    size_t best = 0;
    for (size_t y = 1; y < classes; ++y)
        best = q[y] > q[best] ? y : best;
    return best;
}

// Local. The row of a kind.
const struct elbow_measure *elbow_measure_row(enum elbow_measure_kind kind);

// Local. Whether the model has a figure of a measure's list: without a KL it lacks those of the KL.
static inline bool elbow_measure_gives(const struct elbow_measure_plan *plan, enum elbow_figure_kind kind)
{
    return plan->request->model->prior != NULL || (elbow_figure_row(kind)->where & ELBOW_FIGURE_OF_KL) == 0;
}

// Local. The concatenated vectors of all measures: their total length, the vector of a microbatch, and the figures from
// the sum over all microbatches.
size_t elbow_measures_width(const struct elbow_measure_plan *plan);
void elbow_measures_microbatch(const struct elbow_measured *measured, double *sums);
enum elbow_status elbow_measures_conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                          struct elbow_evaluation *evaluation, struct elbow_error *error);

ELBOW_C_END

#endif
