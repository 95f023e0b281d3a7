// SPDX-License-Identifier: BSD-3-Clause
// The VAE: encoder, latent variables, decoder, likelihood; forward and backward over one microbatch.
//
// Tensors: encoder.0/weight, ..., encoder.head/{weight,bias} (the posterior's outputs: mean, then log_variance: 2Z; of
// a deterministic one mean: Z), decoder.0/..., decoder.head/... (the outputs of all values), and what likelihoods and
// the prior train beside the networks: their gradients are complete first, and lie last. What the one likelihood of all
// values trains is called likelihood/...; what that of part 1 does (from 0), where there are several: likelihood/1/...
//
// Classes: with a classifier q(y|x) (classifier.0/..., classifier.head/...: the logits of C classes, behind the
// decoder) encoder and decoder are told the class, one of C, behind what else they are told (Kingma et al. 2014, M2).
//
// Parts: the columns of a sample's values may belong to several likelihoods, each with its own number of outputs a
// value. The outputs of a row are those of its values, in the order of the columns.
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
#include "elbow/vae/likelihood.h"
#include "elbow/vae/objective.h"
#include "elbow/vae/posterior.h"
#include "elbow/vae/prior.h"

ELBOW_C_BEGIN

// What one likelihood scores of a sample: all values, or some columns.
struct elbow_model_part {
    const struct elbow_likelihood *likelihood;
    struct elbow_likelihood_options options;
    size_t values, outputs; // columns; decoder outputs of each
    struct elbow_ranges ranges;
    const size_t *columns; // (values) of the ranges, rising; NULL: all
    struct elbow_shared_numbers {
        size_t offset, count; // in the arena; count 0: there are none
        bool is_per_value;    // one belongs to each value
    } shared;                 // that the likelihood trains beside the networks
    size_t figures;           // numbers of p(x|z) that it tells
    size_t notes;             // where they begin among the notes of a row; behind them the weight that they have
    enum elbow_size size;     // what the means of a row are shares of
    bool settles;             // shared follows in closed form
};

// What the means of rows that are decoded add up to, where a likelihood has a size. Arrays belong to the caller.
struct elbow_model_sizes {
    const float *x;      // (rows, D): totals of rows; NULL: there are none, and `mean` says them
    const float *known;  // (rows, D): of the values that are known; NULL: all are
    const double *sizes; // (rows): what the data say; NULL: `size`
    double total;        // without an x; 0: so many times the mean as there are values
    double mean;         // of a value; 0 or not finite: totals are 1
    double size;         // without sizes; 0 or not finite: 1
};

// Where the columns of several parts lie, and room for values that are scored apart from others.
struct elbow_gathering {
    size_t rows;     // whose values there is room for
    size_t *columns; // (D): those of the parts, one part after the other; NULL: there is one
    size_t *offsets; // (D): where the outputs of a value begin in a row's; NULL: all values have as many
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
    size_t conditions;     // C: numbers that the model is told of a row, its class included; 0: none
    size_t classes;        // of a classifier; 1: there is none
    size_t outputs;        // of the decoder, for a row
    size_t head;           // outputs of the posterior
    const struct elbow_objective *objective;
    const struct elbow_posterior *posterior;
    const struct elbow_prior *prior; // NULL: the posterior has no KL to one
    size_t part_count;
    struct elbow_model_part parts[ELBOW_PARTS_MAX];
    size_t notes;  // of a row: of each part with figures those, times its weight, and the weight
    size_t extras; // the objective's figures, behind all else in the statistics
    enum elbow_figure_kind extra_figures[ELBOW_OBJECTIVE_FIGURES];
    size_t coupling; // doubles that rows take which see each other
    size_t settling; // doubles of a batch from which trained numbers follow in closed form; 0: none do
    struct elbow_prior_numbers {
        size_t count, offsets[ELBOW_PRIOR_TENSORS]; // in the arena, behind all others
    } prior_tensors;                                // that the prior trains
    struct elbow_pseudo_inputs {
        size_t count, inputs;         // K rows of so many values; 0: the prior encodes none
        size_t tensor;                // where they lie in the arena
        size_t first, heads;          // behind them: the gradient by their heads (K, head), and its numbers
        size_t encoder_end;           // of the encoder's tensors in the arena
        float low, high;              // the range of what the encoder sees of them
        size_t rows;                  // that go through it at a time
        struct elbow_network encoder; // with room for these
        float *x, *dx;                // (rows, inputs); owned
        float *head;                  // (K, head), of elbow_model_begin; owned
        float *dhead;                 // (rows, head); owned
        float *gradient;              // [encoder_end], where not all rows go at once; owned
    } pseudo;
    struct elbow_parameters parameters;
    struct elbow_network encoder, decoder, classifier; // the last without layers: there is none
    size_t rows_max, lanes;
    size_t copies, draws;             // of a row that are encoded: one a class; of z for each of those
    float *z, *kl, *dz, *dhead;       // (lanes, points, Z) ... (lanes, heads, head); owned
    double *recon, *objectives;       // (lanes, points), (lanes, heads); owned
    double *noted;                    // (lanes, points, notes); owned
    float *shares, *worth;            // (lanes, points): elbow_pass; NULL: there is one draw; owned
    uint64_t *ids;                    // (lanes, points): the decoder's elbow_about, likewise; owned
    float *told;                      // (lanes, points, C): likewise; owned
    double *log_q, *portions;         // (lanes, heads): of classes, log q(y|x) and what counts; NULL: none; owned
    float *head_weights;              // (lanes, heads): likewise, portions times weights; owned
    double *room;                     // (heads, Z + head), for one pass at a time, as what follows; owned
    double *dheads;                   // (heads, head): sums over draws; NULL: there is one; owned
    double *scores;                   // (points): elbow_pass; NULL: the objective has none; owned
    double *tail;                     // the numbers behind the networks: sums over blocks; NULL: there is one; owned
    double *coupled;                  // [coupling] likewise; owned
    double *prior_room;               // likewise; owned
    struct elbow_model_sizes sizing;  // of the rows that are decoded
    double *sizes;                    // (parts, rows_max): what they come to; owned
    float *condition;                 // (rows_max, C) of the rows that are decoded; owned
    float *dshared;                   // of a row: as many as a part has at most; owned
    struct elbow_gathering gathering; // owned
    struct elbow_track *track;        // where training is noted (elbow/base/trace.h); NULL: nowhere; not owned
};

// Draws: each row is encoded `copies` times, and z is drawn `draws` times for each of those. Blocks of rows follow each
// other, so that a block is a microbatch of one draw: heads are (copies, rows), points (draws, copies, rows); the noise
// of a microbatch lies likewise, one block of rows for each copy and draw. A likelihood sees one block after the other.
// What layers know of a row is the same in all of its blocks: of a layer with random numbers of its own each point of a
// sample sees the same ones.
//
// Unknown values (microbatch.known): of a row the likelihood scores those that are known, as if it had no others. recon
// is a sum over them, the gradient of the outputs of the others is 0, and nothing reads what stands in their places, be
// it NaN. A row without any known value has a recon of 0. Where means are shares of a total (size: total), total and
// softmax are of the known values; where the data say the size, it stays, and the softmax is over all values, so that
// the outputs of unknown ones have a gradient. A figure of the likelihood (a variance, a residual) is a mean over known
// values: that of a row has the weight (known values of the part) / (values of the part), so that over any rows the
// residual is the sum of squares over the number of known values, and a row without any does not count. Likewise what
// an optimal variance follows from. Rows whose values are all known have the bits that they have without `known`.

// What a microbatch gives for each row, where asked for (NULL: not). Arrays belong to the caller.
struct elbow_row_results {
    float *head;        // (rows, head): mean, log_variance
    double *recon, *kl; // (rows)
};

// Local. How a model sees samples of a dataset: an image (H, W) is (H, W, 1), (H, W, C) stays; where one of its layers
// looks at places, a series (T) or (T, C) is (1, T, C), a volume (D, H, W) or (D, H, W, C) is (H, W, C) of depth D; all
// else is (1, 1, values).
struct elbow_shape elbow_model_sample(const struct elbow_config *config, enum elbow_layout layout, size_t rank,
                                      const uint64_t *shape);

// Local. What the encoder of samples of that shape sees: a mask (model.input.mask) is as many channels more.
struct elbow_shape elbow_model_inputs(const struct elbow_config *config, struct elbow_shape sample);

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

// Local. Whether the KL is sampled, as a prior has no closed form for it: log q(z|x) - log p(z) at the draw of z. Its
// parts by dimension add up to it, and say little of a dimension.
bool elbow_model_samples_kl(const struct elbow_model *model);

// Local. Doubles of the statistics of this model: those of elbow_statistics_size, behind them the notes (of each part
// its figures times their weight, and the weight), summed over the samples; and without moments, where numbers settle,
// the sums of the notes times the weight of the sample.
size_t elbow_model_statistics(const struct elbow_model *model, bool moments);

// Local. Of these the first ones: those of elbow_statistics_size, and those of classes (enum elbow_class_statistic).
size_t elbow_model_sums(const struct elbow_model *model, bool moments);

// Local. Sets the figures of classes, where there are such, from the first ones.
void elbow_model_class_figures(const struct elbow_model *model, const double *statistics, bool moments,
                               struct elbow_figures *figures);

// Local. Sets the figures that statistics tell: those of elbow_statistics_figures, or of the likelihoods. What several
// parts have belongs to each of them (struct elbow_figures). A figure of no known value is not given.
void elbow_model_figures(const struct elbow_model *model, const double *statistics, bool moments,
                         struct elbow_figures *figures);

// Local. Sets to 0 the figures that not every run has, so that a table can name them: those of parts, and the
// objective's.
void elbow_model_own_figures(const struct elbow_model *model, struct elbow_figures *figures);

// Local. Whether there are trained numbers that follow in closed form from the statistics (without moments) of a batch;
// then writes those of them that lie in [first, first + count) of the arena, into values, which begin at `first`. They
// follow from the weighted means of the notes; a batch whose weights are all 0 leaves them as they are.
bool elbow_model_settle(const struct elbow_model *model, const double *statistics, size_t first, size_t count,
                        float *values);

// Local. To be called when the parameters have changed, before anything below that asks the prior: sends what the prior
// encodes through the encoder. Costs nothing where it encodes nothing.
void elbow_model_begin(struct elbow_model *model, const float *parameters);

// Local. The other half of it, of a prior that encodes (model->pseudo.count > 0). Training leaves the gradient by the
// heads in the arena, pseudo.heads floats from pseudo.first on, where no tensor is. From their sum over a batch this
// writes what it adds to the gradients of the encoder and of the pseudo-inputs, and nothing else of the gradient. The
// parameters are those of elbow_model_begin.
void elbow_model_finish(struct elbow_model *model, const float *parameters, const float *heads, float *gradient);

// Local. Pseudo-inputs start at rows of the data as the encoder sees them (pseudo.count, pseudo.inputs), moved into the
// range by a hundredth where they lie on its border, so that they can be trained; behind elbow_model_initialize.
void elbow_model_start_pseudo_inputs(const struct elbow_model *model, const float *rows, float *values);

// Local. Forward and backward: the gradient (arena layout; overwritten, padding zero) of minus the objective's sum over
// the rows, each times its weight, and statistics (overwritten, without moments; the objective's is that sum, recon,
// KL and the likelihood's figures are not weighted, and are means over the draws).
void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics);

// Local. Room for that many microbatches at a time (layerwise.h). MEMORY.
enum elbow_status elbow_model_widen(struct elbow_model *model, size_t lanes, struct elbow_error *error);

// Local. The middle of a training pass: the KL of a lane's z, and the decoder's output becomes its gradient; statistics
// as above; of the gradient the padding, and that of the numbers of likelihood and prior.
void elbow_model_score(struct elbow_model *model, size_t lane, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics);

// Local. The likelihood alone, of a first lane's decoded points: y (points, outputs of a row) becomes its gradient.
void elbow_model_score_outputs(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                               float *y, float *gradient);

// Local. z of all draws of a microbatch, from the head of a lane; the KL of a pass, which stays 0 where there is none.
void elbow_model_latent(struct elbow_model *model, size_t lane, const struct elbow_microbatch *microbatch);
void elbow_model_kl(struct elbow_model *model, size_t lane, const struct elbow_pass *pass);

// Local. What an objective sees of a lane's microbatch.
struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t lane, const float *parameters, size_t rows,
                                   const float *noise, struct elbow_terms terms);

// Local. Forward only: statistics with moments (overwritten), and what is wanted of each row. With a classifier no
// class is known: they are expectations over q(y|x), but the head, which is that of the most probable class, as is all
// that other functions make of these rows; labels are what the classifier is measured by.
void elbow_model_evaluate(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          struct elbow_terms terms, double *statistics, struct elbow_row_results results);

// Local. The outputs (of a row) that give each value its mean of `means` (D). A likelihood may search for them: once
// for all rows.
void elbow_model_outputs_at(const struct elbow_model *model, const double *means, float *outputs);

// Local. Of the rows that elbow_model_evaluate has seen last: the deviance of each, which is the
// largest log p(x|y) that any y gives minus recon, and that of the same values at their means, whose outputs are `at`
// (elbow_model_outputs_at); both (rows). The outputs that are no mean (a predicted variance) are the model's own in
// both. Of several draws it is that of the first. room: (rows, outputs of a row). at NULL: the first alone, without
// room.
void elbow_model_deviance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          const float *at, float *room, double *deviance, double *at_means);

// Local. head (rows, head) of q(z|x) of a microbatch, whose noise is not needed; valid until the next call that encodes
// (train, evaluate, encode), so that decode and importance may use it.
const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch);

// Local. q(y|x) of a microbatch, whose noise and labels are not needed: probabilities (rows, C) that add up to 1. There
// must be a classifier.
void elbow_model_classify(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          float *probabilities);

// Local. Likewise elbow_model_encode with all rows under a class; -1: each under its most probable one, as
// elbow_model_encode has it. There must be a classifier.
const float *elbow_model_encode_as(struct elbow_model *model, const float *parameters,
                                   const struct elbow_microbatch *microbatch, int64_t class_number);

// Local. The sizes of the rows that are decoded from now on. Until then they are 1. Of rows with unknown values the
// next elbow_model_decode finds the total of all values: that of the known ones over their share (x and known are read
// there, too).
void elbow_model_set_sizes(struct elbow_model *model, size_t rows, struct elbow_model_sizes sizes);

// Local. What is known of the rows that are decoded, and whose latents are drawn, from now on: copies of (rows, C);
// NULL: nothing. elbow_model_encode and elbow_model_evaluate do so with those of their microbatch.
void elbow_model_set_conditions(struct elbow_model *model, size_t rows, const float *condition);

// Local. mean (rows, D) of p(x|z) for z (rows, Z), which stays.
void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean);

// Local. Likewise for the z, the first of several draws, of the rows that elbow_model_evaluate or
// elbow_model_importance has decoded last.
void elbow_model_means(struct elbow_model *model, const float *parameters, size_t rows, float *mean);

// Local. A draw from p(x|z) into x (D), for row `row` of the last elbow_model_decode.
void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x);

// Local. z (rows, Z) from the prior, which there must be: row i with the words of the stream whose id is ids[i]. Where
// the prior takes conditions, of at most rows_max rows.
void elbow_model_draw_latent(const struct elbow_model *model, const float *parameters, struct elbow_stream stream,
                             size_t rows, const uint64_t *ids, float *z);

// Local. Adds to importance[i] the log weight of one draw for each row: log p(x|z) + log p(z) - log q(z|x) with z from
// head and microbatch.noise (of one draw, whatever the model's number is). There must be a prior.
void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance);

// Local. Bytes of activations, for a microbatch of rows_max rows in each lane, and of the room beside them.
size_t elbow_model_bytes(const struct elbow_model *model);

ELBOW_C_END

#endif
