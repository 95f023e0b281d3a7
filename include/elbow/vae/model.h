// SPDX-License-Identifier: BSD-3-Clause
// The VAE: encoder, latent variables, decoder, likelihood; forward and backward over one microbatch.
//
// Tensors: encoder.0/weight, ..., encoder.head/{weight,bias} (mean, then log_variance: 2Z), decoder.0/...,
// decoder.head/... (D times the likelihood's outputs of a value), and what the likelihood and the prior train beside
// the networks: their gradients are complete first, and lie last.
//
// A model computes in its own memory: one thread at a time may use it, and each uses the threads of
// elbow/math/threads.h. Arrays that a function takes overlap neither each other nor the model's memory, unless it says
// so.
#ifndef ELBOW_VAE_MODEL_H
#define ELBOW_VAE_MODEL_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/math/microbatch.h"
#include "elbow/nn/network.h"
#include "elbow/vae/latent.h"
#include "elbow/vae/likelihood.h"
#include "elbow/vae/objective.h"
#include "elbow/vae/prior.h"

ELBOW_C_BEGIN

struct elbow_model {
    size_t values, latent; // D, Z
    const struct elbow_objective *objective;
    const struct elbow_likelihood *likelihood;
    const struct elbow_prior *prior;
    struct elbow_likelihood_options options;
    struct elbow_shared_numbers {
        size_t offset, count; // in the arena; count 0: there are none
    } shared;                 // that the likelihood trains beside the networks
    size_t notes;             // the likelihood's figures
    size_t settling;          // doubles of a batch from which trained numbers follow in closed form; 0: none do
    struct elbow_prior_numbers {
        size_t count, offsets[ELBOW_PRIOR_TENSORS]; // in the arena, behind all others
    } prior_tensors;                                // that the prior trains
    struct elbow_parameters parameters;
    struct elbow_network encoder, decoder;
    size_t rows_max, lanes;
    float *z, *kl, *dz, *dhead; // (lanes, rows_max, Z) ... (lanes, rows_max, 2Z); owned
    double *recon, *objectives; // (lanes, rows_max); owned
    double *noted;              // (lanes, rows_max, notes); owned
    double *room;               // (rows_max, 3Z), for one pass at a time; owned
    double *sizes;              // (rows_max) of the rows that are decoded; owned
    float *dshared;             // [shared.count], of a row; owned
    struct elbow_track *track;  // where training is noted (elbow/base/trace.h); NULL: nowhere; not owned
};

// What a microbatch gives for each row, where asked for (NULL: not). Arrays belong to the caller.
struct elbow_row_results {
    float *head;        // (rows, 2Z): mean, log_variance
    double *recon, *kl; // (rows)
};

// Local. How a model sees samples of a dataset: an image (H, W) is (H, W, 1), (H, W, C) stays, and all else is (1, 1,
// values).
struct elbow_shape elbow_model_sample(enum elbow_layout layout, size_t rank, const uint64_t *shape);

// Local. A model of samples of that shape, with room for microbatches of up to rows_max rows (0: it has its tensors,
// and cannot compute). CONFIG if its layers do not fit.
enum elbow_status elbow_model_create_shaped(const struct elbow_config *config, struct elbow_shape sample,
                                            size_t rows_max, struct elbow_model **model, struct elbow_error *error);

// Local. Likewise for samples without a shape: (1, 1, values).
enum elbow_status elbow_model_create(const struct elbow_config *config, size_t values, size_t rows_max,
                                     struct elbow_model **model, struct elbow_error *error);
void elbow_model_destroy(struct elbow_model *model);

// Local. The tensors alone, given back with elbow_parameters_clear. Takes no memory that grows with any size in config
// or sample, so that it can be asked about numbers that nobody vouches for.
enum elbow_status elbow_model_layout(const struct elbow_config *config, struct elbow_shape sample,
                                     struct elbow_parameters *parameters, struct elbow_error *error);

// Local. The start of a run, into values (model->parameters.size floats). data_mean (D), unless NULL, is the training
// mean: the output bias becomes what the likelihood has for it; where the output layer is a convolution, which has one
// bias a channel, the mean over the channel's places.
void elbow_model_initialize(const struct elbow_model *model, uint64_t seed, const float *data_mean, float *values);

// Local. Whether the likelihood has numbers that start where the training data say; then puts them there, behind
// elbow_model_initialize: mean and variance (D) of each value over the samples.
bool elbow_model_starts_from_data(const struct elbow_model *model);
void elbow_model_start(const struct elbow_model *model, const double *mean, const double *variance, float *values);

// Local. Doubles of the statistics of this model: those of elbow_statistics_size, behind them what the likelihood
// notes of its figures, summed over the samples; and without moments, where numbers settle, the sums over the samples
// of those notes times the weight, and of the weights.
size_t elbow_model_statistics(const struct elbow_model *model, bool moments);

// Local. Sets the figures that statistics tell: those of elbow_statistics_figures, or of the likelihood.
void elbow_model_figures(const struct elbow_model *model, const double *statistics, bool moments,
                         struct elbow_figures *figures);

// Local. Whether there are trained numbers that follow in closed form from the statistics (without moments) of a batch;
// then writes those of them that lie in [first, first + count) of the arena, into values, which begin at `first`. They
// follow from the weighted means of the notes; a batch whose weights are all 0 leaves them as they are.
bool elbow_model_settle(const struct elbow_model *model, const double *statistics, size_t first, size_t count,
                        float *values);

// Local. Forward and backward: the gradient (arena layout; overwritten, padding zero) of minus the objective's sum over
// the rows, each times its weight, and statistics (overwritten, without moments; the objective's is that sum, recon,
// KL and the likelihood's figures are not weighted).
void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics);

// Local. Room for that many microbatches at a time (layerwise.h). MEMORY.
enum elbow_status elbow_model_widen(struct elbow_model *model, size_t lanes, struct elbow_error *error);

// Local. The middle of a training pass: the KL of a lane's z, and the decoder's output becomes its gradient; statistics
// as above; of the gradient the padding, and that of the numbers of likelihood and prior.
void elbow_model_score(struct elbow_model *model, size_t lane, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics);

// Local. What an objective sees of a lane's microbatch.
struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t lane, const float *parameters, size_t rows,
                                   const float *noise, struct elbow_terms terms);

// Local. Forward only: statistics with moments (overwritten), and what is wanted of each row.
void elbow_model_evaluate(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          struct elbow_terms terms, double *statistics, struct elbow_row_results results);

// Local. The outputs (D, outputs of a value) that give each value its mean of `means` (D). A likelihood may search for
// them: once for all rows.
void elbow_model_outputs_at(const struct elbow_model *model, const double *means, float *outputs);

// Local. Of the rows that elbow_model_evaluate has seen last, with their recon: the deviance of each, which is the
// largest log p(x|y) that any y gives minus recon, and that of the same values at their means, whose outputs are `at`
// (elbow_model_outputs_at); both (rows). The outputs that are no mean (a predicted variance) are the model's own in
// both. room: (rows, D, outputs of a value).
void elbow_model_deviance(struct elbow_model *model, const float *parameters, size_t rows, const float *values,
                          const double *recon, const float *at, float *room, double *deviance, double *at_means);

// Local. head (rows, 2Z) of q(z|x) of a microbatch, whose noise is not needed; valid until the next call that encodes
// (train, evaluate, encode), so that decode and importance may use it.
const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch);

// Local. The sizes of the rows that are decoded from now on (elbow/vae/likelihood.h): the totals of x (rows, D), or
// without an x `otherwise`. Until then they are 1.
void elbow_model_set_sizes(struct elbow_model *model, size_t rows, const float *x, double otherwise);

// Local. mean (rows, D) of p(x|z) for z (rows, Z), which stays.
void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean);

// Local. A draw from p(x|z) into x (D), for row `row` of the last elbow_model_decode.
void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x);

// Local. z (rows, Z) from the prior: row i with the words of the stream whose id is ids[i].
void elbow_model_draw_latent(const struct elbow_model *model, const float *parameters, struct elbow_stream stream,
                             size_t rows, const uint64_t *ids, float *z);

// Local. Adds to importance[i] the log weight of one draw for each row: log p(x|z) + log p(z) - log q(z|x) with z from
// head and microbatch.noise.
void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance);

// Local. Bytes of activations, for a microbatch of rows_max rows in each lane, and of the room beside them.
size_t elbow_model_bytes(const struct elbow_model *model);

ELBOW_C_END

#endif
