// SPDX-License-Identifier: BSD-3-Clause
// Trained and reported quantities, as sums over samples. elbo = recon - kl always; training maximises objective = recon
// - the cost of the KL.
#ifndef ELBOW_VAE_OBJECTIVE_H
#define ELBOW_VAE_OBJECTIVE_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/config/figures.h"
#include "elbow/vae/posterior.h"
#include "elbow/vae/prior.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Statistics of a set of samples: doubles that add up. [HEAD, HEAD + Z): KL per dimension. With moments also
// [HEAD + Z, HEAD + 2Z): sums of the posterior means, [HEAD + 2Z, HEAD + 3Z): of their squares.
enum elbow_statistic {
    ELBOW_STATISTIC_SAMPLES,
    ELBOW_STATISTIC_RECON,
    ELBOW_STATISTIC_KL,
    ELBOW_STATISTIC_OBJECTIVE,
    ELBOW_STATISTIC_HEAD
};

// The further statistics of a model with a classifier (elbow_model_sums): the sum of the KL of y, the number of samples
// with a known class, and of those with it as their most probable one.
enum elbow_class_statistic { ELBOW_CLASSES_KL, ELBOW_CLASSES_RIGHT, ELBOW_CLASSES_KNOWN, ELBOW_CLASSES_SUMS };

// Local. Doubles of a statistics vector.
size_t elbow_statistics_size(size_t latent, bool moments);

// Local. Sets samples, and the means per sample of objective and recon; if there is a KL, also of kl and elbo: recon -
// kl of the means, so that the three printed figures agree to the last bit.
void elbow_statistics_figures(const double *statistics, bool has_kl, struct elbow_figures *figures);

// Local. Dimensions whose posterior mean varies by more than 0.01 over the samples (active units: Burda et al. 2015,
// section 2; the variance over the set is the population variance). statistics with moments.
size_t elbow_statistics_active(const double *statistics, size_t latent);

// Local. Whether no dimension carries information: kl (latent) means per sample, all below 0.01 nats. A NaN is not a
// collapse.
bool elbow_kl_has_collapsed(const double *kl, size_t latent);

// The weights of the parts of the objective, for one microbatch.
struct elbow_terms {
    double beta;      // of the KL
    double free_bits; // nats of each dimension that cost nothing
    enum elbow_free free_of;
    enum elbow_kl_kind kl;
    enum elbow_estimator gradient;    // of an importance-weighted bound
    double capacity, capacity_weight; // nats, of the step
    struct elbow_kl_parts parts;      // weights
    uint64_t samples;                 // samples of the set of the rows; if less than the rows: the number of rows
    double classifier;                // of log q(y|x) of a row whose class is known, in training
    int penalties;                    // bits by enum elbow_penalty_kind
    struct elbow_penalty_options penalty_options;
    const double *before; // (Z) mean KL of the batch of the previous step; NULL: there was none
};

// Local. The terms of a configuration with the beta of a step, without a previous step.
struct elbow_terms elbow_objective_terms(const struct elbow_config *config, double beta);

// A microbatch in the model, after its samples have been scored. Nothing is owned, and the arrays do not overlap.
struct elbow_pass {
    size_t rows, latent;
    size_t draws; // K of z, each for all rows; 0 counts as 1
    const struct elbow_posterior *posterior;
    const struct elbow_prior *prior;           // NULL: the posterior has no KL, and kl is 0
    size_t components;                         // of a mixture
    size_t conditions;                         // C
    const float *condition;                    // (rows, C); NULL: no conditions
    const float *tensors[ELBOW_PRIOR_TENSORS]; // of the prior; for one that encodes, their heads
    double *prior_workspace;                   // of the prior's calls
    const float *head, *noise, *z, *kl;        // (rows, outputs of the posterior), (K, rows, Z) each
    const double *recon;                       // (K, rows)
    double *scores;                            // (K, rows): results of the objective's score for its share
    float *shares, *worth; // (K, rows): of each draw in the gradient, and times the weight; NULL: a single draw
    const float *weights;  // (rows): of the objective; NULL: all 1
    struct elbow_terms terms;
    double *workspace; // (rows, Z + outputs of the posterior): for score and backward
    double *dheads;    // (rows, outputs of the posterior): sums over draws; NULL with one
    double *coupled;   // of elbow_objective_workspace: for terms that couple rows; NULL: none
    double *notes;     // of elbow_objective_figures: their sums over the rows are added; NULL: not needed
};

// Local. The weight of a row.
static inline double elbow_pass_weight(const struct elbow_pass *pass, size_t row)
{
    return pass->weights != NULL ? (double)pass->weights[row] : 1;
}

// Local. The number of draws, and the pass of one, whose rows have the weight of the draw.
static inline size_t elbow_pass_draws(const struct elbow_pass *pass)
{
    return pass->draws > 0 ? pass->draws : 1;
}
struct elbow_pass elbow_pass_draw(const struct elbow_pass *pass, size_t draw);

// Local. The share of a row of the pass of one draw.
static inline double elbow_pass_share(const struct elbow_pass *pass, size_t row)
{
    return pass->shares != NULL ? (double)pass->shares[row] : 1;
}

// Local. Sets the shares of a pass to equal values; its worth from its shares and weights. A single draw has none.
void elbow_pass_share_alike(const struct elbow_pass *pass);
void elbow_pass_weigh(const struct elbow_pass *pass);

// Local. Calls back for the pass of each draw with its rows of dz; dhead becomes the sum over draws.
typedef void elbow_pass_back(const struct elbow_pass *pass, float *dz, float *dhead);
void elbow_pass_each(const struct elbow_pass *pass, elbow_pass_back *back, float *dz, float *dhead);

// Local. The call of the prior for a pass of one draw.
struct elbow_prior_call elbow_pass_prior(const struct elbow_pass *pass);

// Local. The backward pass through the z of one draw: dhead from price (rows, Z), which is -d value / d KL, and dz, to
// which the KL and the penalties of the terms add. The pass' workspace after its first (rows, Z) is overwritten; price
// may be those.
void elbow_pass_backward(const struct elbow_pass *pass, const double *price, float *dz, float *dhead);

// The costs of the KL, with one draw: a table with a row for each kind (elbow/config/kinds.h), whose functions are in
// src/vae/kl/<word>.c. They have no state.
struct elbow_kl {
    const enum elbow_figure_kind *figures; // that the pass' notes have; ends with ELBOW_FIGURES; NULL: none
    // Local. Doubles of `coupled`. NULL: no term couples rows.
    size_t (*workspace)(size_t rows, size_t latent);
    // Local. cost[i]: nats subtracted from the recon of each row; without its weight.
    void (*cost)(const struct elbow_pass *pass, double *cost);
    // Local. price (rows, Z): d cost / d KL times the row's weight. Of the pass only terms, weights and kl are needed.
    void (*price)(const struct elbow_pass *pass, double *price);
    // Local. The gradient of the weighted sum of cost: the part through z is added to dz (rows, Z), the rest overwrites
    // derivatives (rows, outputs of the posterior), with respect to the head. NULL: that of the prior's KL at its
    // price.
    void (*backward)(const struct elbow_pass *pass, float *dz, double *derivatives);
};

// Local. The row of a kind.
const struct elbow_kl *elbow_kl_row(enum elbow_kl_kind kind);

// Penalties on the latent variables of a microbatch together, with one draw: a table in the same form,
// src/vae/penalty/<word>.c.
struct elbow_penalty {
    const enum elbow_figure_kind *figures; // of its notes
    size_t (*workspace)(size_t rows, size_t latent);
    // Local. The cost of each row of the microbatch; adds its figures, times the rows, to notes unless that is NULL.
    double (*cost)(const struct elbow_pass *pass, double *notes);
    // Local. Adds the gradient of scale times cost to dz and derivatives.
    void (*backward)(const struct elbow_pass *pass, double scale, float *dz, double *derivatives);
};

// Local. The row of a kind.
const struct elbow_penalty *elbow_penalty_row(enum elbow_penalty_kind kind);

// Local. The cost of each row for all penalties of the terms with one draw, with their notes after those of the KL;
// adds their gradient to dz and derivatives.
double elbow_pass_penalty(const struct elbow_pass *pass);
void elbow_pass_pull(const struct elbow_pass *pass, float *dz, double *derivatives);

// Local. The figures of a pass' notes, and their number.
enum { ELBOW_OBJECTIVE_FIGURES = 16 };
size_t elbow_objective_figures(const struct elbow_terms *terms,
                               enum elbow_figure_kind figures[ELBOW_OBJECTIVE_FIGURES]);

// Local. Doubles of a pass' `coupled`; 0: no term couples rows.
size_t elbow_objective_workspace(const struct elbow_terms *terms, size_t rows, size_t latent);

// Objectives: a table with a row for each kind (elbow/config/kinds.h), whose functions are in
// src/vae/objective/<word>.c. They see one microbatch, never a batch, whose rows are independent unless a term couples
// them. They have no state: threads may call them concurrently with arrays of their own.
struct elbow_objective {
    bool has_scores; // score writes the pass' scores
    // Local. value[i]: the objective of each row with all its draws, in nats; without its weight. Its notes are sums
    // over the draws. The pass' workspace is overwritten.
    void (*score)(const struct elbow_pass *pass, double *value);
    // Local. The pass' shares, of several draws: d value / d recon of each, from the scores of score. NULL: all are
    // equal, and known before scoring.
    void (*share)(const struct elbow_pass *pass);
    // Local. price (rows, Z): -d value / d KL times the row's weight, the cost of a nat, of the pass of one draw. Of
    // the pass only terms, weights and kl are needed.
    void (*price)(const struct elbow_pass *pass, double *price);
    // Local. dhead, as the head: the gradient of minus the weighted sum of value by the encoder's head, from dz (K,
    // rows, Z), that of minus the sum of recon times the draw's worth by z, which is overwritten. recon is not needed;
    // the pass' workspace is overwritten.
    void (*backward)(const struct elbow_pass *pass, float *dz, float *dhead);
};

// Local. The row of a kind.
const struct elbow_objective *elbow_objective_row(enum elbow_objective_kind kind);

// Local. beta of a step s (from 0), a pure function: objective.beta times min(1, (s + 1) / warmup); or in cycles of T /
// M steps, times min(1, (r + 1) / (T / M share)), where r is the number of completed steps of the cycle, and 1 after T.
double elbow_objective_beta(const struct elbow_config *config, uint64_t step);

// Local. Whether the objective depends on the KL of the previous step.
bool elbow_objective_looks_back(const struct elbow_config *config);

// Local. The capacity of a step s (from 0), in nats: from + (to - from) min(1, s / steps).
double elbow_objective_capacity(const struct elbow_config *config, uint64_t step);

// Streaming importance-sampled bound (Burda et al. 2015, eq. 8): log (1/K) sum_k w_k from log w_k one by one, in
// double.
struct elbow_importance {
    double largest;     // of the log weights so far
    double sum, square; // of exp(log w - largest), and of its square
    uint64_t count;
};

// Local. A zeroed struct is the start.
void elbow_importance_add(struct elbow_importance *importance, double log_weight);

// Local. log (1/K) sum w, and the effective number of samples (sum w)^2 / sum w^2 (0 if all weights are 0), of at
// least one weight. A NaN among the weights makes both NaN.
double elbow_importance_log_likelihood(const struct elbow_importance *importance);
double elbow_importance_effective(const struct elbow_importance *importance);

ELBOW_C_END

#endif
