// SPDX-License-Identifier: BSD-3-Clause
// The table of keys, and functions that use a row or the whole table without a value.
//
// Invariants: the rows of a section are adjacent, in the order of the dump; a preset is legal for its own row (a test
// reads them all).
#include "elbow/config/detail/rows.h"

#include "elbow/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CHOICES(name, LIST) static const char *const name[] = {LIST(ELBOW_KIND_WORD) NULL}
CHOICES(binarize_choices, ELBOW_BINARIZE_LIST);
CHOICES(layout_choices, ELBOW_LAYOUT_LIST);
CHOICES(channels_choices, ELBOW_CHANNELS_LIST);
CHOICES(missing_choices, ELBOW_MISSING_LIST);
CHOICES(order_choices, ELBOW_ORDER_LIST);
CHOICES(access_choices, ELBOW_ACCESS_LIST);
CHOICES(transform_choices, ELBOW_TRANSFORM_LIST);
CHOICES(output_bias_choices, ELBOW_OUTPUT_BIAS_LIST);
CHOICES(initializer_choices, ELBOW_INITIALIZER_LIST);
CHOICES(on_nan_choices, ELBOW_ON_NAN_LIST);
CHOICES(progress_choices, ELBOW_PROGRESS_LIST);
CHOICES(prefetch_choices, ELBOW_PREFETCH_LIST);

enum { ROWS_MAX = 1 << 24, LATENT_MAX = 1 << 16, RANKS_MAX = 1 << 20, BUCKET_MAX = 1 << 30 };
enum { SLOTS_MAX = 1 << 16 };
enum { THREADS_MAX = 1024 };

#define AT(member) .offset = offsetof(struct elbow_config, member)

// clang-format off: one row a key reads best as a table
static const struct elbow_key keys[] = {
    {"", "seed", INTEGER, AT(seed), FROM_ZERO, .preset = "1",
     .help = "The seed of every random number of the run: weights, order, binarisation, noise."},

    {"data", "file", TEXT, AT(data.file), .may_change = true,
     .help = "The HDF5 file of the datasets below. A relative path starts at the working directory."},
    {"data", "train", PLACES(ELBOW_PLACES_CHANNELS_MAX), AT(data.train), .preset = "/train/images", .may_change = true,
     .help = "The training set, (N, ...), rows first: /dataset in data.file, or FILE:/dataset in another file. A list, "
             "or a pattern such as runs/*.h5:/x, joins the rows of all files; {channels: [/u, /v]} joins datasets of "
             "the same rows as channels."},
    {"data", "valid", .type = ELBOW_KEY_SHARE, .count_most = ELBOW_PLACES_CHANNELS_MAX, AT(data.valid), .low = 0,
     .low_open = true, .high = 1, .high_open = true, .present = offsetof(struct elbow_config, data.valid_share),
     .help = "The set for evaluations, of the same shape, or a share of the training rows, which are held back. "
             "Empty: no evaluations."},
    {"data", "split_seed", INTEGER, AT(data.split_seed), FROM_ZERO, .preset = "0", .is_later = true,
     .help = "The seed that selects the rows (series, groups) that data.valid: SHARE holds back, and the rows that "
             "keep their labels (data.labelled). It is independent of seed."},
    {"data", "groups", TEXT, AT(data.groups), .may_change = true, .is_later = true,
     .help = "Integers or texts, one per training row: rows with the same value are held back together. Empty: row "
             "by row."},
    {"data", "rows", .type = ELBOW_KEY_ROWS, AT(data.rows), FROM_ZERO, .count_least = 2, .count_most = 2,
     .is_later = true,
     .help = "Use only these rows of data.train: [first, last], both included, from 0; or a dataset, either a mask "
             "of 0 and 1 or row numbers. Empty: all."},
    {"data", "series", MAP(elbow_series_options), AT(data.series), .preset = "null", .is_later = true,
     .help = "Cuts each row, a series (time) or (time, channels), into windows, which are the samples."},
    {"data", "weights", TEXT, AT(data.weights), .may_change = true, .is_later = true,
     .help = "Numbers that are not negative, one per training row: the weight of its samples in the objective."},
    {"data", "names", TEXT, AT(data.names), .may_change = true, .is_later = true,
     .help = "Texts, one per training row; encode and reconstruct copy them. Empty: none."},
    {"data", "valid_names", TEXT, AT(data.valid_names), .may_change = true, .is_later = true,
     .help = "The same for data.valid."},
    {"data", "labels", PLACES(1), AT(data.labels), .may_change = true,
     .help = "Integers, texts or categories, one per training row; encode copies them. A plain /dataset beside a "
             "list of files is read from each file. Empty: none."},
    {"data", "valid_labels", PLACES(1), AT(data.valid_labels), .may_change = true,
     .help = "The same for data.valid; eval then also reports the ELBO of each class. Empty: none."},
    {"data", "labelled", INTEGER, AT(data.labelled), .least = 0, .most = INT64_C(1) << 40, .preset = "0",
     .is_later = true,
     .help = "Trains a classifier with the labels of this number of rows, the same number for each class; "
             "data.split_seed selects them. 0: all labels."},
    {"data", "missing", CHOICE(missing_choices), AT(data.missing), .preset = "refuse", .is_later = true,
     .help = "The values that count as missing and are not scored. nan: NaN; fill: those marked by _FillValue, "
             "missing_value and valid_range, and chunks never written; any: both; refuse: none, a missing value is an "
             "error."},
    {"data", "size", TEXT, AT(data.size), .may_change = true, .is_later = true,
     .help = "Numbers above 0, one per training row: the total that the means of the row add up to, for a likelihood "
             "with size: data. Empty: none."},
    {"data", "valid_size", TEXT, AT(data.valid_size), .may_change = true, .is_later = true,
     .help = "The same for data.valid."},
    {"data", "mask", TEXT, AT(data.mask), .may_change = true, .is_later = true,
     .help = "A dataset of the shape of data.train: 1 if a value is known, 0 if it is missing. Empty: none."},
    {"data", "valid_mask", TEXT, AT(data.valid_mask), .may_change = true, .is_later = true,
     .help = "The same for data.valid."},
    {"data", "condition", NAMED, AT(data.condition), .may_change = true, .is_later = true,
     .help = "The condition of each training row, by name: {label: /train/labels, age: /train/age}. Integers, texts "
             "and categories are classes, floats are numbers. Empty: no condition."},
    {"data", "valid_condition", NAMED, AT(data.valid_condition), .may_change = true, .is_later = true,
     .help = "The same for data.valid, with the same names."},
    {"data", "binarize", CHOICE(binarize_choices), AT(data.binarize), .preset = "none",
     .help = "Turns values into 0 and 1. none: does not; threshold: 1 if a value is above data.threshold, else 0; "
             "sample: 1 with the value as its probability, drawn again each time a sample is used."},
    {"data", "threshold", REAL, AT(data.threshold), ANY, .preset = "0.5",
     .help = "The threshold of binarize: threshold, after scaling and data.transform."},
    {"data", "dequantize", BOOLEAN, AT(data.dequantize), .preset = "false", .is_later = true,
     .help = "Adds noise, uniform in [0, 1), to stored whole numbers before scaling, drawn again each time a sample is "
             "used. A density needs this to score counts or bytes."},
    {"data", "factor", .type = ELBOW_KEY_OPTIONAL, AT(data.factor), ANY, .unset = 1, .preset = "null",
     .present = offsetof(struct elbow_config, data.has_factor),
     .help = "A value is stored * factor + offset. null: the attribute factor or scale_factor of the dataset, else "
             "1/255 for uint8 above 1, else 1."},
    {"data", "offset", .type = ELBOW_KEY_OPTIONAL, AT(data.offset), ANY, .unset = 0, .preset = "null",
     .present = offsetof(struct elbow_config, data.has_offset),
     .help = "See data.factor. null: the attribute offset or add_offset of the dataset, else 0."},
    {"data", "transform", CHOICE(transform_choices), AT(data.transform), .preset = "none", .is_later = true,
     .help = "A transform of the scaled values: standardize (mean 0 and deviation 1 over all values of the training "
             "set), standardize_each (of each column), minmax (smallest 0, largest 1), log1p, asinh. Outputs are "
             "transformed back."},
    {"data", "shape", .type = ELBOW_KEY_INTEGERS, AT(data.shape), FROM(1, 65536), .count_least = 1, .count_most = 4,
     .help = "The axes of rows that are stored flat: [height, width] or [height, width, channels] for images, others "
             "with data.layout. With data.channels: first the channels come first here, too."},
    {"data", "layout", CHOICE(layout_choices), AT(data.layout), .preset = "auto", .is_later = true,
     .help = "The axes of a sample: rows (no order), series (time, channels), image (height, width, channels), "
             "volume (depth, height, width, channels). The axis of the channels is optional. auto: samples of two or "
             "three axes are images."},
    {"data", "channels", CHOICE(channels_choices), AT(data.channels), .preset = "last", .is_later = true,
     .help = "The place of the axis of the channels in the file: last, (N, ..., C), or first, (N, C, ...), as in "
             "PyTorch. In the model and in all outputs it is last."},
    {"data", "columns", .type = ELBOW_KEY_RANGES, AT(data.columns), FROM(0, ELBOW_VALUES_MAX - 1), .is_later = true,
     .help = "The values of flat rows to use, counted from 0: ranges, ends included, and single ones, such as [[0, "
             "9], 15]. []: all."},
    {"data", "transpose", BOOLEAN, AT(data.transpose), .preset = "false", .is_later = true,
     .help = "Whether the file has all axes in reverse order, samples last, as MATLAB writes rows of samples."},
    {"data", "synthetic", INTEGER, AT(data.synthetic), FROM(0, INT64_C(1) << 40), .preset = "0",
     .help = "Trains on this number of samples of noise instead of a file, for benchmarks. 0: off."},
    {"data", "through", TEXT, AT(data.through), .may_change = true, .is_later = true,
     .help = "A run directory or a checkpoint. Its model encodes the rows, and their latents, drawn again at each use, "
             "are the samples (M1 in front of M2). Empty: the rows are the samples."},
    {"data", "stage", TEXT, AT(data.stage), .may_change = true,
     .help = "A directory on storage of each node. One rank of the node copies the files there before they are read; "
             "the copies are removed after loading. Empty: no copies."},
    {"data", "order", CHOICE(order_choices), AT(data.order), .preset = "full", .is_later = true,
     .help =
         "The order of the training rows. full: each epoch shuffles all of them together. segments: pages of rows are "
         "dealt once to as many segments as a batch has microbatches, and each epoch shuffles each segment. windows: "
         "each epoch deals the pages again, and shuffles each segment in windows of data.window_pages pages."},
    {"data", "window_pages", INTEGER, AT(data.window_pages), FROM(1, INT64_C(1) << 40), .preset = "8", .is_later = true,
     .help = "With data.order: windows: number of pages in a window, whose rows are shuffled together."},
    {"data", "page_rows", INTEGER, AT(data.page_rows), FROM(0, INT64_C(1) << 40), .preset = "0", .is_later = true,
     .help = "With data.order: segments or windows: rows of a page. 0: as many whole chunks of the first file as fit "
             "into 1 MiB; the first start of a run settles the number."},
    {"data", "access", CHOICE(access_choices), AT(data.access), .preset = "auto", .may_change = true, .is_later = true,
     .help =
         "Where the training rows are kept; this changes no bit of the results. resident: all in the memory of "
         "each node; shard (data.order: segments or windows): on each node those that its ranks use; stream "
         "(data.order: windows): in the files, from which they are read ahead. auto: the first of these that fits."},
    {"data", "memory", BYTES, AT(data.memory), FROM_ZERO, .preset = "0", .may_change = true, .is_later = true,
     .help = "Limit of each node's memory for the pages of a streamed training set (data.access: stream) and for "
             "unpacking them. Validation rows need memory in addition. 0: the free memory of the node."},

    {"model", "latent", INTEGER, AT(model.latent), FROM(1, LATENT_MAX), .preset = "20",
     .help = "Number of latent dimensions, Z."},
    {"model", "posterior", KIND(elbow_posterior_kinds), AT(model.posterior), .preset = "diagonal", .is_later = true,
     .help = "q(z|x): diagonal, a normal distribution with a mean and a variance for each dimension; full, a normal "
             "distribution with any covariance, whose Cholesky factor the encoder computes, of at most 256 "
             "dimensions; deterministic: z is the mean, and the model a plain autoencoder without a KL."},
    {"model", "prior", KIND(elbow_prior_kinds), AT(model.prior), .preset = "standard", .is_later = true,
     .help = "p(z): standard, a normal distribution of mean 0 and variance 1 in each dimension; mixture, several "
             "normal distributions that are trained; vamp, a mixture of the posteriors at pseudo-inputs that are "
             "trained."},
    {"model", "condition", MAP(elbow_condition_options), AT(model.condition), .preset = "{}", .is_later = true,
     .help = "Where the model uses data.condition."},
    {"model", "likelihood", KIND(elbow_likelihood_kinds), AT(model.likelihood), .preset = "bernoulli",
     .present = offsetof(struct elbow_config, model.parts),
     .help =
         "p(x|z) of the data. Each kind is for certain values: docs/reference/configuration.md. A list gives a kind to "
         "each set of columns of flat rows: [poisson: {columns: [0, 9]}, gaussian: {columns: [10, 29], variance: "
         "optimal}], ends included."},
    {"model", "variance", REAL, AT(model.likelihood_options.variance), ABOVE_ZERO, .preset = "1.0",
     .help = "Deprecated: write likelihood: {gaussian: {variance: ...}}. The variance of each value, or the start of "
             "a learned one."},
    {"model", "learn_variance", BOOLEAN, AT(model.likelihood_options.learn_variance), .preset = "false",
     .help = "Deprecated: write likelihood: {gaussian: {variance: learned}}. Trains one variance for all values with "
             "the weights."},
    {"model", "output_bias", CHOICE(output_bias_choices), AT(model.output_bias), .preset = "zero",
     .help = "The start of the decoder's last bias. data: the training mean (bernoulli: its logit)."},
    {"model", "initializer", CHOICE(initializer_choices), AT(model.initializer), .preset = "auto",
     .help = "The start of the weights. auto: he before relu, leaky_relu, silu, softplus, gelu and elu, glorot "
             "before the others."},
    {"model", "input", MAP(elbow_input_options), AT(model.input), .preset = "null", .is_later = true,
     .help = "The input of the encoder, if it is not just the values that are scored."},
    {"model", "encoder", .type = ELBOW_KEY_LAYERS, AT(model.encoder),
     .help = "Hidden layers, starting at x. The head (mean and log-variance of z, or the mean alone) is added. [] is "
             "a linear encoder."},
    {"model", "decoder", .type = ELBOW_KEY_LAYERS, AT(model.decoder),
     .help = "Hidden layers, starting at z. The output layer is added, unless the last layer is a convolution, which "
             "then is the output layer. [] is a linear decoder."},
    {"model", "classifier", .type = ELBOW_KEY_LAYERS, AT(model.classifier), .is_later = true,
     .help = "Hidden layers of a classifier q(y|x) that is trained with the model, starting at the encoder's input. "
             "data.labels are its classes; rows may have no label. [] is no classifier."},

    {"objective", "bound", KIND(elbow_bound_kinds), AT(objective.bound), .preset = "elbo", .is_later = true,
     .help = "The bound that training maximises. elbo: the evidence lower bound, a mean over the draws of a sample; "
             "importance: the importance-weighted bound of objective.draws draws."},
    {"objective", "draws", INTEGER, AT(objective.draws), FROM(1, ELBOW_DRAWS_MAX), .preset = "1", .is_later = true,
     .help = "Draws of z for each sample, in training and in its evaluations. The encoder runs once, the decoder "
             "once per draw."},
    {"objective", "kl", KIND(elbow_kl_kinds), AT(objective.kl), .preset = "null", .is_later = true, .is_open = true,
     .help = "The cost of the KL: {weight: 4, ramp: ..., free: ...}, instead of beta, warmup and free_bits; {capacity: "
             "...}, which holds its mean near a number of nats; or {parts: ...}, which has a weight for each part of "
             "the KL."},
    {"objective", "penalty", .type = ELBOW_KEY_KINDS, .kinds = elbow_penalty_kinds, AT(objective.penalties),
     .preset = "[]", .is_later = true,
     .help = "Costs of the latent variables of a microbatch together: [mmd: {...}] for their distance from the "
             "prior, [dip: {...}] for the distance of their covariance from the identity; or both."},
    {"objective", "classifier", REAL, AT(objective.classifier), NOT_NEGATIVE, .preset = "0.1", .is_later = true,
     .help = "Weight of log q(y|x), the classifier's log-probability of the known class of a row. It is multiplied by "
             "the number of all rows and divided by the number of rows with a known class."},
    {"objective", "beta", REAL, AT(objective.beta), NOT_NEGATIVE, .preset = "1.0",
     .help = "Weight of the KL in the objective. The reported elbo is always recon - kl."},
    {"objective", "warmup", INTEGER, AT(objective.warmup), FROM_ZERO, .preset = "0",
     .help = "Steps in which beta rises linearly to its value. 0: no warm-up."},
    {"objective", "free_bits", REAL, AT(objective.free_bits), NOT_NEGATIVE, .preset = "0.0",
     .help = "Nats of KL in each latent dimension of each sample that cost nothing."},

    {"train", "epochs", INTEGER, AT(train.epochs), FROM(0, UINT32_MAX), .preset = "20", .may_change = true,
     .help = "Passes over the training set. 0: only train.steps counts."},
    {"train", "steps", INTEGER, AT(train.steps), FROM_ZERO, .preset = "0", .may_change = true,
     .help = "Ends the run at this step, unless the epochs end it earlier. 0: off."},
    {"train", "batch", INTEGER, AT(train.batch), FROM(1, ROWS_MAX), .preset = "128",
     .help = "Samples of one optimiser step, over all ranks."},
    {"train", "microbatch", INTEGER, AT(train.microbatch), FROM(0, ROWS_MAX), .preset = "0",
     .help = "Samples of one forward and backward pass. At most batch/microbatch ranks can share a step. 0: "
             "min(batch, 64)."},
    {"train", "threads", INTEGER, AT(train.threads), FROM(1, THREADS_MAX), .preset = "1", .may_change = true,
     .help = "Threads of a rank, in matrix products and kernels; they change no bit. More ranks are usually faster."},
    {"train", "optimizer", KIND(elbow_optimizer_kinds), AT(train.optimizer), .preset = "adam",
     .help = "adam, adamw (decay separate from the gradient), sgd with momentum, or rmsprop."},
    {"train", "rate", REAL, AT(train.rate), ABOVE_ZERO, .preset = "1.0e-3",
     .help = "The learning rate, which warm-up and schedule modify."},
    {"train", "beta1", REAL, AT(train.beta1), BELOW_ONE, .preset = "0.9",
     .help = "adam, adamw: decay of the first moment."},
    {"train", "beta2", REAL, AT(train.beta2), BELOW_ONE, .preset = "0.999",
     .help = "adam, adamw: decay of the second moment."},
    {"train", "epsilon", REAL, AT(train.epsilon), ABOVE_ZERO, .preset = "1.0e-8",
     .help = "adam, adamw, rmsprop: added to the root of the second moment."},
    {"train", "second_moment", REAL, AT(train.second_moment), NOT_NEGATIVE, .preset = "0.0", .is_later = true,
     .help = "adam, adamw, rmsprop: initial value of the second moment, the running mean of squared gradients. 1 makes "
             "the first steps small, because the bias correction assumes an initial value of 0."},
    {"train", "momentum", REAL, AT(train.momentum), BELOW_ONE, .preset = "0.9",
     .help = "sgd: share of the previous update that is added; 0: plain gradient descent. For rmsprop set "
             "train.optimizer: {rmsprop: {momentum: ...}}."},
    {"train", "weight_decay", REAL, AT(train.weight_decay), NOT_NEGATIVE, .preset = "0.0",
     .help = "Applies to weights, never to biases. adamw: shrinks them by rate * decay per step; the others: an L2 "
             "gradient."},
    {"train", "average", REAL, AT(train.average), BELOW_ONE, .preset = "0.0", .is_later = true,
     .help = "Decay of a running average of the weights, such as 0.999: the average keeps this share in each step. "
             "Evaluations, pictures and outputs use the average, while the optimiser updates the weights themselves. "
             "0: off."},
    {"train", "schedule", KIND(elbow_schedule_kinds), AT(train.schedule), .preset = "constant",
     .help = "The rate after the warm-up: constant, cosine down to rate_final, step, or {pieces: [[EPOCHS, RATE], "
             "...]} instead of train.rate."},
    {"train", "schedule_epochs", INTEGER, AT(train.schedule_epochs), FROM(0, UINT32_MAX), .preset = "0",
     .help = "cosine: the epoch at which it ends. 0: train.epochs of the first start; a resume does not change it."},
    {"train", "rate_final", REAL, AT(train.rate_final), SHARE, .preset = "0.0",
     .help = "cosine: the final rate, as a share of train.rate."},
    {"train", "rate_warmup", INTEGER, AT(train.rate_warmup), FROM_ZERO, .preset = "0",
     .help = "Steps in which the rate rises linearly at the start. 0: no warm-up."},
    {"train", "step_every", INTEGER, AT(train.step_every), FROM_ZERO, .preset = "0",
     .help = "step: the rate is multiplied by train.step_factor each time this number of steps has passed."},
    {"train", "step_factor", REAL, AT(train.step_factor), .low = 0, .low_open = true, .high = 1, .preset = "0.1",
     .help = "step: the factor of train.step_every."},
    {"train", "clip", REAL, AT(train.clip), NOT_NEGATIVE, .preset = "0.0",
     .help = "Scales a gradient down to this norm, over all parameters, if its norm is larger. 0: off."},
    {"train", "patience", INTEGER, AT(train.patience), FROM_ZERO, .preset = "0",
     .help = "Stops after this number of consecutive evaluations without a better ELBO. 0: off."},
    {"train", "on_nan", CHOICE(on_nan_choices), AT(train.on_nan), .preset = "stop",
     .help = "The reaction to a step whose numbers are not finite: stop the run, or skip the update."},

    {"eval", "every", .type = ELBOW_KEY_EVERY, AT(eval.every), FROM_ZERO, .preset = "epoch", .may_change = true,
     .help = "Steps between evaluations on data.valid; epoch: after each epoch; 0: never."},

    {"log", "every", INTEGER, AT(log.every), FROM_ONE, .preset = "50", .may_change = true,
     .help = "Steps between training rows of metrics.csv."},
    {"log", "tensorboard", BOOLEAN, AT(log.tensorboard), .preset = "false", .may_change = true, .is_later = true,
     .help = "Also writes the figures of the rows and the pictures of samples as events for TensorBoard."},

    {"checkpoint", "every", INTEGER, AT(checkpoint.every), FROM_ZERO, .preset = "500", .may_change = true,
     .help = "Steps between checkpoints. The last step always writes one. 0: only the last one."},
    {"checkpoint", "keep", INTEGER, AT(checkpoint.keep), FROM_ONE, .preset = "3", .may_change = true,
     .help = "Number of newest checkpoints to keep."},
    {"checkpoint", "best", BOOLEAN, AT(checkpoint.best), .preset = "true", .may_change = true,
     .help = "Also keeps the one with the best ELBO on data.valid."},

    {"samples", "every", INTEGER, AT(samples.every), FROM_ZERO, .preset = "500", .may_change = true,
     .help = "Steps between pictures of samples. 0: only at the last step."},
    {"samples", "count", INTEGER, AT(samples.count), FROM(0, 4096), .preset = "64", .may_change = true,
     .help = "Number of samples in a picture. 0: no pictures."},

    {"run", "dir", TEXT, AT(run.dir), .may_change = true,
     .help = "The run directory. Empty: runs/<name of the configuration>."},
    {"run", "stop_after", INTEGER, AT(run.stop_after), FROM_ZERO, .preset = "0", .may_change = true,
     .help = "Stops the run at this step, counted from its first start and not from a resume, with a checkpoint "
             "(exit status 75). 0: off."},
    {"run", "time_limit", DURATION, AT(run.time_limit), FROM_ZERO, .preset = "0", .may_change = true,
     .help = "Time after the start by which the run must end: it stops early enough to write its last checkpoint (exit "
             "status 75). 5400, 90m, 1h30m, 1:30:00 or 1-12:00:00; 0: off. SLURM_JOB_END_TIME is a limit, too."},
    {"run", "stall", DURATION, AT(run.stall), FROM_ZERO, .preset = "300", .may_change = true,
     .help = "Time after which a warning names a rank that keeps the others waiting. The run does not stop. 0: never."},
    {"run", "strict", BOOLEAN, AT(run.strict), .preset = "false", .may_change = true,
     .help = "Whether ranks with different builds or processors end the run, instead of a warning."},
    {"run", "progress", CHOICE(progress_choices), AT(run.progress), .preset = "auto", .may_change = true,
     .help = "line rewrites one line on a terminal, plain prints lines, auto chooses."},
    {"run", "prefetch", CHOICE(prefetch_choices), AT(run.prefetch), .preset = "auto", .may_change = true,
     .help = "Whether a thread of each rank collates the next microbatch while one is computed. auto: if every rank "
             "has a spare core."},
    {"run", "bucket", INTEGER, AT(run.bucket), FROM(1, BUCKET_MAX), .preset = "65536", .may_change = true,
     .help = "Minimum number of parameters that are sent together between nodes; at least 4096 for each node. Layers, "
             "and parts of large ones, are joined until they have this number."},
    {"run", "overlap", INTEGER, AT(run.overlap), FROM(0, SLOTS_MAX), .preset = "8", .may_change = true,
     .help = "With several nodes: number of microbatches of a rank that go through the layers together, so that "
             "messages travel during the computation. Each needs memory for its activations. 0: no overlap."},
    {"run", "audit", INTEGER, AT(run.audit), FROM_ZERO, .preset = "100", .may_change = true,
     .help = "Steps between audits, which check that all nodes hold the parameters that their owners wrote. 0: never."},
    {"run", "report", BOOLEAN, AT(run.report), .preset = "false", .may_change = true, .is_later = true,
     .help = "At the end also writes report.html, the page of elbow report, into the run directory."},
    {"run", "nodes", .type = ELBOW_KEY_INTEGERS, AT(run.nodes), FROM(0, RANKS_MAX), .count_least = 1,
     .count_most = ELBOW_NODES_MAX, .may_change = true,
     .help = "For tests: the number of the node that each rank pretends to be on. []: the real nodes."},
};
// clang-format on

struct elbow_keys elbow_schema_keys(void)
{
    return (struct elbow_keys){keys, sizeof keys / sizeof *keys};
}

const struct elbow_key *elbow_schema_find(struct elbow_keys table, const char *section, const char *name)
{
    for (size_t i = 0; i < table.count; ++i)
        if (strcmp(table.rows[i].section, section) == 0 && strcmp(table.rows[i].name, name) == 0)
            return &table.rows[i];
    return NULL;
}

void elbow_schema_join(char full[ELBOW_KEY_NAME_SIZE], const char *section, const char *name)
{
    (void)elbow_text_format(full, ELBOW_KEY_NAME_SIZE, "%s%s%s", section, *section ? "." : "", name);
}

bool elbow_schema_has_section(struct elbow_keys table, const char *section)
{
    for (size_t i = 0; i < table.count; ++i)
        if (*section && strcmp(table.rows[i].section, section) == 0)
            return true;
    return false;
}
