// SPDX-License-Identifier: BSD-3-Clause
// The configuration of a run: the YAML file, `--set` and the defaults combined, and checked.
//
// One table in schema.c has one row per key: name, type, bounds or choices, default, address and a line of help. It
// alone determines parsing, errors, `elbow config`, `--explain` and the comparison at a resume. An error gives file,
// line and column: `run.yaml:12:3: train.epoch: unknown key; did you mean train.epochs?`.
#ifndef ELBOW_CONFIG_CONFIG_H
#define ELBOW_CONFIG_CONFIG_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"
#include "elbow/config/kinds.h"
#include "elbow/config/layers.h"
#include "elbow/config/places.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Values of a sample, and of the output of a layer: sizes of BLAS are int.
enum { ELBOW_VALUES_MAX = INT32_MAX };

enum { ELBOW_SHAPE_MAX = 8, ELBOW_NODES_MAX = 64 };

struct elbow_integers {
    size_t count;
    int64_t values[ELBOW_NODES_MAX];
};

// Pieces of a schedule, in order: a number of epochs at a rate. At least one in a configuration that uses them.
enum { ELBOW_PIECES_MAX = 32 };
struct elbow_pieces {
    size_t count;
    struct {
        int64_t epochs;
        double rate;
    } pieces[ELBOW_PIECES_MAX];
};

// Rows of a dataset: [low, high], both included, or a dataset that names them; zeroed: all.
struct elbow_rows_choice {
    bool is_range;
    int64_t low, high;
    elbow_path dataset; // "/dataset" or "FILE:/dataset"; empty: none
};

// Columns of flat rows, [first, last] with both ends; rising and disjoint.
enum { ELBOW_RANGES_MAX = 256 };
struct elbow_ranges {
    size_t count;
    struct {
        int64_t first, last;
    } ranges[ELBOW_RANGES_MAX];
};

// Datasets with names: {label: /train/labels, temperature: /train/temperature}.
enum { ELBOW_NAMED_MAX = 8, ELBOW_NAMED_NAME_SIZE = 32 };
struct elbow_named {
    size_t count;
    struct elbow_named_entry {
        char name[ELBOW_NAMED_NAME_SIZE]; // letters, digits, _ and -
        elbow_path dataset;               // "/dataset" or "FILE:/dataset"
    } entries[ELBOW_NAMED_MAX];
};

// Options of all likelihoods; a kind reads its own.
struct elbow_likelihood_options {
    double variance; // gaussian: fixed, or the start of the learned one; beside a word 0
    int variance_from;
    bool learn_variance; // the key of version 0.1, if variance_from is FIXED
    bool has_start;
    double start, floor;
    double scale;    // laplace, student_t, discretized_logistic: fixed, or the start of the learned one
    int scale_from;  // enum elbow_number
    double df;       // student_t: fixed, or the start of the learned ones
    int df_from;     // enum elbow_number
    int64_t trials;  // binomial
    int64_t classes; // categorical
    int64_t levels;  // discretized_logistic
    int dispersion;  // negative_binomial, zero_inflated_negative_binomial: enum elbow_dispersion
    int size;        // likewise: enum elbow_size
};

// Likelihoods of columns: each column of a sample's flat values belongs to exactly one part.
enum { ELBOW_PARTS_MAX = 16 };
struct elbow_likelihood_parts {
    size_t count; // 0: model.likelihood is one for all values
    struct elbow_likelihood_part {
        int likelihood; // enum elbow_likelihood_kind
        struct elbow_likelihood_options options;
        struct elbow_ranges columns; // empty: all, of the only part
    } parts[ELBOW_PARTS_MAX];
};

// The resolved options of a Gaussian.
struct elbow_variance {
    enum elbow_number from;
    double value; // fixed, or the start of the learned one; 0: from the training data
    double floor; // minimum of a trained one
};

// Local.
struct elbow_variance elbow_likelihood_variance(const struct elbow_likelihood_options *options);

enum { ELBOW_COMPONENTS_MAX = 1024, ELBOW_DRAWS_MAX = 1024 }; // of a mixture; of z for a sample

// Options of all penalties; a kind reads its own.
struct elbow_penalty_options {
    double mmd_weight, mmd_width;
    double dip_off_diagonal, dip_diagonal; // weights
    int dip_of;                            // enum elbow_dip
};

// Weights of the parts of a KL.
struct elbow_kl_parts {
    double information, total_correlation, dimensions;
};

// "every" of an evaluation: a number of steps, 0 for never, ELBOW_EVERY_EPOCH at the end of each epoch.
enum { ELBOW_EVERY_EPOCH = -1 };

// All fields in nats, samples, steps or epochs as their names say. Enumerations are ints with the values of kinds.h.
struct elbow_config {
    int64_t seed; // >= 0
    struct {
        elbow_path file; // the HDF5 file of the names below; relative paths are relative to the working directory
        elbow_places train, valid;         // "/dataset", or "FILE:/dataset" from another file; valid may be empty
        elbow_places labels, valid_labels; // likewise, of labels; may be empty
        int64_t labelled;                  // training rows that keep their labels; 0: all
        struct elbow_ranges columns;       // of flat rows; empty: all
        bool transpose;                    // the axes of the file are reversed: samples last
        double valid_share;                // share of the training rows, instead of `valid`; 0: none
        int64_t split_seed;            // selects the rows that the share holds back, and those that keep their labels
        elbow_path groups;             // integers or texts; the share holds back whole values; may be empty
        struct elbow_rows_choice rows; // of data.train
        struct {
            int64_t length, step; // points in time; length 0: rows are samples; step 0: length
        } series;
        elbow_path weights;                            // of training rows, not negative; may be empty
        elbow_path names, valid_names;                 // texts; may be empty
        int missing;                                   // enum elbow_missing_kind
        elbow_path size, valid_size;                   // numbers above 0, one a row; may be empty
        elbow_path mask, valid_mask;                   // of the rows' shape, 1: known, 0: missing; may be empty
        struct elbow_named condition, valid_condition; // conditions of a row; valid: of those of `valid`
        int binarize;
        double threshold; // a value above it is 1 (binarize: threshold)
        bool dequantize;  // noise is added to stored whole numbers
        bool has_factor, has_offset;
        double factor, offset;       // value = stored * factor + offset
        int transform;               // enum elbow_transform_kind: of the scaled values
        struct elbow_integers shape; // (H, W), (H, W, C) of a flat row; empty: as stored
        int layout;                  // the axes of a sample
        int channels;                // enum elbow_channels: their axis in the file
        int64_t synthetic;           // samples of keyed noise instead of a file; 0: none
        elbow_path through;          // a run or checkpoint whose latents the samples are; empty: none
        elbow_path stage;            // directory on each node for copies of the files; empty: none
        int order;                   // enum elbow_order_kind
        int64_t window_pages;        // order: windows
        int64_t page_rows;           // stored rows of a page; 0: settled at the first start
        int access;                  // enum elbow_access
        int64_t memory;              // bytes of a node for rows; 0: what there is
    } data;
    struct {
        int64_t latent;
        int likelihood;
        struct elbow_likelihood_options likelihood_options;
        struct elbow_likelihood_parts parts; // if there are any, the two above have their defaults
        int posterior, prior;                // enum elbow_posterior_kind, enum elbow_prior_kind
        struct elbow_posterior_options posterior_options;
        int64_t components; // prior: mixture
        struct {
            bool encoder, decoder; // networks that see the condition, in their first layer
            bool every_layer;      // in all their layers
            bool prior;            // p(z|c)
            double dropout;        // the share of rows whose condition is omitted in training
            size_t width;          // C, numbers of a condition: not a key; set from the training data
        } condition;
        size_t classes; // C, classes of a classifier: not a key; set from the labels of the training data
        int output_bias, initializer;
        struct {
            bool mask;     // which values are known, beside the values
            int transform; // enum elbow_transform_kind: of the values, for the encoder alone
            int corrupt;   // enum elbow_corrupt_kind: after it, in training
            double amount; // of the corruption
        } input;           // what the encoder sees
        struct elbow_layers encoder, decoder, classifier; // the last without layers: there is none
    } model;
    struct {
        int bound, gradient; // enum elbow_objective_kind; of importance: enum elbow_estimator
        int64_t draws;       // of z for each sample
        int kl;              // enum elbow_kl_kind; of weighted, up to free_of:
        double beta;
        int64_t warmup;   // steps over which beta rises linearly from 0
        double free_bits; // nats per dimension
        int ramp;         // enum elbow_ramp
        struct {
            int64_t cycles, steps; // steps: of all cycles together
            double share;          // of a cycle in which the weight rises
        } cyclical;
        int free_of; // enum elbow_free
        struct {
            double weight, from, to; // nats
            int64_t steps;           // steps from the one capacity to the other
        } capacity;
        struct elbow_kl_parts parts;
        int penalties; // bits by enum elbow_penalty_kind
        struct elbow_penalty_options penalty_options;
        double classifier; // weight of log q(y|x) of rows whose class is known
    } objective;
    struct {
        int64_t epochs, steps; // steps > 0 ends the run there
        int64_t batch, microbatch;
        int64_t threads; // of a rank; they change no bit
        int optimizer;
        double rate, beta1, beta2, epsilon, momentum, weight_decay;
        double second_moment; // its start
        double rmsprop_rho, rmsprop_momentum;
        double average;             // decay of the averaged weights; 0: there are none
        int schedule;               // enum elbow_schedule
        struct elbow_pieces pieces; // schedule: pieces
        int64_t schedule_epochs;    // 0: the epochs of the first start
        double rate_final;          // cosine ends at rate * rate_final
        int64_t rate_warmup;        // steps
        int64_t step_every;         // schedule: step multiplies the rate by step_factor after this number of steps
        double step_factor;
        double clip;      // global norm; 0: off
        int64_t patience; // evaluations without a better one; 0: off
        int on_nan;
    } train;
    struct {
        int64_t every; // steps, 0 or ELBOW_EVERY_EPOCH
    } eval;
    struct {
        int64_t every;    // steps
        bool tensorboard; // events for TensorBoard, too
    } log;
    struct {
        int64_t every, keep; // steps; 0: only the last
        bool best;
    } checkpoint;
    struct {
        int64_t every, count; // steps; 0: only the last
    } samples;
    struct {
        elbow_path dir;     // empty: runs/<name of the configuration>
        int64_t stop_after; // stop after this step, with a checkpoint; 0: off
        int64_t time_limit; // seconds from the start; nothing may be lost afterwards; 0: none
        int64_t stall;      // seconds after which a rank that the others wait for is named; 0: never
        bool strict;        // different builds or processors stop the run
        int progress;
        int prefetch;                // whether a thread makes the next microbatch
        int64_t bucket;              // parameters
        int64_t overlap;             // microbatches; 0: none
        int64_t audit;               // steps; 0: never
        bool report;                 // report.html at the end
        struct elbow_integers nodes; // for tests: the pretended node of each rank; empty: as it is
    } run;
};

// Local. The defaults of every key.
void elbow_config_default(struct elbow_config *config);

// Local. Reads YAML text into config (which holds defaults or earlier values); `name` is used in messages. CONFIG on a
// syntax error, an unknown key, a wrong type, a value out of bounds, a key given twice.
enum elbow_status elbow_config_parse(struct elbow_config *config, const char *name, const char *text, size_t size,
                                     struct elbow_error *error);

// Local. Applies one `key=value` of the command line: any key of the table, list entries included
// (`model.encoder.0.dense.units=256`, `data.shape.1=28`, also whole values in YAML: `model.encoder=[dense: {units:
// 64}]`).
enum elbow_status elbow_config_set(struct elbow_config *config, const char *assignment, struct elbow_error *error);

// Local. Checks conditions across keys (data.file or data.synthetic given, microbatch <= batch, ...), and fills in
// omitted values (microbatch: min(batch, 64)). Call it once, after parse and set. `name` is used in messages.
enum elbow_status elbow_config_finish(struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. The resolved configuration as YAML with every key, in the table's order; reading it back gives the same
// struct. The text is new and released with elbow_release.
enum elbow_status elbow_config_dump(const struct elbow_config *config, char **text, struct elbow_error *error);

// Local. Every key with type, bounds, default and help, to out.
void elbow_config_explain(FILE *out);

// Local. Checks a resume: CONFIG if a key differs that must not (all but train.epochs, train.steps, train.threads,
// log.*, checkpoint.*, samples.*, eval.*, run.*), naming key, old and new value.
enum elbow_status elbow_config_resumable(const struct elbow_config *old, const struct elbow_config *now,
                                         struct elbow_error *error);

// Local. The name of a value of one of the enumerations of kinds.h, as it stands in YAML, by key: ("model.likelihood",
// 0) is "bernoulli"; for an activation the key is "activation".
const char *elbow_config_choice(const char *key, int value);

// Local. Whether a configuration may hold the text: UTF-8 without control characters and ends of lines. Otherwise *byte
// is the first invalid one, counted from 1.
bool elbow_config_takes_text(const char *text, size_t *byte);

// Local. Checks that each of `values` columns belongs to exactly one part of model.likelihood, if it has parts: CONFIG
// with the first that does not. values 0: their number is not known yet; then no column may belong to two.
enum elbow_status elbow_config_check_columns(const struct elbow_config *config, size_t values,
                                             struct elbow_error *error);

// Local. The part that column d belongs to; parts->count: none.
size_t elbow_config_part_of(const struct elbow_likelihood_parts *parts, size_t column);

// The demand of a configuration on its data, and its key, for a sentence: "model.likelihood: bernoulli". Of several
// parts the most restrictive support, and the least `most`.
struct elbow_demand {
    enum elbow_support support;
    const char *key, *word;
    bool is_whole;                     // as stored: data.dequantize
    double most;                       // whole numbers: the largest; 0 or infinity: there is none
    bool is_of_part;                   // of some columns alone
    const struct elbow_config *config; // columns with demands of their own; NULL: all have this one
};

// Local. The configuration must not move while the demand is used.
struct elbow_demand elbow_config_demand(const struct elbow_config *config);

// Local. The demand of a column, and of those behind it up to *last.
struct elbow_demand elbow_demand_of_column(const struct elbow_demand *demand, size_t column, size_t *last);

// Local. Whether a likelihood takes the sizes of rows from data.size.
bool elbow_config_has_data_size(const struct elbow_config *config);

// Local. The likelihood whose values are of that support; NULL: none is.
const char *elbow_demand_word(const struct elbow_demand *demand, enum elbow_support support);

// Local. The number of likelihoods, which are numbered from 0; kind and options of one; their words: "poisson and
// gaussian".
size_t elbow_config_likelihood_count(const struct elbow_config *config);
enum elbow_likelihood_kind elbow_config_likelihood(const struct elbow_config *config, size_t part);
const struct elbow_likelihood_options *elbow_config_options(const struct elbow_config *config, size_t part);
enum { ELBOW_LIKELIHOOD_WORDS_SIZE = 256 };
void elbow_config_name_likelihoods(const struct elbow_config *config, char words[ELBOW_LIKELIHOOD_WORDS_SIZE]);

// Local. Whether values of a support are a continuum, on which a likelihood is a density.
bool elbow_support_is_continuous(enum elbow_support support);

// Local. The support of a likelihood.
enum elbow_support elbow_likelihood_support(enum elbow_likelihood_kind kind);

// Local. Whether a posterior is a distribution of z, with a KL to the prior.
bool elbow_posterior_has_kl(enum elbow_posterior_kind kind);

// Local. Lets config read rows like that of another model (data.through): values, shape and missing values, but not the
// selection of rows, and datasets beside them.
void elbow_config_read_as(const struct elbow_config *model, struct elbow_config *config);

// Local. Whether the model has a classifier q(y|x).
bool elbow_config_has_classifier(const struct elbow_config *config);

// Local. The largest value of a likelihood of whole numbers; infinity if there is none.
double elbow_likelihood_most(enum elbow_likelihood_kind kind, const struct elbow_likelihood_options *options);

// Local. The description of a support: "values in [0, 1]".
const char *elbow_support_name(enum elbow_support support);

// Local. The words of the likelihoods for a support, for advice: "gaussian", "bernoulli or binomial".
void elbow_config_likelihoods(enum elbow_support support, char words[ELBOW_LIKELIHOOD_WORDS_SIZE]);

// Local. Reads places from a word of the command line, `name` in messages: unchanged, or a list or {channels: [...]} in
// YAML. CONFIG as for a key.
enum elbow_status elbow_config_read_places(const char *name, const char *text, elbow_places places,
                                           struct elbow_error *error);

// Local. Splits "FILE:/dataset" or "/dataset" (then file is `file`) into its parts; false if a part is too long.
bool elbow_config_locate(const char *file, const char *location, elbow_path found_file, elbow_path found_dataset);

ELBOW_C_END

#endif
