// SPDX-License-Identifier: BSD-3-Clause
// The VAE: encoder, latent variables, decoder, likelihood; forward and backward over one microbatch.
//
// Tensors: encoder.0/weight, ..., encoder.head/{weight,bias} (the posterior's outputs: mean, then log_variance: 2Z; of
// a deterministic one mean: Z), decoder.0/..., decoder.head/... (the outputs of all values), and the numbers that
// likelihoods and the prior train beside the networks: their gradients are complete first, and come last. Those of a
// single likelihood of all values are called likelihood/...; those of part 1 (from 0) of several: likelihood/1/...
//
// Classes: with a classifier q(y|x) (classifier.0/..., classifier.head/...: the logits of C classes, after the
// decoder), the class, one of C, is the last part of the condition of encoder and decoder (Kingma et al. 2014, M2).
//
// Parts: the columns of a sample's values may belong to several likelihoods, each with its own number of outputs per
// value. The outputs of a row are those of its values, in the order of the columns.
//
// A model computes in its own memory: one thread at a time may use it, and uses the threads of elbow/math/threads.h.
// Arguments overlap neither each other nor the model's memory, unless a function says so.
#ifndef ELBOW_VAE_MODEL_H
#define ELBOW_VAE_MODEL_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/math/microbatch.h"
#include "elbow/nn/network.h"
#include "elbow/vae/likelihood.h"
#include "elbow/vae/objective.h"
#include "elbow/vae/posterior.h"
#include "elbow/vae/prior.h"

ELBOW_C_BEGIN

// The values of a sample that one likelihood scores: all, or some columns.
struct elbow_model_part {
    const struct elbow_likelihood *likelihood;
    struct elbow_likelihood_options options;
    size_t values, outputs; // columns; decoder outputs of each
    struct elbow_ranges ranges;
    const size_t *columns; // (values) columns of the ranges, rising; NULL: all
    struct elbow_shared_numbers {
        size_t offset, count; // in the arena; count 0: there are none
        bool is_per_value;    // one belongs to each value
    } shared;                 // that the likelihood trains beside the networks
    size_t figures;           // numbers of p(x|z) that it reports
    size_t notes;             // their start in the notes of a row; their weight follows
    enum elbow_size size;     // the total of which the means of a row are shares
    bool settles;             // shared follows in closed form
};

// The sums of the means of decoded rows, if a likelihood has a size. Arrays belong to the caller.
struct elbow_model_sizes {
    const float *x;      // (rows, D): totals of rows; NULL: none, use `mean`
    const float *known;  // (rows, D): the known values; NULL: all
    const double *sizes; // (rows): from the data; NULL: `size`
    double total;        // without an x; 0: the mean times the number of values
    double mean;         // of a value; 0 or not finite: totals are 1
    double size;         // without sizes; 0 or not finite: 1
};

// The columns of several parts, and a workspace for values that are scored separately.
struct elbow_gathering {
    size_t rows;     // rows whose values the workspace can hold
    size_t *columns; // (D): columns of the parts, one part after the other; NULL: there is one part
    size_t *offsets; // (D): start of the outputs of a value in a row; NULL: all values have the same number
    size_t *picked;  // (D): values of a part
    float *x, *y;    // (rows, most values of a part), (rows, most outputs of a part)
    float *known;    // (D)
    float *shared;   // like the model's dshared
    double *recon;   // (rows_max)
    double *figures; // (rows_max, most figures of a part)
    double *moments; // (D), of several parts
};

struct elbow_model {
    size_t values, latent; // D, Z
    size_t components;     // of a mixture of the prior
    size_t conditions;     // C: numbers of the condition of a row, including its class; 0: none
    size_t classes;        // of a classifier; 1: there is none
    size_t outputs;        // of the decoder, for a row
    size_t head;           // outputs of the posterior
    const struct elbow_objective *objective;
    const struct elbow_posterior *posterior;
    const struct elbow_prior *prior; // NULL: the posterior has no KL to one
    size_t part_count;
    struct elbow_model_part parts[ELBOW_PARTS_MAX];
    size_t notes;  // of a row: for each part with figures these, times its weight, and the weight
    size_t extras; // the objective's figures, at the end of the statistics
    enum elbow_figure_kind extra_figures[ELBOW_OBJECTIVE_FIGURES];
    size_t coupling; // doubles of terms that couple rows
    size_t settling; // doubles of a batch that determine trained numbers in closed form; 0: none
    struct elbow_prior_numbers {
        size_t count, offsets[ELBOW_PRIOR_TENSORS]; // in the arena, after all others
    } prior_tensors;                                // that the prior trains
    struct elbow_pseudo_inputs {
        size_t count, inputs;         // K rows of `inputs` values; 0: the prior encodes none
        size_t tensor;                // their place in the arena
        size_t first, heads;          // after them: the gradient with respect to their heads (K, head), and its size
        size_t encoder_end;           // of the encoder's tensors in the arena
        float low, high;              // the range of the encoder's input
        size_t rows;                  // rows that it processes at a time
        struct elbow_network encoder; // with memory for these
        float *x, *dx;                // (rows, inputs); owned
        float *head;                  // (K, head), of elbow_model_begin; owned
        float *dhead;                 // (rows, head); owned
        float *gradient;              // [encoder_end], if not all rows are processed at once; owned
    } pseudo;
    struct elbow_parameters parameters;
    struct elbow_network encoder, decoder, classifier; // the last without layers: none
    size_t rows_max, slots;
    size_t copies, draws;             // of a row that are encoded: one per class; of z for each of these
    float *z, *kl, *dz, *dhead;       // (slots, points, Z) ... (slots, heads, head); owned
    double *recon, *objectives;       // (slots, points), (slots, heads); owned
    double *noted;                    // (slots, points, notes); owned
    float *shares, *worth;            // (slots, points): elbow_pass; NULL: there is one draw; owned
    uint64_t *ids;                    // (slots, points): the decoder's elbow_about, likewise; owned
    float *block_conditions;          // (slots, points, C): likewise; owned
    double *log_q, *class_shares;     // (slots, heads): of classes, log q(y|x) and shares; NULL: none; owned
    float *head_weights;              // (slots, heads): of classes, shares times weights; owned
    double *workspace;                // (heads, Z + head), for one pass at a time, like the following; owned
    double *dheads;                   // (heads, head): sums over draws; NULL: there is one; owned
    double *scores;                   // (points): elbow_pass; NULL: the objective has none; owned
    double *tail;                     // the numbers after the networks: sums over blocks; NULL: there is one; owned
    double *coupled;                  // [coupling] likewise; owned
    double *prior_workspace;          // likewise; owned
    struct elbow_model_sizes sizing;  // of the rows that are decoded
    double *sizes;                    // (parts, rows_max): resolved sizes; owned
    float *condition;                 // (rows_max, C) of the decoded rows; owned
    float *dshared;                   // of a row: the maximum of a part; owned
    struct elbow_gathering gathering; // owned
    struct elbow_track *track;        // track of training (elbow/base/trace.h); NULL: none; not owned
};

// Draws: each row is encoded `copies` times, and z is drawn `draws` times for each of those. Blocks of rows follow each
// other, so that a block is a microbatch of one draw: heads are (copies, rows), points (draws, copies, rows); the noise
// of a microbatch has the same layout, one block of rows for each copy and draw. A likelihood sees one block after the
// other. The information of layers about a row is the same in all of its blocks: in a layer with random numbers of its
// own, all points of a sample use the same ones.
//
// Unknown values (microbatch.known): the likelihood scores the known values of a row, as if it had no others. recon is
// a sum over them, the gradient of the outputs of the others is 0, and nothing reads their stored values, not even NaN.
// A row without any known value has a recon of 0. If means are shares of a total (size: total), total and softmax are
// those of the known values; if the size comes from the data, it does not change, and the softmax is over all values,
// so that the outputs of unknown ones have a gradient. A figure of the likelihood (a variance, a residual) is a mean
// over known values: that of a row has the weight (known values of the part) / (values of the part), so that over any
// rows the residual is the sum of squares divided by the number of known values, and a row without any does not count.
// The same holds for an optimal variance. Rows whose values are all known have the same bits as without `known`.

// The results of a microbatch for each row, if requested (NULL: not). Arrays belong to the caller.
struct elbow_row_results {
    float *head;        // (rows, head): mean, log_variance
    double *recon, *kl; // (rows)
};

// Local. The shape of samples of a dataset for a model: an image (H, W) is (H, W, 1), (H, W, C) stays; if one of its
// layers uses places, a series (T) or (T, C) is (1, T, C), a volume (D, H, W) or (D, H, W, C) is (H, W, C) of depth D;
// everything else is (1, 1, values).
struct elbow_shape elbow_model_sample(const struct elbow_config *config, enum elbow_layout layout, size_t rank,
                                      const uint64_t *shape);

// Local. The shape of the encoder's input for samples of that shape: a mask (model.input.mask) doubles the channels.
struct elbow_shape elbow_model_inputs(const struct elbow_config *config, struct elbow_shape sample);

// Local. A model of samples of that shape, with memory for microbatches of up to rows_max rows (0: it has its tensors,
// but cannot compute). CONFIG if its layers do not fit.
enum elbow_status elbow_model_create_shaped(const struct elbow_config *config, struct elbow_shape sample,
                                            size_t rows_max, struct elbow_model **model, struct elbow_error *error);

// Local. Likewise for samples without a shape: (1, 1, values).
enum elbow_status elbow_model_create(const struct elbow_config *config, size_t values, size_t rows_max,
                                     struct elbow_model **model, struct elbow_error *error);
void elbow_model_destroy(struct elbow_model *model);

// Local. The tensors alone, released with elbow_parameters_clear. Allocates no memory that grows with any size in
// config or sample, so that it is safe for untrusted numbers.
enum elbow_status elbow_model_layout(const struct elbow_config *config, struct elbow_shape sample,
                                     struct elbow_parameters *parameters, struct elbow_error *error);

// Local. The initial values of a run, into values (model->parameters.size floats). data_mean (D), unless NULL, is the
// training mean: the likelihood gives the output bias for it; if the output layer is a convolution, which has one bias
// per channel, for the mean over the channel's places.
void elbow_model_initialize(const struct elbow_model *model, uint64_t seed, const float *data_mean, float *values);

// Local. Whether the likelihood has numbers that start from the training data; then sets them, after
// elbow_model_initialize: mean and variance (D) of each value over the samples. Whether they have, of the model that a
// configuration describes.
bool elbow_model_starts_from_data(const struct elbow_model *model);
bool elbow_model_config_starts_from_data(const struct elbow_config *config);
void elbow_model_start(const struct elbow_model *model, const double *mean, const double *variance, float *values);

// Local. Whether the KL is sampled, because the prior has no closed form for it: log q(z|x) - log p(z) at the draw of
// z. Its parts by dimension add up to it, but mean little for a single dimension.
bool elbow_model_samples_kl(const struct elbow_model *model);

// Local. Doubles of the statistics of this model: those of elbow_statistics_size, followed by the notes (for each part
// its figures times their weight, and the weight), summed over the samples; and without moments, if numbers follow in
// closed form, the sums of the notes times the weight of the sample.
size_t elbow_model_statistics(const struct elbow_model *model, bool moments);

// Local. The first part of them: those of elbow_statistics_size, and those of classes (enum elbow_class_statistic).
size_t elbow_model_sums(const struct elbow_model *model, bool moments);

// Local. Sets the figures of classes, if there are any, from the first part.
void elbow_model_class_figures(const struct elbow_model *model, const double *statistics, bool moments,
                               struct elbow_figures *figures);

// Local. Sets the figures from statistics: those of elbow_statistics_figures, or of the likelihoods. A figure of
// several parts is set for each of them (struct elbow_figures). A figure of no known value is not given.
void elbow_model_figures(const struct elbow_model *model, const double *statistics, bool moments,
                         struct elbow_figures *figures);

// Local. Sets to 0 the figures that not every run has, so that a table can name them: those of parts and of the
// objective.
void elbow_model_own_figures(const struct elbow_model *model, struct elbow_figures *figures);

// Local. Whether there are trained numbers that follow in closed form from the statistics (without moments) of a batch;
// then writes those within [first, first + count) of the arena into values, which start at `first`. They follow from
// the weighted means of the notes; a batch whose weights are all 0 does not change them.
bool elbow_model_settle(const struct elbow_model *model, const double *statistics, size_t first, size_t count,
                        float *values);

// Local. Call it when the parameters have changed, before any function below that uses the prior: encodes the
// pseudo-inputs of the prior. Costs nothing without pseudo-inputs.
void elbow_model_begin(struct elbow_model *model, const float *parameters);

// Local. The backward part, for a prior that encodes (model->pseudo.count > 0). Training leaves the gradient with
// respect to the heads in the arena, pseudo.heads floats from pseudo.first on, where there is no tensor. From their sum
// over a batch this writes the contribution to the gradients of the encoder and of the pseudo-inputs, and nothing else
// of the gradient. The parameters are those of elbow_model_begin.
void elbow_model_finish(struct elbow_model *model, const float *parameters, const float *heads, float *gradient);

// Local. Pseudo-inputs start at rows of the data as the encoder sees them (pseudo.count, pseudo.inputs), moved into the
// range by a hundredth if they are on its border, so that they can be trained; call it after elbow_model_initialize.
void elbow_model_start_pseudo_inputs(const struct elbow_model *model, const float *rows, float *values);

// Local. Forward and backward: the gradient (arena layout; overwritten, padding zero) of minus the objective's sum over
// the rows, each times its weight, and statistics (overwritten, without moments; the objective's is that sum, recon,
// KL and the likelihood's figures are not weighted, and are means over the draws).
void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics);

// Local. Memory for that many microbatches at a time (layerwise.h). MEMORY.
enum elbow_status elbow_model_widen(struct elbow_model *model, size_t slots, struct elbow_error *error);

// Local. The middle of a training pass: the KL of a slot's z; the gradient replaces the decoder's output; statistics as
// above; of the gradient, the padding and the numbers of likelihood and prior.
void elbow_model_score(struct elbow_model *model, size_t slot, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics);

// Local. The likelihood alone, of a first slot's decoded points: the gradient replaces y (points, outputs of a row).
void elbow_model_score_outputs(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                               float *y, float *gradient);

// Local. z of all draws of a microbatch, from the head of a slot; the KL of a pass, which stays 0 if there is none.
void elbow_model_latent(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch);
void elbow_model_kl(struct elbow_model *model, size_t slot, const struct elbow_pass *pass);

// Local. The pass of an objective for a slot's microbatch.
struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t slot, const float *parameters, size_t rows,
                                   const float *noise, struct elbow_terms terms);

// Local. Forward only: statistics with moments (overwritten), and the requested results of each row. With a classifier
// no class is known: they are expectations over q(y|x), except the head, which is that of the most probable class, as
// are the results of other functions for these rows; labels serve to measure the classifier.
void elbow_model_evaluate(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          struct elbow_terms terms, double *statistics, struct elbow_row_results results);

// Local. The outputs (of a row) for which each value has its mean of `means` (D). A likelihood may search for them:
// call it once for all rows.
void elbow_model_outputs_at(const struct elbow_model *model, const double *means, float *outputs);

// Local. For the rows of the last elbow_model_evaluate: the deviance of each, which is the largest log p(x|y) of any y
// minus recon, and that of the same values at their means, whose outputs are `at` (elbow_model_outputs_at); both
// (rows). The outputs that do not determine the mean (a predicted variance) are the model's own in both. Of several
// draws it uses the first. workspace: (rows, outputs of a row). at NULL: only the first, without workspace.
void elbow_model_deviance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          const float *at, float *workspace, double *deviance, double *at_means);

// Local. head (rows, head) of q(z|x) of a microbatch, whose noise is not needed; valid until the next call that encodes
// (train, evaluate, encode), so that decode and importance can use it.
const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch);

// Local. q(y|x) of a microbatch, whose noise and labels are not needed: probabilities (rows, C) that add up to 1.
// Requires a classifier.
void elbow_model_classify(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          float *probabilities);

// Local. Like elbow_model_encode, with all rows under a class; -1: each under its most probable one, as in
// elbow_model_encode. Requires a classifier.
const float *elbow_model_encode_as(struct elbow_model *model, const float *parameters,
                                   const struct elbow_microbatch *microbatch, int64_t class_number);

// Local. Sets the sizes of the rows that are decoded from now on. Until then they are 1. For rows with unknown values,
// the next elbow_model_decode computes the total of all values: that of the known ones divided by their share (it also
// reads x and known).
void elbow_model_set_sizes(struct elbow_model *model, size_t rows, struct elbow_model_sizes sizes);

// Local. Sets the conditions of the rows that are decoded, and whose latents are drawn, from now on: copies of (rows,
// C); NULL: none. elbow_model_encode and elbow_model_evaluate set those of their microbatch.
void elbow_model_set_conditions(struct elbow_model *model, size_t rows, const float *condition);

// Local. mean (rows, D) of p(x|z) for z (rows, Z), which does not change.
void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean);

// Local. The same for the z, the first of several draws, of the rows of the last elbow_model_evaluate or
// elbow_model_importance.
void elbow_model_means(struct elbow_model *model, const float *parameters, size_t rows, float *mean);

// Local. A draw from p(x|z) into x (D), for row `row` of the last elbow_model_decode.
void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x);

// Local. z (rows, Z) from the prior, which must exist: row i with the words of the stream whose id is ids[i]. If the
// prior takes conditions, of at most rows_max rows.
void elbow_model_draw_latent(const struct elbow_model *model, const float *parameters, struct elbow_stream stream,
                             size_t rows, const uint64_t *ids, float *z);

// Local. Adds to importance[i] the log weight of one draw for each row: log p(x|z) + log p(z) - log q(z|x) with z from
// head and microbatch.noise (of one draw, whatever the number of draws of the model). Requires a prior.
void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance);

// Local. Bytes of activations, for a microbatch of rows_max rows in each slot, and of the other workspaces.
size_t elbow_model_bytes(const struct elbow_model *model);

ELBOW_C_END

#endif
